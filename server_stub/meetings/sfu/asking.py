"""When publishers are asked for what is missing: one timer for all of a worker, set only while there is something to ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

from server_stub.clock import Clock
from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.seat import Seat

# Several gaps of one burst are asked for in one packet.
_GATHER_SECONDS: Final = 0.01
_EARLY_SECONDS: Final = 0.002


class _Due(NamedTuple):
    seat: Seat
    at: float  # monotonic seconds


class Asking:
    """`soon` is cheap: while gaps are open it is called with every packet. `flush` is called when all who are due were asked."""

    def __init__(self, flush: Callable[[], None], clock: Clock) -> None:
        self._flush = flush
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._due: dict[Incoming, _Due] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0.0  # while there is a timer

    def soon(self, seat: Seat, incoming: Incoming) -> None:
        at = self._clock.monotonic() + _GATHER_SECONDS
        known = self._due.get(incoming)
        if known is None or known.at > at:
            self._due[incoming] = _Due(seat, at)
        if self._timer is None or self._rings_at > at:
            self._set(at)

    def forget(self, incoming: Incoming) -> None:
        self._due.pop(incoming, None)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _set(self, at: float) -> None:
        self.stop()
        self._rings_at = at
        self._timer = self._loop.call_later(max(0.0, at - self._clock.monotonic()), self._ask)

    def _ask(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        try:
            for incoming, due in list(self._due.items()):
                if due.at <= now + _EARLY_SECONDS:
                    # First out of the way: a fault found here costs this stream its turn, and the others nothing.
                    del self._due[incoming]
                    wait = due.seat.ask(incoming, now)
                    if wait is not None:
                        self._due[incoming] = _Due(due.seat, now + wait)
        finally:
            self._flush()
            if self._due:
                self._set(min(due.at for due in self._due.values()))
