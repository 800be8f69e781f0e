"""When a layer's newest picture is sent: as it comes, again when a key frame is asked for, and again after a second of rest.

A screen at rest gives no new picture. So the newest one is never dropped: a receiver who comes later asks for a key frame and gets
it, and the loss of the last packet before the rest, which nothing after it would show, is made good within a second.
"""

from __future__ import annotations

import math
from typing import Final

REST_SECONDS: Final = 1.0
_KEY_AGAIN_SECONDS: Final = 0.5
# Not asked for but begun for newcomers: theirs must not wait for the pause after the last that was asked for, which they could not open.
_BEGIN_AGAIN_SECONDS: Final = 0.25
# A camera that promises 25 frames gives 24 or 26: a frame a little early is not too many.
_EARLY: Final = 0.8


class PictureSchedule:
    """Sans I/O; all times are monotonic seconds. The picture itself is kept by the sender."""

    def __init__(self) -> None:
        self.restart(1.0)

    def restart(self, fps: float) -> None:
        """Another source, whose first picture is a key frame; at most `fps` pictures a second."""
        self._frame_seconds = 1 / fps
        self._kept = False
        self._came_at: float | None = None  # the newest picture has not been sent
        self._sent_at = -math.inf
        self._key_wanted = True
        self._key_at = -math.inf
        self._begin_wanted = False
        self._begun_at = -math.inf

    def came(self, now: float) -> None:
        """There is a newer picture."""
        self._kept, self._came_at = True, now

    def want_key(self) -> None:
        """A receiver cannot open what comes without a key frame."""
        self._key_wanted = True

    def begin(self) -> None:
        """A receiver can open pictures from now on: the next is a key frame."""
        self._begin_wanted = True

    @property
    def due(self) -> float:
        """When the newest picture is to be sent; infinite while there is none."""
        if not self._kept:
            return math.inf
        soonest = self._sent_at + _EARLY * self._frame_seconds
        return min(self._new_due(soonest), max(soonest, self._key_due()), self._sent_at + REST_SECONDS)

    def send(self, now: float) -> bool:
        """The newest picture is sent now; says whether as a key frame."""
        key = now >= self._key_due()
        self._came_at, self._sent_at = None, now
        if key:
            if self._begin_wanted:
                self._begun_at = now
            self._key_wanted = self._begin_wanted = False
            self._key_at = now
        return key

    def _new_due(self, soonest: float) -> float:
        if self._came_at is None:
            return math.inf
        # What came too early waits for its turn, unless a newer one takes its place: the last of a burst is what stays on the screen.
        return self._came_at if self._came_at >= soonest else self._sent_at + self._frame_seconds

    def _key_due(self) -> float:
        asked = self._key_at + _KEY_AGAIN_SECONDS if self._key_wanted else math.inf
        begun = self._begun_at + _BEGIN_AGAIN_SECONDS if self._begin_wanted else math.inf
        return min(asked, begun)
