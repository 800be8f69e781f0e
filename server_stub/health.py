"""Whether the server works: for the operator's monitoring, without a word about anybody."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from fastapi import APIRouter, Response

from protocol.release import PROTOCOL_VERSION
from protocol.wire.base import Reply
from server_stub.areas import area
from server_stub.clock import Clock
from server_stub.database import schema
from server_stub.database.database import Database

_log = logging.getLogger(__name__)
# Anybody may ask, without a session; the disk is asked no more often than this.
_FRESH_SECONDS: Final = 2.0
_WAIT_SECONDS: Final = 10.0


class HealthReply(Reply):
    """`ready`: a write has just been committed. With HTTP status 503 when not."""

    ready: bool
    protocol: int


class Readiness:
    """Commits a write when asked, one for all who ask within two seconds of it."""

    def __init__(self, database: Database, clock: Clock, wait_seconds: float = _WAIT_SECONDS) -> None:
        self._database = database
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._one = asyncio.Lock()
        self._asked_at: float | None = None
        self._ready = False

    async def ready(self) -> bool:
        async with self._one:
            now = self._clock.monotonic()
            if self._asked_at is None or now - self._asked_at >= _FRESH_SECONDS:
                self._ready = await self._try()
                self._asked_at = self._clock.monotonic()
            return self._ready

    async def _try(self) -> bool:
        try:
            # Not cancelled by the time limit: what is queued is queued, and the answer is no.
            await asyncio.wait_for(self._database.write(schema.touch), self._wait_seconds)
        except Exception as error:
            # Whatever it is, the answer is the same; which it was stands in the log.
            _log.error("not ready: %s", type(error).__name__)
            return False
        return True


def router(database: Database, clock: Clock) -> APIRouter:
    routes = area()
    readiness = Readiness(database, clock)

    @routes.get("/health")
    async def health(response: Response) -> HealthReply:
        ready = await readiness.ready()
        response.status_code = 200 if ready else 503
        return HealthReply(ready=ready, protocol=PROTOCOL_VERSION)

    return routes
