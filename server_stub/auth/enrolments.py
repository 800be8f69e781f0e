"""Enrolment requests on their way to the CA (C2): the server knows a hash of the code's lookup id, and cannot answer itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from protocol.enrolment import lookup_hash
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.admin import EnrolmentSigned
from protocol.wire.session import EnrolmentReply, EnrolmentRequest, EnrolmentState
from server_stub.audit import trail
from server_stub.database.tables import CODES, ENROLMENTS


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request as the CA sees it."""

    lookup_hash: str
    csr: bytes
    bundle_fields: bytes
    mac: bytes
    received_at: int


def register_code(connection: Connection, code: str, expires_at: int, now: int) -> None:
    """A code was given out; the same again is the same."""
    known = connection.execute(select(CODES.c.expires_at).where(CODES.c.lookup_hash == code)).first()
    if known is None:
        connection.execute(insert(CODES).values(lookup_hash=code, expires_at=expires_at))
        trail.record(connection, at=now, actor="operator", action="code", result="ok", reference=code)
    elif known.expires_at != expires_at:
        raise JinshuError(ErrorCode.SYNC_ID_REUSED)


def request(connection: Connection, wanted: EnrolmentRequest, now: int) -> None:
    """Take in a request under a known code; the same bytes again are the same request.

    Raises:
        JinshuError: `enrolment.wrong_code`, `enrolment.expired` or `enrolment.used`.
    """
    code = lookup_hash(bytes.fromhex(wanted.lookup_id))
    known = connection.execute(select(CODES.c.expires_at).where(CODES.c.lookup_hash == code)).first()
    if known is None:
        raise JinshuError(ErrorCode.ENROLMENT_WRONG_CODE)
    found = _find(connection, code)
    if found is not None:
        if (found.csr, found.bundle_fields, found.mac) != (wanted.csr, wanted.bundle_fields, wanted.mac):
            raise JinshuError(ErrorCode.ENROLMENT_USED)
        return
    if known.expires_at < now:
        raise JinshuError(ErrorCode.ENROLMENT_EXPIRED)
    connection.execute(
        insert(ENROLMENTS).values(
            lookup_hash=code,
            csr=wanted.csr,
            bundle_fields=wanted.bundle_fields,
            mac=wanted.mac,
            received_at=now,
            state=EnrolmentState.WAITING.value,
        )
    )
    trail.record(connection, at=now, actor="", action="enrolment", result="waiting", reference=code)


def answer(connection: Connection, lookup_id: str) -> EnrolmentReply:
    """How far a request has got.

    Raises:
        JinshuError: `enrolment.wrong_code`.
    """
    found = _find(connection, lookup_hash(bytes.fromhex(lookup_id)))
    if found is None:
        raise JinshuError(ErrorCode.ENROLMENT_WRONG_CODE)
    return EnrolmentReply(
        state=EnrolmentState(found.state),
        certificate=found.certificate,
        head=found.head,
        mac=found.answer_mac,
    )


def waiting(connection: Connection) -> list[Waiting]:
    chosen = select(ENROLMENTS).where(ENROLMENTS.c.state == EnrolmentState.WAITING.value)
    return [
        Waiting(row.lookup_hash, row.csr, row.bundle_fields, row.mac, row.received_at)
        for row in connection.execute(chosen.order_by(ENROLMENTS.c.received_at))
    ]


def sign(connection: Connection, code: str, signed: EnrolmentSigned, now: int) -> None:
    """Keep the CA's answer; the same answer again is the same.

    Raises:
        JinshuError: `enrolment.wrong_code` or `enrolment.used`.
    """
    found = _find(connection, code)
    if found is None:
        raise JinshuError(ErrorCode.ENROLMENT_WRONG_CODE)
    if found.state == EnrolmentState.SIGNED.value and found.certificate == signed.certificate:
        return
    if found.state != EnrolmentState.WAITING.value:
        raise JinshuError(ErrorCode.ENROLMENT_USED)
    values = {"certificate": signed.certificate, "head": signed.head, "answer_mac": signed.mac}
    _settle(connection, code, EnrolmentState.SIGNED, now, **values)


def refuse(connection: Connection, code: str, now: int) -> None:
    """The CA refuses.

    Raises:
        JinshuError: `enrolment.wrong_code` or `enrolment.used`.
    """
    found = _find(connection, code)
    if found is None:
        raise JinshuError(ErrorCode.ENROLMENT_WRONG_CODE)
    if found.state == EnrolmentState.SIGNED.value:
        raise JinshuError(ErrorCode.ENROLMENT_USED)
    _settle(connection, code, EnrolmentState.REFUSED, now)


def _settle(connection: Connection, code: str, state: EnrolmentState, now: int, **values: bytes) -> None:
    chosen = update(ENROLMENTS).where(ENROLMENTS.c.lookup_hash == code)
    connection.execute(chosen.values(state=state.value, **values))
    trail.record(connection, at=now, actor="operator", action="enrolment", result=state.value, reference=code)


def _find(connection: Connection, code: str) -> Row[Any] | None:
    return connection.execute(select(ENROLMENTS).where(ENROLMENTS.c.lookup_hash == code)).first()
