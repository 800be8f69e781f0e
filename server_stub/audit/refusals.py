"""Audit rows for what was refused, sparingly: the trail is kept for ever and copied, so nobody may fill it by being refused."""

from __future__ import annotations

from collections import Counter

from protocol.errors import ErrorCode
from server_stub.audit import trail
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.limits import Limiter


class Refusals:
    """Of an actor and action: the first five of strangers, then one a minute; of a device five hundred, then thirty. A row that
    follows ones left out says how many (`+N`)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._of_strangers = Limiter(clock, ErrorCode.REQUEST_RATE_LIMITED, burst=5, per_minute=1)
        self._of_devices = Limiter(clock, ErrorCode.REQUEST_RATE_LIMITED, burst=500, per_minute=30)
        self._left_out: Counter[tuple[str, str]] = Counter()

    async def note(self, actor: str, action: str, code: ErrorCode, reference: str = "") -> None:
        """`actor`: a device, or nothing for whoever has no session: all of those are one."""
        key = (actor, action)
        rows = self._of_devices if actor else self._of_strangers
        if not rows.allows(" ".join(key)):
            self._left_out[key] += 1
            return
        more = self._left_out.pop(key, 0)
        reference = f"{reference} +{more}".strip() if more else reference
        now = self._clock.now_ms()
        await self._database.write(
            lambda connection: trail.record(
                connection, at=now, actor=actor, action=action, result=code.value, reference=reference
            )
        )
