"""How long the worker's loop lets its timer wait: while one thing is done, no packet is forwarded."""

from __future__ import annotations

from collections import deque
from typing import Final

# A minute of the worker's timer.
_MOST: Final = 1200


class Lag:
    """Of the last minute at most, since it was last asked for."""

    def __init__(self) -> None:
        self._waits: deque[float] = deque(maxlen=_MOST)

    def note(self, seconds: float) -> None:
        self._waits.append(seconds)

    def take(self) -> list[float]:
        """Median, 99th percentile and longest, in milliseconds; all 0 when nothing was noted."""
        waits = sorted(self._waits) or [0.0]
        self._waits.clear()
        return [round(1000 * waits[int(part * (len(waits) - 1))], 1) for part in (0.5, 0.99, 1.0)]
