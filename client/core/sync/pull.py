"""Following this device's log (C20): each event is applied once, in order, in one transaction with the
cursor."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, runtime_checkable

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from client.core.bus import EventBus
from client.core.clock import Clock
from client.core.durable import DurablePoints
from client.core.events import Event, NoticeRaised, SyncProgressed
from client.core.store import events as table
from client.core.store.events import HeldEvent
from client.core.store.store import Store
from client.core.sync.copied_back import CopiedBack
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError

_log = logging.getLogger(__name__)
_PAGE: Final = 200
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
        """Verify and decrypt, outside any transaction; the result is run in the one that moves the cursor."""
        ...


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


class Pull:
    """One at a time: pushed and fetched events meet here, and the cursor decides which are news."""

    def __init__(
        self,
        store: Store,
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
        self._turn = asyncio.Lock()
        self._unacknowledged = asyncio.Event()
        self._reached: int | None = None
        self._untold: dict[Event, None] | None = None  # in order; None: news are told at once

    def register(self, handler: EventHandler) -> None:
        """Say who takes events of `handler.kind`; before the core starts."""
        if handler.kind in self._handlers:
            raise ValueError(f"two handlers for events of kind {handler.kind}")
        self._handlers[handler.kind] = handler

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
                    for event in page.events:
                        await self._take(event)
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
                await self._take(event)
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
                happened = await self._apply(event, partial(table.release, n=event.n))
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
        self._untold = {}
        try:
            yield
        finally:
            untold, self._untold = self._untold, None
            self._bus.publish_all(untold)

    def _tell(self, happened: Iterable[Event]) -> None:
        if self._untold is None:
            self._bus.publish_all(happened)
        else:
            self._untold.update(dict.fromkeys(happened))

    async def _begin_anew(self) -> None:
        """The server no longer has what comes next: it fills the log again, and what is known already is known."""
        anew = await self._source.resync()
        _log.warning("the log of this device begins anew after %d", anew.latest)
        await self._copied_back.look(await self.cursor(), anew.acknowledged, anew.latest)
        await self._store.write(lambda connection: table.move_cursor(connection, anew.latest))
        self._reached = anew.latest

    async def _take(self, event: LogEvent) -> None:
        reached = await self.cursor()
        if event.n <= reached:
            return
        if event.n != reached + 1:
            raise RemoteProtocolError(ErrorCode.SYNC_GAP, expected=str(reached + 1), found=str(event.n))
        happened = await self._apply(event, lambda connection: table.move_cursor(connection, event.n))
        self._reached = event.n
        self._unacknowledged.set()
        self._tell(happened)

    async def _apply(self, event: LogEvent, also: Callable[[Connection], None]) -> list[Event]:
        """Run what the event's handler makes of it, and `also`, in one transaction."""
        apply = await self._prepared(event)

        def write(connection: Connection) -> list[Event]:
            also(connection)
            return list(apply(connection))

        try:
            return await self._store.write(write)
        except _FAULTS as error:
            apply = self._faulty(event, error)
            return await self._store.write(write)

    async def _prepared(self, event: LogEvent) -> Apply:
        handler = self._handlers.get(event.kind)
        if handler is None:
            # A newer server's kind, or a room not built yet: kept for the version that can read it.
            return holding(event, ErrorCode.SYNC_KIND_UNKNOWN)
        try:
            return await handler.prepare(event)
        except _FAULTS as error:
            return self._faulty(event, error)
        except JinshuError as error:
            if error.recovery in _PASSING:
                raise
            _log.warning("event %d of kind %s was held: %s", event.n, event.kind, error.code.value)
            params = tuple(sorted((name, str(value)) for name, value in error.params.items()))
            return holding(event, error.code, NoticeRaised(error.code, params))

    def _faulty(self, event: LogEvent, error: BaseException) -> Apply:
        """What somebody sent made our code stumble: it is held, and everything after it goes on."""
        _log.error("event %d of kind %s was held: %s", event.n, event.kind, type(error).__name__)
        return holding(event, ErrorCode.CLIENT_INTERNAL, NoticeRaised(ErrorCode.CLIENT_INTERNAL))


def holding(event: LogEvent, code: ErrorCode, *notices: Event) -> Apply:
    """Keep an event as it came for a version that can read it."""
    body = json.dumps(event.body, ensure_ascii=False).encode("utf-8")

    def apply(connection: Connection) -> Iterable[Event]:
        table.hold(connection, event.n, event.kind, body, code.value)
        return notices

    return apply
