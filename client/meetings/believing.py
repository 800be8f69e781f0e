"""Whose signature on something of a meeting counts: a device of the directory, active, of the person it names (C5)."""

from __future__ import annotations

from client.core.client import CoreClient
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Device
from protocol.errors import ErrorCode, RemoteProtocolError


async def author(
    core: CoreClient, signed: Signed, kind: SignedType, person: str, device: str, size: int, root: bytes
) -> Device:
    """The device that signed; what it has seen of the directory is what we have seen.

    Raises:
        JinshuError: `certificate.*`, `signature.invalid`, `directory.split_view`.
    """
    await core.directory.check_seen(size, root)
    found = core.directory.state.active_signer(signed.cert_hash)
    if (found.id, found.person) != (device, person):
        raise RemoteProtocolError(ErrorCode.CERTIFICATE_UNKNOWN, device=device)
    verify(signed, found.verifying_key, kind)
    return found
