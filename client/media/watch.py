"""Notices that the other end is gone: aiortc itself would need 30 seconds."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

SILENCE_SECONDS: Final = 2.0
_PROBE_SECONDS: Final = 1.0
_STALL_SECONDS: Final = 1.0


class Heard(Enum):
    """What the silence so far means."""

    FINE = auto()
    PROBE = auto()
    LOST = auto()


class SilenceWatch:
    """Fed with the count of packets received, a few times a second; times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._packets = 0
        self._heard_at = now
        self._looked_at = now
        self._probed = False

    def look(self, packets: int, now: float) -> Heard:
        """PROBE once in a silence: in an empty meeting nobody has a reason to speak, so say something that is answered."""
        stalled = now - self._looked_at > _STALL_SECONDS
        self._looked_at = now
        if packets != self._packets or stalled:
            # After a stall of our own, what came meanwhile may still wait to be read.
            self._packets, self._heard_at, self._probed = packets, now, False
            return Heard.FINE
        silence = now - self._heard_at
        if silence >= SILENCE_SECONDS:
            return Heard.LOST
        if silence >= _PROBE_SECONDS and not self._probed:
            self._probed = True
            return Heard.PROBE
        return Heard.FINE
