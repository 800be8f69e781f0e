"""The story: three officials of two bureaus, each with a real client, moved by mouse and keyboard alone."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path

import psutil

from protocol.enrolment import EnrolmentCode
from protocol.invitation import Invitation
from tests.end_to_end.circulation import Circulation, make_paper
from tests.end_to_end.city import City, Official
from tests.end_to_end.meeting import TONES, Gathering, word_of
from tests.end_to_end.meeting_devices import TONE, WORD
from tests.end_to_end.officials import CLERK, FINANCE, LEADER, OFFICIALS
from tests.end_to_end.processes import ROOT, Client, Person, StoryError
from tests.end_to_end.report import Report
from tests.end_to_end.talking import GROUP, Talk
from tests.support.blind_search import key_needle, search_folder, search_memory, text_needle

PASSPHRASE = "三月春风 brocade 17"
NEW_PASSPHRASE = "九月秋霜 brocade 29"


def nonce() -> str:
    """A word from outside, or a random one: it must come out at the other ends."""
    return os.environ.get("DEMO_NONCE") or f"n{secrets.token_hex(6)}"


class Story:
    """Acts out each part on a fresh folder; `clients` stay open between the parts."""

    def __init__(self, folder: Path, *, onscreen: bool) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder = folder
        self.nonce = nonce()
        self.city = City(folder)
        self.report = Report(folder / "report.json", ROOT, self.nonce)
        self.clients: dict[str, Client] = {}
        self.secrets: dict[str, bytes] = {}
        self.paper = make_paper(folder / "in", self.nonce)
        self._onscreen = onscreen

    def open_client(self, official: Official, opened: str = "") -> Client:
        client = Client(
            Person(official.key, official.name),
            self.folder / "clients" / official.key,
            onscreen=self._onscreen,
            devices={WORD: word_of(self.nonce, official.key), TONE: str(TONES[official.key])},
            opened=opened,
        )
        self.clients[official.key] = client
        return client

    def shoot(self, page: str, client: Client) -> None:
        """Take a screenshot for the report and the README."""
        path = self.folder / "screenshots" / f"{page}.png"
        client.do("screenshot", path=str(path))
        self.report.facts["screenshots"][page] = self.report.relative(path)

    def found_city(self) -> None:
        with self.report.step("建立证书机构与服务器"):
            self.report.facts["root_fingerprint"] = self.city.found()
        with self.report.step("启动服务器，发布组织快照"):
            self.city.open()

    def enrol_all(self) -> None:
        """Each official installs his client and enrols; then the CA goes to the vault. The clerk waits until an operator has
        looked at his request, the others are approved unattended."""
        people = {official.key: self.city.appoint(official) for official in OFFICIALS}
        self.city.publish()
        file = self.city.invitation(people[CLERK.key], self.folder / "slips")
        codes = {key: self.city.code(person) for key, person in people.items() if key != CLERK.key}
        with self.report.step(f"{CLERK.name}登记"):
            self.enrol_by_file(CLERK, file)
        watcher = self.city.watch()
        for official in OFFICIALS:
            if official is not CLERK:
                with self.report.step(f"{official.name}登记"):
                    self.enrol_by_hand(official, codes[official.key])
        watcher.stop()
        with self.report.step("证书机构移走"):
            self.city.lock_away()

    def enrol_by_file(self, official: Official, file: Path) -> None:
        """He opens the file he was given, and waits for the operator."""
        self._remember(official, Invitation.parse(file.read_text("ascii")).code)
        client = self.open_client(official, str(file))
        client.do("seen", text=official.name)
        client.do("type", "设备名称", text=f"{official.name}的办公电脑")
        self.shoot("welcome", client)
        client.do("click", "加入")
        client.do("seen", text="等待批准")
        self.shoot("waiting", client)
        self.city.sign_all()
        self._protect(client)
        self.shoot("passphrase", client)
        self._enter(client)

    def enrol_by_hand(self, official: Official, code: str) -> None:
        """He types what stands on his slip."""
        self._remember(official, EnrolmentCode.parse(code))
        client = self.open_client(official)
        if official is FINANCE:
            client.do("enabled", "服务器地址")
            self.shoot("welcome_by_hand", client)
        client.do("type", "服务器地址", text=self.city.address)
        client.do("type", "登记码", text=code)
        client.do("type", "设备名称", text=f"{official.name}的办公电脑")
        client.do("click", "提交登记")
        self._protect(client)
        self._enter(client)

    def _remember(self, official: Official, code: EnrolmentCode) -> None:
        self.secrets[f"登记码秘密 {official.key}"] = code.secret

    @staticmethod
    def _protect(client: Client) -> None:
        client.do("type", "口令", text=PASSPHRASE)
        client.do("type", "再次输入口令", text=PASSPHRASE)
        client.do("click", "我已抄下恢复码")

    @staticmethod
    def _enter(client: Client) -> None:
        client.do("click", "进入锦书")
        client.do("seen", text="今日")

    def see_each_other(self) -> None:
        """One synced act: each one's key, made on his own device, arrives in the other clients' directories."""
        with self.report.step("通讯录：看见彼此已登记"):
            client = self.clients[CLERK.key]
            client.do("click", "通讯录")
            client.do("type", "搜索", text=FINANCE.name)
            client.do("click_row", "机构", text=FINANCE.name)
            client.do("seen", text="已登记")
            self.shoot("directory", client)

    def circulate(self) -> None:
        """One official document from desk to desk."""
        Circulation(self.paper, self.clients, self.report, self.folder).run()

    def talk(self) -> None:
        """Two people, then three; the leader's client is closed while the others go on, and comes back."""
        talk = self.conversations = Talk(
            self.nonce, self.paper.files[1], self.clients, self.report, self.folder
        )
        talk.between_two()
        self.clients[LEADER.key].stop()
        talk.leave_messages()
        leader = self.open_client(LEADER)
        leader.do("type", "口令", text=PASSPHRASE)
        leader.do("click", "解锁")
        talk.catch_up(leader)

    def meet(self) -> None:
        """All three in a meeting, called by the clerk."""
        gathering = Gathering(self.nonce, GROUP, self.clients, self.report, self.folder)
        gathering.run()
        self.secrets |= gathering.secrets

    def search_for_secrets(self) -> None:
        """Nothing a user kept to himself is in the server's folder, logs or memory; a client's memory shows that we would find it."""
        with self.report.step("服务器看不见：目录、日志与内存"):
            needles = [
                text_needle(PASSPHRASE),
                *(key_needle(name, key) for name, key in self.secrets.items()),
                *self.paper.needles(),
                *self.conversations.needles(),
            ]
            shown = [text_needle(f"{CLERK.name}的办公电脑")]
            assert self.city.server is not None
            work = self.folder / "dumps"
            if not search_memory(self.clients[CLERK.key].pid, shown, work):
                raise StoryError("the search finds nothing even in a client that shows it")
            places = (self.city.server_dir, self.folder / "logs", *self._client_logs())
            hits = [hit for place in places for hit in search_folder(place, needles)]
            workers = [child.pid for child in psutil.Process(self.city.server.pid).children()]
            if not workers:
                raise StoryError("nobody carried the meeting")
            for pid in (self.city.server.pid, *workers):
                hits += search_memory(pid, needles, work)
            if hits:
                raise StoryError(f"the server holds what it must not: {hits}")

    def _client_logs(self) -> list[Path]:
        """The folders of the clients' logs, each of which was written; what they keep from the server they keep out of these."""
        folders = [client.profile / "log" for client in self.clients.values()]
        for folder in folders:
            lines = (folder / "client.log").read_text(encoding="utf-8").splitlines()
            if not any(json.loads(line)["event"].startswith("version ") for line in lines):
                raise StoryError(f"{folder} does not say which version wrote it")
        return folders

    def change_passphrase(self) -> None:
        """In the settings, as somebody does who told it to a colleague."""
        with self.report.step("设置：更改口令"):
            client = self.clients[FINANCE.key]
            client.do("click", "设置")
            client.do("click", "口令")
            client.do("type", "现在的口令", text=PASSPHRASE)
            client.do("type", "新口令", text=NEW_PASSPHRASE)
            client.do("type", "再次输入口令", text=NEW_PASSPHRASE)
            client.do("click", "更改口令")
            client.do("seen", text="口令已更改。")
            self.shoot("settings", client)

    def unlock_again(self) -> None:
        """Close a client, open it again: it asks for the passphrase and comes back where it was."""
        with self.report.step("重新打开并解锁"):
            self.clients[FINANCE.key].stop()
            client = self.open_client(FINANCE)
            client.do("type", "口令", text=NEW_PASSPHRASE)
            self.shoot("unlock", client)
            client.do("click", "解锁")
            client.do("click", "今日")
            self.shoot("today", client)

    def finish(self) -> None:
        self.report.facts["processes"] = {
            "server": self.city.server.pid if self.city.server else None,
            **{key: client.pid for key, client in self.clients.items()},
        }
        self.report.write()

    def close(self) -> None:
        for client in self.clients.values():
            client.stop()
        self.city.stop()
