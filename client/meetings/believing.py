"""Whose signature on something of a meeting counts: a device of the directory, of the person it names, not revoked (C5)."""

from __future__ import annotations

from client.core.client import CoreClient
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Device
from protocol.errors import ErrorCode, RemoteProtocolError


async def author(
    core: CoreClient,
    signed: Signed,
    kind: SignedType | int,
    person: str,
    device: str,
    size: int,
    root: bytes,
    *,
    kept: bool = False,
) -> Device:
    """The device that signed; what it has seen of the directory is what we have seen. What is `kept` outlives its author's
    device: that need have been active only by the log it had seen.

    Raises:
        JinshuError: `certificate.*`, `signature.invalid`, `directory.split_view`.
    """
    await core.directory.check_seen(size, root)
    state = core.directory.state
    found = state.device(signed.cert_hash) if kept else state.active_signer(signed.cert_hash)
    if found is None or (found.id, found.person) != (device, person):
        raise RemoteProtocolError(ErrorCode.CERTIFICATE_UNKNOWN, device=device)
    verify(signed, found.verifying_key, kind)
    if not state.was_active(signed.cert_hash, size):
        raise RemoteProtocolError(ErrorCode.CERTIFICATE_REVOKED, device=device)
    return found
