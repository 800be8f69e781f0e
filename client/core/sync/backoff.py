"""How long to wait before trying again: doubling, capped, with jitter so that a city does not return in one
instant."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """`jitter` gives a number in [0, 1); half of each delay is fixed and half is drawn."""

    def __init__(self, jitter: Callable[[], float], *, first: float = 0.5, most: float = 30.0) -> None:
        self._jitter = jitter
        self._first = first
        self._most = most
        self._failures = 0

    @property
    def failures(self) -> int:
        return self._failures

    def reset(self) -> None:
        self._failures = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        # The exponent is bounded first: 2.0 ** 1100 is an OverflowError after a long weekend offline.
        whole = min(self._most, self._first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return whole / 2 + whole / 2 * self._jitter()
