"""Requests for seal certificates (C5): the keeper's device asks, the CA signs, the log remembers."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from sqlalchemy import Connection, Row, insert, select, update

from protocol.crypto.certificates import read_csr
from protocol.directory.log import Leaf, LeafKind, SealCertificate
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.admin import PendingSeal, SealRequest, SealState
from server_stub.areas import area
from server_stub.audit import trail
from server_stub.auth.callers import device_caller
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Session, Sessions
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.database.tables import SEAL_REQUESTS
from server_stub.directory.log_store import DirectoryLog

_Request = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


def router(
    database: Database, log: DirectoryLog, sessions: Sessions, clock: Clock, quotas: Quotas
) -> APIRouter:
    routes = area("/seals")
    device = Depends(device_caller(sessions))

    @routes.post("/requests", status_code=202)
    async def ask(body: SealRequest, session: Session = device) -> SealState:
        quotas.seals.take(session.device)
        check_keeper(log, body, session)
        read_csr(body.csr)
        now = clock.now_ms()
        return await database.write(lambda connection: request(connection, body, session, now))

    @routes.get("/requests/{request_id}")
    async def asked(request_id: _Request, session: Session = device) -> SealState:
        return await database.read(lambda connection: state(connection, request_id, session.device))

    return routes


def check_keeper(log: DirectoryLog, body: SealRequest, session: Session) -> None:
    """Return if the session's device may ask for a seal of that body.

    Raises:
        JinshuError: `directory.not_authorised`.
    """
    seals = [seal for seal in log.state.organisation.seals.values() if seal.body == body.body]
    keeps = any(session.person in seal.keepers for seal in seals)
    if body.device != session.device or not keeps:
        raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)


def request(connection: Connection, body: SealRequest, session: Session, now: int) -> SealState:
    """Keep a request; the same CSR again is the same request."""
    key = hashlib.sha256(body.csr).hexdigest()
    found = _find(connection, key)
    if found is not None:
        return _state(found)
    connection.execute(
        insert(SEAL_REQUESTS).values(
            id=key,
            csr=body.csr,
            body=body.body,
            device=session.device,
            person=session.person,
            received_at=now,
            state="waiting",
        )
    )
    trail.record(connection, at=now, actor=session.device, action="seal", result="waiting", reference=key)
    return SealState(id=key, state="waiting")


def state(connection: Connection, key: str, device: str) -> SealState:
    """How far one's own request has got.

    Raises:
        JinshuError: `request.not_found`.
    """
    found = _find(connection, key)
    if found is None or found.device != device:
        raise JinshuError(ErrorCode.REQUEST_NOT_FOUND)
    return _state(found)


def waiting(connection: Connection) -> list[PendingSeal]:
    chosen = select(SEAL_REQUESTS).where(SEAL_REQUESTS.c.state == "waiting")
    return [
        PendingSeal(
            id=row.id,
            csr=row.csr,
            body=row.body,
            device=row.device,
            person=row.person,
            received_at=row.received_at,
        )
        for row in connection.execute(chosen.order_by(SEAL_REQUESTS.c.received_at))
    ]


def settle(connection: Connection, key: str, leaf: bytes, now: int) -> None:
    """Keep the CA's answer, in the transaction that appends its leaf.

    Raises:
        JinshuError: `request.not_found` or `sync.id_reused`.
    """
    found = _find(connection, key)
    if found is None:
        raise JinshuError(ErrorCode.REQUEST_NOT_FOUND)
    parsed = Leaf.parse(leaf)
    if parsed.kind is not LeafKind.SEAL:
        raise JinshuError(ErrorCode.SIGNATURE_WRONG_TYPE)
    if found.state == "signed" and found.leaf == leaf:
        return
    if found.state != "waiting":
        raise JinshuError(ErrorCode.SYNC_ID_REUSED)
    certificate = SealCertificate.parse(parsed.parsed().value()).certificate
    chosen = update(SEAL_REQUESTS).where(SEAL_REQUESTS.c.id == key)
    connection.execute(chosen.values(state="signed", certificate=certificate, leaf=leaf))
    trail.record(connection, at=now, actor="operator", action="seal", result="signed", reference=key)


def refuse(connection: Connection, key: str, now: int) -> None:
    """The CA refuses.

    Raises:
        JinshuError: `request.not_found`.
    """
    found = _find(connection, key)
    if found is None or found.state == "signed":
        raise JinshuError(ErrorCode.REQUEST_NOT_FOUND)
    connection.execute(update(SEAL_REQUESTS).where(SEAL_REQUESTS.c.id == key).values(state="refused"))
    trail.record(connection, at=now, actor="operator", action="seal", result="refused", reference=key)


def _find(connection: Connection, key: str) -> Row[Any] | None:
    return connection.execute(select(SEAL_REQUESTS).where(SEAL_REQUESTS.c.id == key)).first()


def _state(row: Row[Any]) -> SealState:
    return SealState(id=row.id, state=row.state, certificate=row.certificate, leaf=row.leaf)
