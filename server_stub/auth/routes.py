"""Enrolment and sessions over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection

from protocol.errors import ErrorCode, JinshuError
from protocol.release import PROTOCOL_VERSION
from protocol.wire.base import Empty
from protocol.wire.session import (
    EnrolmentReply,
    EnrolmentRequest,
    NonceReply,
    NonceRequest,
    SessionReply,
    SessionRequest,
)
from server_stub.areas import area
from server_stub.audit import trail
from server_stub.audit.refusals import Refusals
from server_stub.auth import enrolments, versions
from server_stub.auth.callers import address
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Session, Sessions
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.limits import Limiter


def router(
    database: Database,
    sessions: Sessions,
    clock: Clock,
    refusals: Refusals,
    quotas: Quotas,
) -> APIRouter:
    routes = area()
    # Codes have 128 bits: the limit is there so that trying costs more than it can ever bring.
    codes = Limiter(clock, ErrorCode.ENROLMENT_RATE_LIMITED, burst=20, per_minute=30)
    polls = Limiter(clock, ErrorCode.ENROLMENT_RATE_LIMITED, burst=60, per_minute=240)
    doors = Limiter(clock, ErrorCode.REQUEST_RATE_LIMITED, burst=400, per_minute=6000)

    @routes.post("/enrolments", status_code=202)
    async def enrol(body: EnrolmentRequest, request: Request) -> Empty:
        codes.take(address(request))
        now = clock.now_ms()
        try:
            await database.write(lambda connection: enrolments.request(connection, body, now))
        except JinshuError as error:
            await refusals.note("", "enrolment", error.code)
            raise
        return Empty()

    @routes.get("/enrolments/{lookup_id}")
    async def enrolled(
        lookup_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")], request: Request
    ) -> EnrolmentReply:
        polls.take(address(request))
        return await database.read(lambda connection: enrolments.answer(connection, lookup_id))

    @routes.post("/session/nonce")
    async def nonce(body: NonceRequest, request: Request) -> NonceReply:
        doors.take(address(request))
        return NonceReply(nonce=sessions.nonce(body.device_certificate))

    @routes.post("/session")
    async def session(body: SessionRequest, request: Request) -> SessionReply:
        doors.take(address(request))
        now = clock.now_ms()
        try:
            token, begun = sessions.begin(body.proof, body.certificate)
        except JinshuError as error:
            await refusals.note("", "session", error.code)
            raise
        if not begun.is_operator:
            quotas.sessions.take(begun.device)
        await database.write(lambda connection: _begun(connection, begun, now))
        return SessionReply(
            token=token, expires_at=begun.expires_at, server_time=now, protocol=PROTOCOL_VERSION
        )

    return routes


def _begun(connection: Connection, session: Session, now: int) -> None:
    if not session.is_operator:
        versions.record(connection, session, now)
    trail.record(connection, at=now, actor=session.device, action="session", result="ok")
