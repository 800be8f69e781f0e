"""Following this device's log (C20): each event is applied once, in order, in one transaction with the cursor.

Events that follow each other and can be prepared ahead are a *burst*: verified one after the other, then written in one transaction
with the cursor behind the last of them, each in a savepoint of its own. One that is refused does not hurt those beside it; one that
makes the transaction fail leaves none of them behind, and all come once more. Nothing of a burst is acknowledged before it is on disk.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, Protocol, runtime_checkable

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from client.core.bus import EventBus
from client.core.clock import Clock
from client.core.durable import DurablePoints
from client.core.events import Event, NoticeRaised, SyncProgressed
from client.core.store import events as table
from client.core.store.database import savepoint
from client.core.store.events import HeldEvent
from client.core.store.store_port import StorePort
from client.core.sync.copied_back import CopiedBack
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError

_log = logging.getLogger(__name__)
_PAGE: Final = 200
# Whoever writes meanwhile waits for one burst at most: 150 ms on two busy cores. A transaction of its own cost an event 9 ms of the disk.
_BURST: Final = 50
# Acknowledgements wait this long for company: one request for a burst of pushed events.
_ACKNOWLEDGE_SECONDS: Final = 0.5
_PASSING: Final = frozenset({Recovery.RETRY, Recovery.REAUTHENTICATE})
# What malformed content does to code that did not expect it; a full disk or a crash is not among them.
_FAULTS: Final = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    IntegrityError,
)
Apply = Callable[[Connection], Iterable[Event]]


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of the device's log; `body` is the JSON object as it came."""

    n: int
    kind: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Events of the log, its newest number, and the highest number this device acknowledged, by the server's word."""

    events: Sequence[LogEvent]
    latest: int
    acknowledged: int = 0


class EventHandler(Protocol):
    """What an area does with events of one kind."""

    @property
    def kind(self) -> str: ...

    async def prepare(self, event: LogEvent) -> Apply:
        """Verify and decrypt, outside any transaction; the result is run in the one that moves the cursor.

        Both may refuse the event with a `JinshuError`: it is held, and nothing of it is kept.
        """
        ...


@runtime_checkable
class PreparedAhead(Protocol):
    """A handler whose `prepare` reads nothing that an event may write: whatever an event before it may have changed is looked at by
    what `prepare` returns, in the transaction."""

    @property
    def ahead(self) -> Literal[True]: ...


@runtime_checkable
class Withdrawing(Protocol):
    """A handler that keeps an event of a later version in its place, until a version comes that can judge it."""

    def withdraw(self, connection: Connection, event: LogEvent) -> None:
        """Take back what was kept of such an event, which is about to be prepared once more."""
        ...


