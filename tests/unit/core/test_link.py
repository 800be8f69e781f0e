"""The push channel comes back by itself, and the log is polled where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from client.core.bus import EventBus
from client.core.connection.link import Link
from client.core.connection.session import Session, Token
from client.core.events import ConnectionChanged, Event, LinkState, NoticeRaised
from client.core.sync.pull import LogEvent
from client.core.tasks import TaskSupervisor
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.clocks import ManualClock, settle


class Network:
    """A channel and a log that can be cut; `push` speaks into the channel that is open."""

    def __init__(self) -> None:
        self.socket_fault: ErrorCode | None = None
        self.http_fault: ErrorCode | None = None
        self.caught_up = 0
        self.opened = 0
        self.delivered: list[int] = []
        self._inbox: asyncio.Queue[LogEvent | ErrorCode | None] = asyncio.Queue()

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[AsyncIterator[LogEvent]]:
        if self.socket_fault is not None:
            raise JinshuError(self.socket_fault)
        self.opened += 1
        self._inbox = asyncio.Queue()
        yield self._read()

    async def _read(self) -> AsyncIterator[LogEvent]:
        while (item := await self._inbox.get()) is not None:
            if isinstance(item, ErrorCode):
                raise JinshuError(item)
            yield item

    def push(self, item: LogEvent | ErrorCode | None) -> None:
        self._inbox.put_nowait(item)

    async def catch_up(self) -> None:
        if self.http_fault is not None:
            raise JinshuError(self.http_fault)
        self.caught_up += 1

    async def deliver(self, event: LogEvent) -> None:
        self.delivered.append(event.n)


class Desk:
    """A running link."""

    def __init__(self) -> None:
        self.network, self.clock, self.tasks = Network(), ManualClock(), TaskSupervisor()
        self.events: list[Event] = []
        self.reached = 0
        bus = EventBus()
        bus.subscribe(self.events.append)
        self.link = Link(self.network.channel, self.network, bus, self.clock, lambda: 0.5, self._count)

    def _count(self) -> None:
        self.reached += 1

    async def start(self) -> None:
        self.tasks.start("link", self.link.run())
        await settle()

    @property
    def state(self) -> LinkState:
        return self.link.state

    @property
    def states(self) -> list[LinkState]:
        return [event.state for event in self.events if isinstance(event, ConnectionChanged)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_it_catches_up_before_it_takes_what_is_pushed(desk: Desk) -> None:
    await desk.start()
    desk.network.push(LogEvent(1, "entry", {}))
    await settle()
    assert (desk.network.caught_up, desk.network.delivered) == (1, [1])
    assert desk.states == [LinkState.CONNECTING, LinkState.ONLINE]
    assert desk.reached == 1
    await desk.tasks.stop()
    assert desk.states[-1:] == [LinkState.OFFLINE]


async def test_a_lost_channel_is_opened_again(desk: Desk) -> None:
    await desk.start()
    desk.network.push(ErrorCode.NETWORK_UNREACHABLE)
    await settle()
    assert desk.states[-1:] == [LinkState.POLLING]
    await desk.clock.advance(1)
    assert desk.states[-1:] == [LinkState.ONLINE]
    assert desk.network.opened == 2
    await desk.tasks.stop()


async def test_a_clean_end_alarms_nobody(desk: Desk) -> None:
    await desk.start()
    desk.network.push(None)
    await settle()
    assert desk.states[-1:] == [LinkState.ONLINE]
    await desk.clock.advance(1)
    assert desk.network.opened == 2
    assert desk.states == [LinkState.CONNECTING, LinkState.ONLINE]
    await desk.tasks.stop()


async def test_without_the_channel_the_log_is_polled(desk: Desk) -> None:
    desk.network.socket_fault = ErrorCode.NETWORK_UNREACHABLE
    await desk.start()
    assert desk.states == [LinkState.CONNECTING, LinkState.POLLING]
    for _ in range(3):
        await desk.clock.advance(5)
    assert desk.network.caught_up >= 3
    assert desk.reached == 1
    await desk.tasks.stop()


async def test_without_any_network_the_tries_become_rarer(desk: Desk) -> None:
    desk.network.socket_fault = desk.network.http_fault = ErrorCode.NETWORK_UNREACHABLE
    await desk.start()
    assert desk.states[-1:] == [LinkState.OFFLINE]
    for _ in range(60):
        await desk.clock.advance(10)
    assert desk.states[-1:] == [LinkState.OFFLINE]
    assert desk.reached == 0
    desk.network.socket_fault = desk.network.http_fault = None
    desk.link.nudge()
    await settle()
    assert desk.states[-1:] == [LinkState.ONLINE]
    await desk.tasks.stop()


async def test_a_lasting_refusal_is_said_and_not_hammered(desk: Desk) -> None:
    desk.network.socket_fault = ErrorCode.CERTIFICATE_REVOKED
    await desk.start()
    assert NoticeRaised(ErrorCode.CERTIFICATE_REVOKED) in desk.events
    assert desk.states[-1:] == [LinkState.OFFLINE]
    before = len(desk.events)
    await settle()
    assert len(desk.events) == before
    await desk.tasks.stop()


class Door:
    """Gives out tokens for 900 seconds."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock, self.given, self.ahead_ms = clock, 0, 0

    async def __call__(self) -> Token:
        await asyncio.sleep(0)
        self.given += 1
        return Token(f"t{self.given}", 900, self.clock.now_ms() + self.ahead_ms)


async def test_a_token_serves_until_it_nearly_ends() -> None:
    clock = ManualClock()
    door = Door(clock)
    session = Session(clock, door, lambda skew: None)
    assert set(await asyncio.gather(session.token(), session.token())) == {"t1"}
    assert door.given == 1
    await clock.advance(800)
    assert await session.token() == "t1"
    await clock.advance(50)
    assert await session.token() == "t2"


async def test_a_token_the_server_forgot_is_replaced_once() -> None:
    clock = ManualClock()
    session = Session(clock, Door(clock), lambda skew: None)
    await session.token()
    session.drop("t1")
    assert await session.token() == "t2"
    session.drop("t1")
    assert await session.token() == "t2"


async def test_a_clock_more_than_five_minutes_off_is_said() -> None:
    clock = ManualClock()
    skews: list[int] = []
    door = Door(clock)
    door.ahead_ms = -6 * 60_000
    await Session(clock, door, skews.append).token()
    assert skews == [-360_000]
