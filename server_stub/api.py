"""The HTTP application: every area's routes under /v1, and the push channel."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse
from starlette.exceptions import WebSocketException

from protocol.errors import ErrorCode, JinshuError
from protocol.wire.base import PROTOCOL_HEADER
from server_stub import faults, health
from server_stub.admin import routes as admin
from server_stub.areas import VERSION
from server_stub.audit.refusals import Refusals
from server_stub.auth import routes as auth
from server_stub.auth.callers import any_caller
from server_stub.auth.guard import RequestGuard
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Session, Sessions
from server_stub.blobs import routes as blobs
from server_stub.blobs.store import BlobStore
from server_stub.cases import routes as cases
from server_stub.cases.acceptor import Acceptor
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.directory import routes as directory
from server_stub.directory import seals, trust_routes, witness_routes
from server_stub.directory.appender import Appender
from server_stub.directory.log_store import DirectoryLog
from server_stub.directory.witnessing import Witnessing
from server_stub.documents import routes as documents
from server_stub.meetings import routes as meeting_routes
from server_stub.meetings.meetings import Meetings
from server_stub.relay import conversation_routes
from server_stub.relay import routes as relay
from server_stub.relay.conversations import Conversations
from server_stub.relay.routes import EventPages, Refill
from server_stub.stream import Stream
from server_stub.updates import routes as updates
from server_stub.updates.update_files import UpdateFiles


@dataclass(frozen=True, slots=True)
class Parts:
    """What `app.py` built and the routes use."""

    database: Database
    log: DirectoryLog
    sessions: Sessions
    refusals: Refusals
    quotas: Quotas
    appender: Appender
    witnessing: Witnessing
    pages: EventPages
    stream: Stream
    blobs: BlobStore
    updates: UpdateFiles
    acceptor: Acceptor
    refill: Refill
    conversations: Conversations
    meetings: Meetings
    clock: Clock


def install(app: FastAPI, parts: Parts) -> None:
    """Put the routes, the faults and the limits onto the application."""
    faults.install(app, lambda request, code: _noticed(parts, request, code))
    app.add_middleware(RequestGuard, sessions=parts.sessions)
    for area in _areas(parts):
        app.router.routes.extend(area.routes)

    @app.get(
        f"{VERSION}/openapi.json",
        include_in_schema=False,
        dependencies=[Depends(any_caller(parts.sessions))],
    )
    async def description() -> JSONResponse:
        return JSONResponse(app.openapi())

    @app.websocket(f"{VERSION}/stream")
    async def stream(socket: WebSocket) -> None:
        def session() -> Session:
            return parts.sessions.check(
                socket.headers.get("authorization"), socket.headers.get(PROTOCOL_HEADER)
            )

        try:
            caller = session()
            if caller.is_operator:
                raise JinshuError(ErrorCode.SESSION_UNAUTHORISED)
        except JinshuError as error:
            raise WebSocketException(4001, error.code.value) from None
        after = await parts.pages.latest(caller.device)
        await socket.accept()
        await parts.stream.serve(socket, caller.device, after, lambda: _still(session))


def _areas(parts: Parts) -> tuple[APIRouter, ...]:
    """Side by side, not under a router for the version: the framework looks through every level of routers anew at each of its
    steps, which was a third of what a request cost."""
    database, log, sessions, clock = parts.database, parts.log, parts.sessions, parts.clock
    told, quotas = parts.conversations.tell_delivered, parts.quotas
    return (
        conversation_routes.router(database, log, sessions, parts.conversations, quotas),
        meeting_routes.router(sessions, parts.meetings, quotas),
        cases.router(database, log, sessions, parts.acceptor, clock, quotas),
        documents.router(database, log, sessions),
        relay.router(database, parts.pages, sessions, clock, parts.refill, told, quotas),
        directory.router(database, log, sessions, parts.appender, quotas),
        witness_routes.router(log, sessions, parts.witnessing, quotas),
        blobs.router(database, parts.blobs, sessions, clock, parts.refusals, quotas),
        trust_routes.router(log),
        auth.router(database, sessions, clock, parts.refusals, quotas),
        seals.router(database, log, sessions, clock, quotas),
        health.router(database, clock),
        updates.router(parts.updates, quotas),
        admin.router(database, log, sessions, parts.appender, clock),
    )


def _still(session: object) -> None:
    assert callable(session)
    session()


async def _noticed(parts: Parts, request: Request, code: ErrorCode) -> None:
    """An audit row for a request that could not be read; a stranger's garbage is only answered, so that it fills nothing."""
    try:
        session = parts.sessions.check(
            request.headers.get("authorization"), request.headers.get(PROTOCOL_HEADER)
        )
    except JinshuError:
        return
    await parts.refusals.note(session.device, "request", code)
