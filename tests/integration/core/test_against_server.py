"""Headless clients against the real CA and the real server, each a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from client.core.client import CoreClient
from client.core.clock import SystemClock
from client.core.events import ConnectionChanged, Event, LinkState, LoginState, NoticeRaised
from client.core.keys.slots import PassphraseCost
from protocol.enrolment import EnrolmentCode
from protocol.errors import ErrorCode, JinshuError
from tests.end_to_end.city import City, Official
from tests.support.held_keys import principals_held
from tests.support.prepared_city import running_city
from tests.support.waiting import until

CHEAP = PassphraseCost(time=1, memory_kib=8, lanes=1)
PASSPHRASE = "八个字的口令不短了"


class SkippingClock(SystemClock):
    """Time as it is, and sometimes a jump."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def skip(self, seconds: float) -> None:
        self._skipped += seconds

    def monotonic(self) -> float:
        return super().monotonic() + self._skipped


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with running_city(tmp_path_factory.mktemp("city")) as made:
        yield made


class Desk:
    """Opens clients of fresh people, all clerks of one post, and closes them in the end."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city, self.folder = city, folder
        self.clients: list[CoreClient] = []
        self.events: dict[CoreClient, list[Event]] = {}

    def open(self, name: str, clock: SystemClock | None = None) -> CoreClient:
        client = CoreClient.open(self.folder / name, cost=CHEAP, clock=clock)
        self.events[client] = []
        client.bus.subscribe(self.events[client].append)
        self.clients.append(client)
        return client

    async def appoint(self, name: str) -> str:
        """A new person with the clerk's post; returns an enrolment code."""
        person = await asyncio.to_thread(self.city.appoint, Official(name, name, ("fgw.clerk",)))
        await asyncio.to_thread(self.city.publish)
        return await asyncio.to_thread(self.city.code, person)

    async def enrolled(self, name: str, clock: SystemClock | None = None) -> CoreClient:
        client = self.open(name, clock)
        await client.login.enrol(self.city.address, await self.appoint(name), "办公室电脑")
        await client.login.wait()
        client.login.recovery_code()
        await client.login.protect(PASSPHRASE)
        await client.start()
        await until(lambda: client.link.state is LinkState.ONLINE)
        await until(lambda: client.directory.state.generation(client.me.person) is not None)
        return client


@pytest_asyncio.fixture
async def desk(city: City, tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(city, tmp_path)
    yield made
    for client in made.clients:
        await client.stop()


async def test_two_clerks_enrol_and_the_second_gets_the_bodys_key_by_the_firsts_word(desk: Desk) -> None:
    first = await desk.enrolled("甲")
    await until(lambda: len(first.principals.mine()) == 3)
    second = await desk.enrolled("乙")
    await until(lambda: first.directory.has_device(second.me.device))
    held = principals_held(first.principals)
    waiting = [m for m in await first.principals.unconfirmed_members() if m.device == second.me.device]
    for member in waiting:
        await first.principals.confirm_member(member)
    shared = held - {first.me.person}
    assert {member.principal for member in waiting} == shared
    await until(lambda: all(second.me.device in first.directory.state.holders(name) for name in shared))
    await until(lambda: second.directory.size == first.directory.size)
    await second.principals.maintain()
    assert shared <= principals_held(second.principals)


async def test_a_locked_profile_opens_by_passphrase_and_nothing_else(desk: Desk) -> None:
    client = await desk.enrolled("丙")
    await client.lock()
    assert client.login.state is LoginState.LOCKED
    with pytest.raises(JinshuError) as caught:
        await client.login.unlock("something else")
    assert caught.value.code is ErrorCode.KEYS_WRONG_PASSPHRASE
    await client.login.unlock(PASSPHRASE)
    await client.start()
    await until(lambda: client.link.online)
    assert client.me.person in principals_held(client.principals)


async def test_an_ended_token_is_renewed_before_it_fails(desk: Desk) -> None:
    clock = SkippingClock()
    client = await desk.enrolled("丁", clock)
    before = await client.api.token()
    assert await client.api.token() == before
    clock.skip(15 * 60)
    assert await client.api.token() != before
    await client.directory.catch_up()


@pytest.mark.expects_logs
async def test_the_link_comes_back_after_the_server_restarted(desk: Desk, city: City) -> None:
    client = await desk.enrolled("戊")
    port = urlsplit(city.address).port
    assert port is not None
    await asyncio.to_thread(city.stop)
    await until(lambda: ConnectionChanged(LinkState.OFFLINE) in desk.events[client])
    await asyncio.to_thread(city.start_server, port)
    client.link.nudge()
    await until(lambda: client.link.state is LinkState.ONLINE)
    size = client.directory.size
    await desk.appoint("己")
    await until(lambda: client.directory.size > size)


@pytest.mark.expects_logs
async def test_a_revoked_device_is_told_and_refused(desk: Desk, city: City) -> None:
    client = await desk.enrolled("庚")
    await asyncio.to_thread(city.revoke, client.me.device, "遗失")
    await until(
        lambda: any(
            isinstance(event, NoticeRaised) and event.code is ErrorCode.CERTIFICATE_REVOKED
            for event in desk.events[client]
        )
    )
    with pytest.raises(JinshuError) as caught:
        await client.directory.catch_up()
    assert caught.value.code is ErrorCode.CERTIFICATE_REVOKED


async def test_a_request_survives_a_restart_and_only_its_code_opens_it(desk: Desk) -> None:
    code = await desk.appoint("辛")
    client = desk.open("辛")
    await client.login.enrol(desk.city.address, code, "办公室电脑")
    await client.stop()
    again = desk.open("辛")
    assert again.login.needs_code
    with pytest.raises(JinshuError) as caught:
        await again.login.enrol("", await desk.appoint("壬"), "")
    assert caught.value.code is ErrorCode.KEYS_WRONG_ENROLMENT_CODE
    await again.login.enrol("", code, "")
    await again.login.wait()
    assert again.login.state is LoginState.UNPROTECTED


@pytest.mark.expects_logs
async def test_a_foreign_root_and_an_unknown_code_leave_nothing_behind(desk: Desk) -> None:
    root = b"another root"
    client = desk.open("癸")
    with pytest.raises(JinshuError) as caught:
        await client.login.enrol(desk.city.address, EnrolmentCode.new(root, lambda n: bytes(n)).text(), "")
    assert caught.value.code is ErrorCode.TRUST_ROOT_MISMATCH
    known = EnrolmentCode.parse(await desk.appoint("子"))
    unknown = EnrolmentCode(bytes(16), bytes(16), known.root_fingerprint)
    with pytest.raises(JinshuError) as caught:
        await client.login.enrol(desk.city.address, unknown.text(), "")
    assert caught.value.code is ErrorCode.ENROLMENT_WRONG_CODE
    assert client.login.state is LoginState.NEW
    assert not client.paths.store.exists()
    assert not client.paths.slots.exists()
