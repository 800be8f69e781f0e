"""A limit on how often something may be done: so many at once, so many a second after that."""

from __future__ import annotations


class Bucket:
    """Sans I/O; `now` in monotonic seconds."""

    __slots__ = ("_at", "_filled", "_most", "_rate")

    def __init__(self, most: float, rate: float) -> None:
        self._most, self._rate = most, rate
        self._filled, self._at = most, float("-inf")

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Whether it may be done now; if so it is counted."""
        if now > self._at:
            self._filled = min(self._most, self._filled + (now - max(self._at, now - 3600)) * self._rate)
            self._at = now
        if self._filled < amount:
            return False
        self._filled -= amount
        return True
