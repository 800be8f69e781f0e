"""Prekeys: each signed by its device, each one-time key handed out once, the fallback when there is none left."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.payloads import Prekey
from server_stub.auth.sessions import Session
from server_stub.database.tables import PREKEYS

MOST: Final = 500


def publish(connection: Connection, state: DirectoryState, session: Session, prekeys: list[bytes]) -> int:
    """Keep the caller's own prekeys; a new fallback replaces the old. Returns how many one-time keys are left.

    Raises:
        JinshuError: `messaging.wrong_sender`, or `request.rate_limited`, there are too many already.
    """
    device = state.active_signer(session.cert_hash)
    for data in prekeys:
        signed = Signed.parse(data, SignedType.PREKEY)
        wanted = Prekey.parse(signed.value())
        if signed.cert_hash != session.cert_hash or wanted.device != session.device:
            raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER)
        if wanted.identity != device.curve25519:
            raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER)
        verify(signed, device.verifying_key, SignedType.PREKEY)
        known = select(PREKEYS.c.position).where(PREKEYS.c.entry_id == signed.entry_id)
        if connection.execute(known).first() is not None:
            continue
        if wanted.fallback:
            connection.execute(
                delete(PREKEYS).where(PREKEYS.c.device == session.device, PREKEYS.c.fallback == 1)
            )
        connection.execute(
            insert(PREKEYS).values(
                entry_id=signed.entry_id,
                device=session.device,
                fallback=int(wanted.fallback),
                used=0,
                signed=data,
            )
        )
    left = _left(connection, session.device)
    if left > MOST:
        raise JinshuError(ErrorCode.REQUEST_RATE_LIMITED)
    return left


def claim(connection: Connection, devices: list[str]) -> list[bytes]:
    """One prekey for each device: a one-time key never handed out before, else the fallback."""
    found = []
    for device in devices:
        row = connection.execute(
            select(PREKEYS)
            .where(PREKEYS.c.device == device, PREKEYS.c.used == 0)
            .order_by(PREKEYS.c.fallback, PREKEYS.c.position)
            .limit(1)
        ).first()
        if row is None:
            continue
        if not row.fallback:
            connection.execute(update(PREKEYS).where(PREKEYS.c.position == row.position).values(used=1))
        found.append(bytes(row.signed))
    return found


def _left(connection: Connection, device: str) -> int:
    chosen = select(func.count()).select_from(PREKEYS)
    return int(
        connection.execute(
            chosen.where(PREKEYS.c.device == device, PREKEYS.c.used == 0, PREKEYS.c.fallback == 0)
        ).scalar_one()
    )
