"""Events are applied once, in order, together with the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, select

from client.core.bus import EventBus
from client.core.durable import DurablePoints
from client.core.events import DocumentsChanged, Event, NoticeRaised, SyncProgressed
from client.core.store import events as table
from client.core.store import settings as facts
from client.core.store.store import Store
from client.core.sync.pull import LogEvent, LogPage, Pull
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.clocks import ManualClock


class Source:
    """A server's log in memory."""

    def __init__(self, count: int = 0) -> None:
        self.log = [LogEvent(n, "entry", {"object": f"o{n}"}) for n in range(1, count + 1)]
        self.acknowledged: list[int] = []
        self.said = 0  # the highest that was acknowledged, by this server's word

    async def events(self, after: int, limit: int) -> LogPage:
        return LogPage(self.log[after : after + limit], len(self.log), self.said)

    async def acknowledge(self, n: int) -> None:
        self.acknowledged.append(n)

    async def resync(self) -> LogPage:
        raise AssertionError("nobody asked for it")


class ShortMemory(Source):
    """A server that forgot what comes next, and says so until it filled the log again; `stubborn`, even then."""

    def __init__(self, *, stubborn: bool = False) -> None:
        super().__init__(count=5)
        self.filled = False
        self.stubborn = stubborn

    async def events(self, after: int, limit: int) -> LogPage:
        if not self.filled or self.stubborn:
            raise JinshuError(ErrorCode.SYNC_RESYNC)
        return await super().events(after, limit)

    async def resync(self) -> LogPage:
        self.filled = True
        return LogPage((), 2, self.said)


class Reader:
    """Writes what it applied; `faults` are raised by `prepare` for their numbers, once."""

    kind = "entry"

    def __init__(self) -> None:
        self.faults: dict[int, JinshuError] = {}
        self.crash_at: int | None = None
        self.prepared = 0

    async def prepare(self, event: LogEvent) -> Callable[[Connection], Iterable[Event]]:
        self.prepared = event.n
        if event.n in self.faults:
            raise self.faults.pop(event.n)

        def apply(connection: Connection) -> Iterable[Event]:
            facts.put(connection, "applied", [*facts.get(connection, "applied", []), event.n])
            if self.crash_at == event.n:
                self.crash_at = None
                raise RuntimeError("crash")
            return (DocumentsChanged((str(event.body["object"]),)),)

        return apply


class ReaderAhead(Reader):
    """Its events are written in bursts; what stands in `refused` is raised in their turn, after they wrote."""

    ahead: Final = True

    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[int, Exception] = {}

    async def prepare(self, event: LogEvent) -> Callable[[Connection], Iterable[Event]]:
        write = await super().prepare(event)

        def apply(connection: Connection) -> Iterable[Event]:
            told = write(connection)
            if event.n in self.refused:
                raise self.refused[event.n]
            return told

        return apply


class Onlooker:
    """Notes how much was on disk when its event was prepared."""

    kind = "onlooker"

    def __init__(self, store: Store) -> None:
        self._store = store
        self.found: list[int] = []

    async def prepare(self, event: LogEvent) -> Callable[[Connection], Iterable[Event]]:
        self.found = await self._store.read(lambda connection: list(facts.get(connection, "applied", [])))
        return lambda _connection: ()


class Commits(DurablePoints):
    """Counts the transactions of a store."""

    def __init__(self) -> None:
        self.count = 0

    def after_commit(self) -> None:
        self.count += 1


class Desk:
    """Everything one device needs to follow its log."""

    def __init__(self, store: Store, source: Source, reader: Reader | None = None) -> None:
        self.store, self.source, self.reader = store, source, reader or Reader()
        self.events: list[Event] = []
        self.bus = EventBus()
        self.bus.subscribe(self.events.append)
        self.pull = Pull(store, source, self.bus, ManualClock())
        self.pull.register(self.reader)

    async def applied(self) -> list[int]:
        return list(await self.store.read(lambda connection: facts.get(connection, "applied", [])))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store.db")
    made.create(bytes(32))
    yield made
    made.close()


