"""What an earlier version held is read again, in order and once, by the next (C41)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.events import Event, NoticeRaised
from client.core.store import events as table
from client.core.store import settings as facts
from client.core.store.store import Store
from client.core.sync.pull import Apply, LogEvent, Pull, holding
from client.core.sync.second_reading import SecondReading
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.clocks import ManualClock
from tests.unit.core.test_pull import Source


class Growing:
    """A handler that reads events up to an age; older it holds the later ones, placed all the same."""

    kind = "entry"

    def __init__(self, age: int) -> None:
        self.age = age
        self.away = False

    async def prepare(self, event: LogEvent) -> Apply:
        if self.away:
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        if event.body.get("broken"):
            raise JinshuError(ErrorCode.SIGNATURE_INVALID)
        later = int(str(event.body.get("age", 0))) > self.age

        def apply(connection: Connection) -> Iterable[Event]:
            seen = facts.get(connection, "seen", [])
            facts.put(connection, "seen", [*seen, [event.n, later]])
            if later:
                return holding(event, ErrorCode.CLIENT_OUTDATED)(connection)
            return ()

        return apply

    def withdraw(self, connection: Connection, event: LogEvent) -> None:
        seen = facts.get(connection, "seen", [])
        facts.put(connection, "seen", [each for each in seen if each[0] != event.n])


class Desk:
    """A device whose log has events of several ages."""

    def __init__(self, folder: Path, handler: Growing) -> None:
        self.store, self.heard = Store(folder / "store.db"), list[Event]()
        self.store.create(bytes(32))
        source, bus = Source(), EventBus()
        ages: tuple[dict[str, object], ...] = ({}, {"age": 2}, {}, {"age": 3}, {"broken": 1})
        source.log = [LogEvent(n, "entry", body) for n, body in enumerate(ages, 1)]
        bus.subscribe(self.heard.append)
        self.pull = Pull(self.store, source, bus, ManualClock())
        self.pull.register(handler)


@pytest.fixture
def handler() -> Growing:
    return Growing(1)


@pytest.fixture
def desk(tmp_path: Path, handler: Growing) -> Iterator[Desk]:
    made = Desk(tmp_path, handler)
    yield made
    made.store.close()


async def held(desk: Desk) -> list[tuple[int, str]]:
    return [(each.n, each.code) for each in await desk.store.read(table.held)]


async def seen(desk: Desk) -> list[list[int]]:
    return list(await desk.store.read(lambda c: facts.get(c, "seen", [])))


@pytest.mark.expects_logs("was held")
async def test_what_can_be_read_now_is_read_in_order_and_once(desk: Desk, handler: Growing) -> None:
    await desk.pull.catch_up()
    assert await held(desk) == [(2, "client.outdated"), (4, "client.outdated"), (5, "signature.invalid")]
    assert await seen(desk) == [[1, False], [2, True], [3, False], [4, True]]
    handler.age = 2
    desk.heard.clear()
    runs: list[str] = []

    async def area() -> None:
        runs.append("again")

    for release in ("0.3.0", "0.3.0"):
        reading = SecondReading(desk.store, desk.pull, release)
        reading.register(area)
        await reading.run()
    assert await seen(desk) == [[1, False], [3, False], [2, False], [4, True]]
    assert await held(desk) == [(4, "client.outdated"), (5, "signature.invalid")]
    assert runs == ["again"]
    # What was refused before and is refused again was said then.
    assert not [event for event in desk.heard if isinstance(event, NoticeRaised)]


@pytest.mark.expects_logs("was held")
async def test_without_the_server_it_is_tried_again(desk: Desk, handler: Growing) -> None:
    await desk.pull.catch_up()
    handler.age, handler.away = 3, True
    reading = SecondReading(desk.store, desk.pull, "0.3.0")
    with pytest.raises(JinshuError):
        await reading.run()
    assert [n for n, _ in await held(desk)] == [2, 4, 5]
    handler.away = False
    await reading.run()
    assert [n for n, _ in await held(desk)] == [5]
    assert sorted(n for n, _ in await seen(desk)) == [1, 2, 3, 4]
