"""Prekeys: each signed by its device, each one-time key handed out once, the fallback when there is none left; and the key of the
week that the outer seal is made to."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from protocol.crypto.keys import is_usable_curve25519, is_usable_xwing
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.payloads import ChannelKey, Prekey
from server_stub.auth.sessions import Session
from server_stub.database.tables import CHANNEL_KEYS, PREKEYS

MOST: Final = 500


def publish(
    connection: Connection,
    state: DirectoryState,
    session: Session,
    prekeys: list[bytes],
    *,
    replace: bool = False,
) -> int:
    """Keep the caller's own prekeys; a new fallback replaces the old. Returns how many one-time keys are left.

    Args:
        replace: hand out none of those from before.

    Raises:
        JinshuError: `messaging.wrong_sender`, `keys.unusable`, or `request.rate_limited`, there are too many already.
    """
    device = state.active_signer(session.cert_hash)
    if replace:
        connection.execute(delete(PREKEYS).where(PREKEYS.c.device == session.device, PREKEYS.c.used == 0))
    for data in prekeys:
        signed = Signed.parse(data, SignedType.PREKEY)
        wanted = Prekey.parse(signed.value())
        if signed.cert_hash != session.cert_hash or wanted.device != session.device:
            raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER)
        if wanted.identity != device.curve25519:
            raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER)
        verify(signed, device.verifying_key, SignedType.PREKEY)
        if not is_usable_curve25519(wanted.key):
            raise JinshuError(ErrorCode.KEYS_UNUSABLE)
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


def claim(connection: Connection, devices: list[str], once: set[str]) -> list[bytes]:
    """One prekey for each device: for those of `once` a one-time key never handed out before, else the fallback."""
    found = []
    for device in dict.fromkeys(devices):
        row = connection.execute(
            select(PREKEYS)
            .where(
                PREKEYS.c.device == device, PREKEYS.c.used == 0, PREKEYS.c.fallback >= int(device not in once)
            )
            .order_by(PREKEYS.c.fallback, PREKEYS.c.position)
            .limit(1)
        ).first()
        if row is None:
            continue
        if not row.fallback:
            connection.execute(update(PREKEYS).where(PREKEYS.c.position == row.position).values(used=1))
        found.append(bytes(row.signed))
    return found


def publish_channel_key(connection: Connection, state: DirectoryState, session: Session, data: bytes) -> None:
    """Keep the caller's newest channel key; an older one than the one kept changes nothing.

    Raises:
        JinshuError: `messaging.wrong_sender`, `signature.invalid`, `keys.unusable`.
    """
    device = state.active_signer(session.cert_hash)
    signed = Signed.parse(data, SignedType.CHANNEL_KEY)
    wanted = ChannelKey.parse(signed.value())
    named = (signed.cert_hash, wanted.device, wanted.identity)
    if named != (session.cert_hash, session.device, device.curve25519):
        raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER)
    verify(signed, device.verifying_key, SignedType.CHANNEL_KEY)
    if not is_usable_xwing(wanted.public):
        raise JinshuError(ErrorCode.KEYS_UNUSABLE)
    known = select(CHANNEL_KEYS.c.made_at).where(CHANNEL_KEYS.c.device == session.device)
    before = connection.execute(known).scalar_one_or_none()
    if before is not None and before >= wanted.at:
        return
    connection.execute(delete(CHANNEL_KEYS).where(CHANNEL_KEYS.c.device == session.device))
    row = {"device": session.device, "made_at": wanted.at, "signed": data}
    connection.execute(insert(CHANNEL_KEYS).values(row))


def channel_keys(connection: Connection, devices: list[str]) -> list[bytes]:
    """The newest channel key of each device that has any."""
    chosen = select(CHANNEL_KEYS.c.signed).where(CHANNEL_KEYS.c.device.in_(devices))
    return [bytes(signed) for signed in connection.execute(chosen).scalars()]


def _left(connection: Connection, device: str) -> int:
    chosen = select(func.count()).select_from(PREKEYS)
    return int(
        connection.execute(
            chosen.where(PREKEYS.c.device == device, PREKEYS.c.used == 0, PREKEYS.c.fallback == 0)
        ).scalar_one()
    )