class EventSource(Protocol):
    """The server's side of the log."""

    async def events(self, after: int, limit: int) -> LogPage: ...

    async def acknowledge(self, n: int) -> None: ...

    async def resync(self) -> LogPage: ...


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An event and what is to be written of it."""

    event: LogEvent
    apply: Apply


class Pull:
    """One at a time: pushed and fetched events meet here, and the cursor decides which are news."""

    def __init__(
        self,
        store: StorePort,
        source: EventSource,
        bus: EventBus,
        clock: Clock,
        points: DurablePoints | None = None,
        copied_back: CopiedBack | None = None,
    ) -> None:
        self._copied_back = copied_back or CopiedBack(store, bus)
        self._store = store
        self._source = source
        self._bus = bus
        self._clock = clock
        self._points = points or DurablePoints()
        self._handlers: dict[str, EventHandler] = {}
        self._ahead: set[str] = set()  # kinds that are prepared ahead
        self._turn = asyncio.Lock()
        self._unacknowledged = asyncio.Event()
        self._reached: int | None = None
        self._unpublished: dict[Event, None] | None = None  # in order; None: events are published at once

    def register(self, handler: EventHandler) -> None:
        """Say who takes events of `handler.kind`; before the core starts."""
        if handler.kind in self._handlers:
            raise ValueError(f"two handlers for events of kind {handler.kind}")
        self._handlers[handler.kind] = handler
        if isinstance(handler, PreparedAhead):
            self._ahead.add(handler.kind)

    def forget(self) -> None:
        """The store was closed: its cursor is read again when next needed."""
        self._reached = None

    async def cursor(self) -> int:
        if self._reached is None:
            self._reached = await self._store.read(table.cursor)
        return self._reached

    async def catch_up(self) -> int:
        """Fetch and apply all there is; returns the number reached."""
        anew = False
        while True:
            async with self._turn:
                after = await self.cursor()
                try:
                    page = await self._source.events(after, _PAGE)
                except JinshuError as error:
                    if error.code is not ErrorCode.SYNC_RESYNC or anew:
                        raise
                    anew = True
                    await self._begin_anew()
                    continue
                await self._copied_back.look(after, page.acknowledged, page.latest)
                with self._gathered():
                    await self._take(page.events)
                reached = await self.cursor()
            if page.events:
                self._bus.publish(SyncProgressed(reached, max(page.latest, reached)))
            if not page.events or reached >= page.latest:
                return reached

    async def deliver(self, event: LogEvent) -> None:
        """Apply one pushed event; a gap before it is fetched."""
        async with self._turn:
            behind = event.n > await self.cursor() + 1
            if not behind:
                await self._take([event])
        if behind:
            await self.catch_up()

    async def take_again(self, held: Sequence[HeldEvent]) -> None:
        """Read held events once more, in order: first all that was kept of them provisionally goes.

        Raises:
            JinshuError: the server is needed and does not answer; what is left stays held.
        """
        async with self._turn:
            events = [(each, LogEvent(each.n, each.kind, json.loads(each.body))) for each in held]

            def withdraw(connection: Connection) -> None:
                for each, event in events:
                    handler = self._handlers.get(event.kind)
                    if each.code == ErrorCode.CLIENT_OUTDATED.value and isinstance(handler, Withdrawing):
                        handler.withdraw(connection, event)

            await self._store.write(withdraw)
            for _, event in events:
                ready = await self._prepared(event)
                happened = await self._write([ready], partial(table.release, n=event.n))
                # What is refused again was said when it came.
                self._bus.publish_all([each for each in happened if not isinstance(each, NoticeRaised)])

    async def run(self) -> None:
        """Acknowledge what was applied, until cancelled; what is not heard now is repeated later."""
        while True:
            await self._unacknowledged.wait()
            await self._clock.sleep(_ACKNOWLEDGE_SECONDS)
            self._unacknowledged.clear()
            try:
                await self.acknowledge()
            except JinshuError as error:
                _log.info("acknowledgement postponed: %s", error.code.value)

    async def acknowledge(self) -> None:
        n = await self.cursor()
        self._points.before_acknowledge()
        await self._source.acknowledge(n)
        self._points.after_acknowledge()

    @contextmanager
    def _gathered(self) -> Iterator[None]:
        """What a page of events brings about is told when it is done, equal news once.

        Told one by one, 300 messages had their reader draw the same conversations 300 times.
        """
        self._unpublished = {}
        try:
            yield
        finally:
            unpublished, self._unpublished = self._unpublished, None
            self._bus.publish_all(unpublished)

    def _publish(self, happened: Iterable[Event]) -> None:
        if self._unpublished is None:
            self._bus.publish_all(happened)
        else:
            self._unpublished.update(dict.fromkeys(happened))

    async def _begin_anew(self) -> None:
        """The server no longer has what comes next: it fills the log again, and what is known already is known."""
        anew = await self._source.resync()
        _log.warning("the log of this device begins anew after %d", anew.latest)
        await self._copied_back.look(await self.cursor(), anew.acknowledged, anew.latest)
        await self._store.write(lambda connection: table.move_cursor(connection, anew.latest))
        self._reached = anew.latest

    async def _take(self, events: Iterable[LogEvent]) -> None:
        """Apply what is news among events that follow each other, in bursts."""
        reached, burst = await self.cursor(), list[_Prepared]()
        try:
            for event in events:
                if event.n <= reached:
                    continue
                if event.n != reached + 1:
                    raise RemoteProtocolError(
                        ErrorCode.SYNC_GAP, expected=str(reached + 1), found=str(event.n)
                    )
                if burst and (len(burst) == _BURST or event.kind not in self._ahead):
                    await self._keep(burst)
                burst.append(await self._prepared(event))
                reached = event.n
                if event.kind not in self._ahead:
                    await self._keep(burst)
                await asyncio.sleep(0)  # a packet of a meeting does not wait for fifty signatures
        except Exception:
            # A fault of one takes nothing from those before it.
            if burst:
                await self._keep(burst)
            raise
        if burst:
            await self._keep(burst)

    async def _keep(self, burst: list[_Prepared]) -> None:
        """Write a burst and move the cursor behind it; the list is empty after it, whatever happens."""
        written, last = tuple(burst), burst[-1].event.n
        burst.clear()
        happened = await self._write(written, lambda connection: table.move_cursor(connection, last))
        self._reached = last
        self._unacknowledged.set()
        self._publish(happened)

    async def _write(self, burst: Sequence[_Prepared], also: Callable[[Connection], None]) -> list[Event]:
        """Run what the handlers made of events, and `also` before it, in one transaction."""

        def write(connection: Connection) -> list[Event]:
            also(connection)
            return [event for each in burst for event in self._run(connection, each)]

        return await self._store.write(write)

    def _run(self, connection: Connection, prepared: _Prepared) -> list[Event]:
        """On the writer's thread: what was prepared, or the holding of what cannot be applied."""
        try:
            with savepoint(connection):
                return list(prepared.apply(connection))
        except (*_FAULTS, JinshuError) as error:
            return list(self._refused(prepared.event, error)(connection))

    async def _prepared(self, event: LogEvent) -> _Prepared:
        handler = self._handlers.get(event.kind)
        if handler is None:
            # A newer server's kind, or a room not built yet: kept for the version that can read it.
            return _Prepared(event, holding(event, ErrorCode.SYNC_KIND_UNKNOWN))
        try:
            return _Prepared(event, await handler.prepare(event))
        except (*_FAULTS, JinshuError) as error:
            return _Prepared(event, self._refused(event, error))

    def _refused(self, event: LogEvent, error: Exception) -> Apply:
        """An event that its handler did not take is held, and everything after it goes on.

        Raises:
            JinshuError: `error` itself, if it passes: then the event is tried again.
        """
        if not isinstance(error, JinshuError):
            # What somebody sent made our code stumble.
            _log.error("event %d of kind %s was held: %s", event.n, event.kind, type(error).__name__)
            return holding(event, ErrorCode.CLIENT_INTERNAL, NoticeRaised(ErrorCode.CLIENT_INTERNAL))
        if error.recovery in _PASSING:
            raise error
        _log.warning("event %d of kind %s was held: %s", event.n, event.kind, error.code.value)
        params = tuple(sorted((name, str(value)) for name, value in error.params.items()))
        return holding(event, error.code, NoticeRaised(error.code, params))


def holding(event: LogEvent, code: ErrorCode, *notices: Event) -> Apply:
    """Keep an event as it came for a version that can read it."""
    body = json.dumps(event.body, ensure_ascii=False).encode("utf-8")

    def apply(connection: Connection) -> Iterable[Event]:
        table.hold(connection, event.n, event.kind, body, code.value)
        return notices

    return apply
