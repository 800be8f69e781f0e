"""The outbox: what the user saw as done is on disk here until the server has acknowledged it (promise 2)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.clock import Clock
from client.core.events import Event, OutboxChanged
from client.core.store import blobs
from client.core.store.store_port import StorePort
from client.core.sync import acts
from client.core.sync.acts import Act, ActHandler, ActStanding, ActState
from client.core.sync.backoff import Backoff
from client.core.tasks import TaskSupervisor, wait_at_most
from protocol.errors import ErrorCode, JinshuError, LocalProtocolError, Recovery

_log = logging.getLogger(__name__)
Rows = Callable[[Connection], Iterable[Event]]
_RETRIED = frozenset({Recovery.RETRY, Recovery.REAUTHENTICATE})
# The same signed bytes will never be taken: the person decides, with the newer key or number before him.
_OUTDATED = frozenset(
    {ErrorCode.KEYS_GENERATION_STALE, ErrorCode.KEYS_GENERATION_CONFLICT, ErrorCode.NUMBERS_CONFLICT}
)


class Outbox:
    """Acts of one object go one after the other; a refused one holds back those behind it until the user
    decides."""

    def __init__(
        self,
        store: StorePort,
        bus: EventBus,
        clock: Clock,
        jitter: Callable[[], float],
        upload: Callable[[str], Awaitable[None]],
    ) -> None:
        self._store = store
        self._bus = bus
        self._clock = clock
        self._jitter = jitter
        self._upload = upload
        self._handlers: dict[str, ActHandler] = {}
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self._in_flight: set[str] = set()  # objects
        self._later: dict[str, tuple[float, Backoff]] = {}  # act id -> not before, its backoff

    def register(self, handler: ActHandler) -> None:
        """Say who sends acts of `handler.kind`; before the core starts."""
        if handler.kind in self._handlers:
            raise ValueError(f"two handlers for acts of kind {handler.kind}")
        self._handlers[handler.kind] = handler

    async def queue(self, new: Sequence[Act], rows: Rows | None = None) -> None:
        """Write the rows the user sees and the acts behind them, in one transaction; they are safe when this
        returns."""
        for act in new:
            if act.kind not in self._handlers:
                raise LocalProtocolError(ErrorCode.SYNC_KIND_UNKNOWN, kind=act.kind)
        now = self._clock.now_ms()

        def write(connection: Connection) -> list[Event]:
            events = list(rows(connection)) if rows is not None else []
            for act in new:
                acts.insert(connection, act if act.created_at else _dated(act, now))
            return [*events, _counted(connection)]

        await self._written(write)

    async def retry(self, act: str) -> None:
        """Send a refused act once more, as it is."""
        self._later.pop(act, None)

        def write(connection: Connection) -> list[Event]:
            acts.mark_pending(connection, act)
            return [_counted(connection)]

        await self._written(write)

    async def withdraw(self, act: str, rows: Rows | None = None) -> None:
        """Give a refused act up; a pending one may be at the server already and stays.

        Raises:
            JinshuError: sync.act_not_refused.
        """

        def write(connection: Connection) -> list[Event]:
            if acts.find(connection, act, ActStanding.REFUSED) is None:
                raise JinshuError(ErrorCode.SYNC_ACT_NOT_REFUSED)
            events = list(rows(connection)) if rows is not None else []
            acts.remove(connection, act)
            return [*events, _counted(connection)]

        await self._written(write)

    async def cancel(self, act: str, rows: Rows | None = None) -> None:
        """Take back a pending act that cannot have left: a blob of it is not at the server yet, and it goes after them.

        Raises:
            JinshuError: sync.act_under_way.
        """

        def write(connection: Connection) -> list[Event]:
            found = acts.find(connection, act, ActStanding.PENDING)
            if found is None or not _waits_for_blobs(connection, found):
                raise JinshuError(ErrorCode.SYNC_ACT_UNDER_WAY)
            events = list(rows(connection)) if rows is not None else []
            acts.remove(connection, act)
            return [*events, _counted(connection)]

        await self._written(write)

    async def states(self) -> tuple[ActState, ...]:
        return tuple(await self._store.read(acts.states))

    async def drained(self) -> None:
        """Wait until nothing is pending that could be sent; refused acts and those behind them may remain."""
        while True:
            self._changed.clear()
            if not self._in_flight and not await self._store.read(acts.pending):
                return
            await self._changed.wait()

    def wake(self) -> None:
        """Try everything now: the server is reachable again."""
        for act, (_, backoff) in self._later.items():
            self._later[act] = (0.0, backoff)
        self._changed.set()
        self._wanted.set()

    async def run(self, tasks: TaskSupervisor) -> None:
        """Send what is pending until cancelled."""
        while True:
            self._wanted.clear()
            wait = await self._start_ready(tasks)
            await wait_at_most(self._wanted, self._clock, wait)

    async def _start_ready(self, tasks: TaskSupervisor) -> float | None:
        now = self._clock.monotonic()
        soonest: float | None = None
        for act in await self._store.read(acts.pending):
            if act.object in self._in_flight:
                continue
            due = self._later[act.id][0] if act.id in self._later else 0.0
            if due > now:
                soonest = due - now if soonest is None else min(soonest, due - now)
                continue
            self._in_flight.add(act.object)
            tasks.start(f"act {act.kind}", self._send(act))
        return soonest

    async def _send(self, act: Act) -> None:
        try:
            await self._try(act)
        except JinshuError as error:
            if not await self._store.read(lambda connection: acts.exists(connection, act.id)):
                _log.info("an act of kind %s was taken back on its way: %s", act.kind, error.code.value)
            elif error.recovery in _RETRIED and error.code not in _OUTDATED:
                self._postpone(act)
                await self._store.write(lambda connection: acts.count_attempt(connection, act.id))
            else:
                await self._refused(act, error)
        except BaseException:
            # Our own fault, or the end: the act stays, and a fault must not turn into a busy loop.
            self._postpone(act)
            raise
        finally:
            self._in_flight.discard(act.object)
            self._changed.set()
            self._wanted.set()

    async def _try(self, act: Act) -> None:
        handler = self._handlers.get(act.kind)
        if handler is None:
            raise LocalProtocolError(ErrorCode.SYNC_KIND_UNKNOWN, kind=act.kind)
        for blob in act.blobs:
            await self._upload(blob)
        if act.blobs and not await self._store.read(lambda connection: acts.exists(connection, act.id)):
            return
        reply = await handler.send(act)

        def settle(connection: Connection) -> list[Event]:
            if not acts.remove(connection, act.id):
                return []
            return [*handler.settle(connection, act, reply), _counted(connection)]

        events = await self._store.write(settle)
        self._later.pop(act.id, None)
        self._bus.publish_all(events)

    async def _refused(self, act: Act, error: JinshuError) -> None:
        _log.warning("an act of kind %s was refused: %s", act.kind, error.code.value)
        handler = self._handlers.get(act.kind)

        def write(connection: Connection) -> list[Event]:
            acts.mark_refused(connection, act.id, error)
            events = list(handler.refuse(connection, act, error)) if handler is not None else []
            return [*events, _counted(connection)]

        self._bus.publish_all(await self._store.write(write))

    def _postpone(self, act: Act) -> None:
        backoff = self._later[act.id][1] if act.id in self._later else Backoff(self._jitter)
        self._later[act.id] = (self._clock.monotonic() + backoff.next(), backoff)

    async def _written(self, write: Callable[[Connection], list[Event]]) -> None:
        events = await self._store.write(write)
        self._changed.set()
        self._wanted.set()
        self._bus.publish_all(events)


def _waits_for_blobs(connection: Connection, act: Act) -> bool:
    found = (blobs.find(connection, blob) for blob in act.blobs)
    return any(facts is None or not facts[2] for facts in found)


def _counted(connection: Connection) -> Event:
    waiting, refused = acts.count(connection)
    return OutboxChanged(waiting, refused)


def _dated(act: Act, now: int) -> Act:
    return Act(act.id, act.kind, act.object, act.body, act.blobs, act.requires, now)
