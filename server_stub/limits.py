"""Token buckets against guessing and flooding; they live in memory, a restart forgives."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from protocol.errors import ErrorCode, JinshuError
from server_stub.clock import Clock

_KEPT: Final = 50_000


class Limiter:
    """`burst` tries at once, then `per_minute`; the keys seen longest ago are forgotten first."""

    def __init__(self, clock: Clock, code: ErrorCode, *, burst: int, per_minute: float) -> None:
        self._clock = clock
        self._code = code
        self._burst = float(burst)
        self._rate = per_minute / 60
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, count: int = 1) -> None:
        """Spend `count` tries.

        Raises:
            JinshuError: the limiter's code; nothing is spent.
        """
        if not self.allows(key, count):
            raise JinshuError(self._code)

    def allows(self, key: str, count: int = 1) -> bool:
        """The same as an answer: False, and nothing is spent, when there are fewer than `count` tries left."""
        now = self._clock.monotonic()
        tokens, seen = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - seen) * self._rate)
        allowed = tokens >= count
        self._buckets[key] = (tokens - count if allowed else tokens, now)
        if len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
        return allowed
