"""What can be said of a slot while it plays: frames, freezes, what was locked or lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from client.media.sealing import Lock

FREEZE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class SlotFigures:
    """One slot since the connection was made. `first_frame_ms` counts from the moment the slot got its present sender."""

    mid: str
    lock: Lock
    kid: int | None
    packets: int
    frames: int
    locked: int
    damaged: int
    replayed: int
    lost: int
    dropped: int
    freezes: int
    frozen_ms: int
    first_frame_ms: int | None


class Flow:
    """Counts frames that were decoded and the pauses between them; times are monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._last: float | None = None
        self.frames = 0
        self.freezes = 0
        self.frozen_ms = 0
        self.first_frame_ms: int | None = None

    def restart(self, now: float) -> None:
        """Another sender has the slot: the silence between the two is nobody's freeze."""
        self._since, self._last, self.first_frame_ms = now, None, None

    def frame(self, now: float) -> None:
        self.frames += 1
        if self.first_frame_ms is None:
            self.first_frame_ms = round((now - self._since) * 1000)
        if self._last is not None and now - self._last > FREEZE_SECONDS:
            self.freezes += 1
            self.frozen_ms += round((now - self._last) * 1000)
        self._last = now
