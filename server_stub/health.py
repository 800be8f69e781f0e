"""Whether the server works: for the operator's monitoring, without a word about anybody."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import text

from protocol.release import PROTOCOL_VERSION
from protocol.wire.base import Reply
from server_stub.database.database import Database


class HealthReply(Reply):
    """Answers only when the database does."""

    ready: bool
    protocol: int


def router(database: Database) -> APIRouter:
    routes = APIRouter()

    @routes.get("/health")
    async def health() -> HealthReply:
        await database.read(lambda connection: connection.execute(text("SELECT 1")).scalar())
        return HealthReply(ready=True, protocol=PROTOCOL_VERSION)

    return routes