async def test_everything_is_applied_over_pages(store: Store) -> None:
    desk = Desk(store, Source(450))
    assert await desk.pull.catch_up() == 450
    assert await desk.applied() == list(range(1, 451))
    assert desk.events[-1] == SyncProgressed(450, 450)


async def test_equal_news_of_a_page_are_told_once_and_after_it(store: Store) -> None:
    source = Source()
    source.log = [LogEvent(n, "entry", {"object": f"o{n % 2}"}) for n in range(1, 252)]
    desk = Desk(store, source)
    told: list[tuple[Event, int]] = []

    def hear(event: Event) -> None:
        told.append((event, desk.reader.prepared))

    desk.bus.subscribe(hear)
    await desk.pull.catch_up()
    changed = [(event.objects[0], at) for event, at in told if isinstance(event, DocumentsChanged)]
    assert changed == [("o1", 200), ("o0", 200), ("o1", 251), ("o0", 251)]
    source.log.append(LogEvent(252, "entry", {"object": "o0"}))
    await desk.pull.deliver(source.log[-1])
    assert told[-1] == (DocumentsChanged(("o0",)), 252), "what is pushed is told at once"


async def test_what_was_applied_before_a_fault_is_told(store: Store) -> None:
    desk = Desk(store, Source(3))
    desk.reader.faults = {3: JinshuError(ErrorCode.NETWORK_UNREACHABLE)}
    with pytest.raises(JinshuError):
        await desk.pull.catch_up()
    assert desk.events == [DocumentsChanged(("o1",)), DocumentsChanged(("o2",))]


async def test_a_pushed_event_is_applied_and_repeated_ones_are_not(store: Store) -> None:
    desk = Desk(store, Source(3))
    for n in (1, 2, 2, 1, 3):
        await desk.pull.deliver(desk.source.log[n - 1])
    assert await desk.applied() == [1, 2, 3]


async def test_a_gap_before_a_pushed_event_is_fetched(store: Store) -> None:
    desk = Desk(store, Source(5))
    await desk.pull.deliver(desk.source.log[4])
    assert await desk.applied() == [1, 2, 3, 4, 5]


async def test_a_hole_in_the_log_is_refused(store: Store) -> None:
    desk = Desk(store, Source(3))
    del desk.source.log[1]
    with pytest.raises(JinshuError) as caught:
        await desk.pull.catch_up()
    assert caught.value.code is ErrorCode.SYNC_GAP
    assert await desk.applied() == [1]


async def test_a_crash_while_applying_repeats_the_event_and_nothing_else(store: Store) -> None:
    desk = Desk(store, Source(3))
    desk.reader.crash_at = 2
    with pytest.raises(RuntimeError):
        await desk.pull.catch_up()
    again = Desk(store, desk.source)
    await again.pull.catch_up()
    assert await again.applied() == [1, 2, 3]


async def test_a_network_fault_keeps_the_cursor(store: Store) -> None:
    desk = Desk(store, Source(3))
    desk.reader.faults = {2: JinshuError(ErrorCode.NETWORK_UNREACHABLE)}
    with pytest.raises(JinshuError):
        await desk.pull.catch_up()
    assert await desk.applied() == [1]
    await desk.pull.catch_up()
    assert await desk.applied() == [1, 2, 3]


@pytest.mark.expects_logs
async def test_a_bad_event_is_held_with_its_code_and_said_aloud(store: Store) -> None:
    desk = Desk(store, Source(3))
    desk.reader.faults = {2: JinshuError(ErrorCode.KEYS_COMMITMENT_MISMATCH, object="o2")}
    await desk.pull.catch_up()
    assert await desk.applied() == [1, 3]
    held = await store.read(lambda connection: connection.execute(select(table.HELD)).one())
    assert (held.n, held.code) == (2, ErrorCode.KEYS_COMMITMENT_MISMATCH.value)
    assert NoticeRaised(ErrorCode.KEYS_COMMITMENT_MISMATCH, (("object", "o2"),)) in desk.events


