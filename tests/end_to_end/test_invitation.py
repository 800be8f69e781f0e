"""Enrolment in one step with real processes: the CA's command, the server, and a client that was opened with a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.enrolment import EnrolmentCode
from protocol.invitation import Invitation
from tests.end_to_end.city import City, Official
from tests.end_to_end.processes import Client, Person
from tests.support.prepared_city import running_city

PASSPHRASE = "三月春风 brocade 17"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with running_city(tmp_path_factory.mktemp("city")) as made:
        yield made


def invited(city: City, name: str, folder: Path) -> Path:
    person = city.appoint(Official(name, name, ("fgw.clerk",)))
    city.publish()
    return city.invitation(person, folder)


def opened(profile: Path, given: str) -> Client:
    return Client(Person("newcomer", "新人"), profile, onscreen=False, opened=given)


@pytest.mark.parametrize("way", ["file", "link"])
def test_who_opens_an_invitation_types_nothing_but_a_passphrase(city: City, tmp_path: Path, way: str) -> None:
    name = f"新人{way}"
    file = invited(city, name, tmp_path / "slips")
    client = opened(tmp_path / "client", str(file) if way == "file" else file.read_text("ascii").strip())
    try:
        client.do("seen", text="加入 云江市")
        client.do("seen", text=name)
        client.do("click", "加入")
        client.do("type", "口令", text=PASSPHRASE)
        client.do("type", "再次输入口令", text=PASSPHRASE)
        client.do("click", "我已抄下恢复码")
        client.do("click", "进入锦书")
        client.do("seen", text="今日")
    finally:
        client.stop()


def test_a_server_without_the_root_of_the_invitation_is_refused_and_learns_nothing(
    city: City, tmp_path: Path
) -> None:
    """A server in the middle has a root of its own, and everything else right."""
    genuine = Invitation.parse(invited(city, "被冒充", tmp_path / "slips").read_text("ascii"))
    code = EnrolmentCode(genuine.code.lookup, genuine.code.secret, bytes(32))
    client = opened(tmp_path / "client", replace(genuine, code=code).link())
    try:
        client.do("click", "加入")
        client.do("seen", text="什么也没有发出")
        # The same computer, with the genuine one.
        client.do("click", "改为手工填写")
        client.do("paste", "登记码", text=genuine.link())
        client.do("click", "加入")
        client.do("type", "口令", text=PASSPHRASE)
    finally:
        client.stop()
