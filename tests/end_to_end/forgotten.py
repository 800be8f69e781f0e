"""Somebody forgets his passphrase and has no recovery code: CA, a colleague and he himself, each with what a user has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.city import City, Official
from tests.end_to_end.processes import Client, Person

PASSPHRASE = "三月春风 brocade 17"
NEW_PASSPHRASE = "九月秋霜 brocade 29"
COLLEAGUE = Official("colleague", "李明华", ("fgw.clerk",))
FORGETFUL = Official("forgetful", "王建国", ("fgw.clerk",))
Camera = Callable[[str, Client], object]


def open_client(official: Official, folder: Path, opened: str = "") -> Client:
    person = Person(official.key, official.name)
    return Client(person, folder / official.key, onscreen=False, opened=opened)


def join(client: Client, passphrase: str) -> None:
    """From the card of an invitation to the first page, on a first device."""
    client.do("click", "加入")
    client.do("type", "口令", text=passphrase)
    client.do("type", "再次输入口令", text=passphrase)
    client.do("click", "我已抄下恢复码")
    client.do("click", "进入锦书")
    client.do("seen", text="今日")


def act(city: City, folder: Path, shoot: Camera) -> None:
    """The whole way; the CA of the city approves unattended. `shoot` takes the guide's pictures."""
    clients = []
    try:
        people = {official.key: city.appoint(official) for official in (COLLEAGUE, FORGETFUL)}
        city.publish()
        for official in (COLLEAGUE, FORGETFUL):
            file = city.invitation(people[official.key], folder / "slips")
            clients.append(open_client(official, folder, str(file)))
            if official is FORGETFUL:
                clients[-1].do("seen", text="加入")
                shoot("join", clients[-1])
            join(clients[-1], PASSPHRASE)
        colleague, forgetful = clients
        confirm(colleague, FORGETFUL.name)
        forgetful.stop()
        clients[1] = forgetful = open_client(FORGETFUL, folder)
        forgetful.do("type", "口令", text="忘记了的口令 17")
        forgetful.do("click", "解锁")
        forgetful.do("seen", text="口令不对")
        forgetful.do("click", "口令和恢复码都没有")
        forgetful.do("seen", text="移到一旁，重新登记")
        shoot("forgotten", forgetful)
        city.revoke(people[FORGETFUL.key], "忘记口令")
        invitation = city.invitation(people[FORGETFUL.key], folder / "slips").read_text("ascii")
        forgetful.do("click", "移到一旁，重新登记")
        forgetful.do("paste", "登记码", text=invitation)
        forgetful.do("click", "加入")
        forgetful.do("click", "恢复码不在手边，生成新的")
        forgetful.do("type", "口令", text=NEW_PASSPHRASE)
        forgetful.do("type", "再次输入口令", text=NEW_PASSPHRASE)
        forgetful.do("click", "我已抄下恢复码")
        forgetful.do("click", "进入锦书")
        begin_with_new_key(forgetful, shoot)
        confirm(colleague, FORGETFUL.name, lambda: shoot("confirm", colleague))
    finally:
        for client in clients:
            client.stop()


def begin_with_new_key(client: Client, shoot: Camera) -> None:
    client.do("click", "设置")
    client.do("click", "我的设备")
    client.do("enabled", "恢复码也丢失了")
    client.do("seen", text="（本机）")
    shoot("new_key", client)
    client.do("click", "恢复码也丢失了")
    client.do("click", "改用新密钥")
    client.do("seen", text="已在本机为您生成新密钥")


def confirm(client: Client, name: str, before: Callable[[], object] = lambda: None) -> None:
    """A colleague of the same post and body confirms whoever waits, `name` alone, for the key of each."""
    client.do("click", "通讯录")
    client.do("click_row", "待确认", text=name)
    before()
    for principal in ("市发展改革委 文秘科文书", "云江市发展和改革委员会"):
        # A row stays until the directory has taken the confirmation; each is told by what it is for.
        client.do("click_row", "待确认", text=principal)
        client.do("click", "确认")
        client.do("click", "确认")
    client.do("gone", "待确认")