async def test_an_unknown_kind_is_kept_for_a_newer_client(store: Store) -> None:
    source = Source(2)
    source.log[0] = LogEvent(1, "meeting", {"房间": "一"})
    desk = Desk(store, source)
    await desk.pull.catch_up()
    assert await desk.applied() == [2]
    held = await store.read(lambda connection: connection.execute(select(table.HELD)).one())
    assert "一" in held.body.decode()


async def test_the_acknowledgement_names_what_is_on_disk(store: Store) -> None:
    desk = Desk(store, Source(4))
    await desk.pull.catch_up()
    await desk.pull.acknowledge()
    assert desk.source.acknowledged == [4]


@pytest.mark.expects_logs
async def test_a_log_filled_again_is_followed_from_where_the_server_says(store: Store) -> None:
    desk = Desk(store, ShortMemory())
    assert await desk.pull.catch_up() == 5
    assert await desk.applied() == [3, 4, 5]


@pytest.mark.expects_logs
async def test_a_server_that_never_fills_the_log_is_not_asked_for_ever(store: Store) -> None:
    desk = Desk(store, ShortMemory(stubborn=True))
    with pytest.raises(JinshuError) as caught:
        await desk.pull.catch_up()
    assert caught.value.code is ErrorCode.SYNC_RESYNC


# Bursts: events that are prepared ahead are written together


async def test_a_burst_is_one_transaction(tmp_path: Path) -> None:
    commits = Commits()
    store = Store(tmp_path / "store.db", commits)
    store.create(bytes(32))
    desk = Desk(store, Source(120), ReaderAhead())
    commits.count = 0
    await desk.pull.catch_up()
    assert await desk.applied() == list(range(1, 121))
    assert commits.count == 3  # of fifty at most
    store.close()


@pytest.mark.expects_logs
async def test_what_is_refused_in_its_turn_is_held_and_leaves_nothing_and_those_beside_it_stay(
    store: Store,
) -> None:
    reader = ReaderAhead()
    reader.refused = {2: JinshuError(ErrorCode.MESSAGING_HIDDEN), 3: ValueError("malformed")}
    desk = Desk(store, Source(5), reader)
    assert await desk.pull.catch_up() == 5
    assert await desk.applied() == [1, 4, 5]
    held = await store.read(table.held)
    assert [(each.n, each.code) for each in held] == [
        (2, ErrorCode.MESSAGING_HIDDEN.value),
        (3, ErrorCode.CLIENT_INTERNAL.value),
    ]
    assert NoticeRaised(ErrorCode.MESSAGING_HIDDEN) in desk.events


async def test_a_crash_in_a_burst_leaves_none_of_it_and_all_of_it_comes_again(store: Store) -> None:
    reader = ReaderAhead()
    reader.crash_at = 3
    desk = Desk(store, Source(5), reader)
    with pytest.raises(RuntimeError):
        await desk.pull.catch_up()
    assert await desk.applied() == []
    assert await desk.pull.cursor() == 0
    assert await store.read(table.cursor) == 0, "what is acknowledged is on disk"
    assert desk.events == []
    assert await desk.pull.catch_up() == 5
    assert await desk.applied() == [1, 2, 3, 4, 5]


async def test_a_fault_of_the_network_takes_nothing_from_those_prepared_before_it(store: Store) -> None:
    desk = Desk(store, Source(5), ReaderAhead())
    desk.reader.faults = {4: JinshuError(ErrorCode.NETWORK_UNREACHABLE)}
    with pytest.raises(JinshuError):
        await desk.pull.catch_up()
    assert await desk.applied() == [1, 2, 3]
    assert await store.read(table.cursor) == 3
    await desk.pull.catch_up()
    assert await desk.applied() == [1, 2, 3, 4, 5]


async def test_what_asks_the_store_before_its_turn_finds_all_that_came_before_it(store: Store) -> None:
    source, onlooker = Source(5), Onlooker(store)
    source.log[3] = LogEvent(4, "onlooker", {})
    desk = Desk(store, source, ReaderAhead())
    desk.pull.register(onlooker)
    await desk.pull.catch_up()
    assert onlooker.found == [1, 2, 3]
    assert await desk.applied() == [1, 2, 3, 5]
