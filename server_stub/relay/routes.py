"""A device's log over HTTP (C20); the WebSocket brings the same sooner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection

from protocol.wire.base import Empty
from protocol.wire.events import Acknowledgement, EventsReply, ResyncReply, WireEvent
from server_stub import device_logs
from server_stub.areas import DIGITS, area
from server_stub.audit import trail
from server_stub.auth.callers import device_caller
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Session, Sessions
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.device_logs import Renderer
from server_stub.relay import delivery
from server_stub.relay.delivery import Delivered

_Limit = Annotated[int, Query(ge=1, le=500), DIGITS]
_After = Annotated[int, Query(ge=0, le=(1 << 62)), DIGITS]


class EventPages:
    """Pages of a device's log with bodies; areas bring the renderer of their kind."""

    def __init__(self, database: Database, renderers: dict[str, Renderer]) -> None:
        self._database = database
        self._renderers = renderers

    async def page(self, device: str, after: int, limit: int) -> tuple[list[WireEvent], int]:
        """Events after a number, and the newest number.

        Raises:
            JinshuError: `sync.resync`.
        """
        return await self._database.read(lambda connection: self._page(connection, device, after, limit))

    def _page(
        self, connection: Connection, device: str, after: int, limit: int
    ) -> tuple[list[WireEvent], int]:
        stored, latest = device_logs.read(connection, device, after, limit)
        events = [
            WireEvent(
                n=event.n,
                kind=event.kind,
                body=self._renderers[event.kind](connection, device, event.reference),
            )
            for event in stored
        ]
        return events, latest

    async def following(self, device: str, after: int, limit: int) -> EventsReply:
        """What a device that follows its log is answered.

        Raises:
            JinshuError: `sync.resync`.
        """

        def read(connection: Connection) -> EventsReply:
            events, latest = self._page(connection, device, after, limit)
            acknowledged = device_logs.acknowledged(connection, device)
            return EventsReply(events=events, latest=latest, acknowledged=acknowledged)

        return await self._database.read(read)

    async def latest(self, device: str) -> int:
        return await self._database.read(lambda connection: device_logs.latest(connection, device))


# Puts everything a device may read into its log.
Refill: TypeAlias = Callable[[Connection, str, int], None]


# Hears of delivery marks that moved.
Told: TypeAlias = Callable[[list[Delivered]], None]


def router(
    database: Database,
    pages: EventPages,
    sessions: Sessions,
    clock: Clock,
    refill: Refill,
    told: Told,
    quotas: Quotas,
) -> APIRouter:
    routes = area()
    device = Depends(device_caller(sessions))

    @routes.get("/events")
    async def events(session: Session = device, after: _After = 0, limit: _Limit = 200) -> EventsReply:
        return await pages.following(session.device, after, limit)

    @routes.post("/events/ack")
    async def acknowledge(body: Acknowledgement, session: Session = device) -> Empty:
        now = clock.now_ms()

        def acknowledged(connection: Connection) -> list[Delivered]:
            before = device_logs.acknowledge(connection, session.device, body.n, now)
            return delivery.note(connection, session, before, body.n)

        told(await database.write(acknowledged))
        return Empty()

    @routes.post("/events/resync")
    async def resync(session: Session = device) -> ResyncReply:
        quotas.resyncs.take(session.device)
        now = clock.now_ms()

        def again(connection: Connection) -> ResyncReply:
            after = device_logs.latest(connection, session.device)
            acknowledged = device_logs.acknowledged(connection, session.device)
            refill(connection, session.device, now)
            trail.record(connection, at=now, actor=session.device, action="events.resync", result="ok")
            return ResyncReply(after=after, acknowledged=acknowledged)

        return await database.write(again)

    return routes
