"""When the publishers of a meeting are asked for what is missing of their streams: RTCP feedback is gathered for a moment, and
repeated when it is time (RFC 4585 §3)."""

from __future__ import annotations

import logging
from typing import Final, NamedTuple

from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.seat import Seat

_log = logging.getLogger(__name__)

# Several gaps of one burst are asked for in one packet.
_GATHER_SECONDS: Final = 0.01
_NEVER: Final = float("inf")


class _Due(NamedTuple):
    seat: Seat
    at: float  # monotonic seconds


class RequestSchedule:
    """Sans I/O; times in monotonic seconds. `soon` is cheap: while gaps are open it is called with every packet. `wake_at`: when to
    call `ask`, infinity when there is nothing to ask."""

    def __init__(self) -> None:
        self._due: dict[Incoming, _Due] = {}
        self.wake_at = _NEVER

    def soon(self, seat: Seat, incoming: Incoming, now: float) -> None:
        """There is something to ask of a stream's publisher."""
        at = now + _GATHER_SECONDS
        known = self._due.get(incoming)
        if known is None or known.at > at:
            self._due[incoming] = _Due(seat, at)
            self.wake_at = min(self.wake_at, at)

    def forget(self, incoming: Incoming) -> None:
        """Its publisher is gone; `wake_at` may be too early then, which does no harm."""
        self._due.pop(incoming, None)

    def ask(self, now: float, due: float) -> None:
        """Ask for what is due until the moment `due`, which is a little after `now` where timers ring early."""
        if self.wake_at > due:
            return
        for incoming, each in list(self._due.items()):
            if each.at <= due:
                # First out of the way: a fault found here costs this stream its turn, and the others nothing.
                del self._due[incoming]
                wait = self._ask(each.seat, incoming, now)
                if wait is not None:
                    self._due[incoming] = _Due(each.seat, now + wait)
        self.wake_at = min((each.at for each in self._due.values()), default=_NEVER)

    def _ask(self, seat: Seat, incoming: Incoming, now: float) -> float | None:
        try:
            return seat.ask(incoming, now)
        except Exception:
            _log.exception("a publisher could not be asked")
            return None
