"""Whose signature on something of a meeting counts: a device of the directory, of the person it names, not revoked (C5).

Everything here asks the directory and nothing else: no state of a meeting, no key. What it returns is a fact that
`MeetingSession` may be given.
"""

from __future__ import annotations

from typing import Final

from client.core.clock import Clock
from client.core.trust.directory_port import DirectoryPort
from client.core.trust.later import read_signed
from client.meetings.presence import Stay
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Device, Standing
from protocol.directory.state import SKEW_MS
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.meetings.payloads import Join

_APART_MS: Final = 2 * SKEW_MS  # two clocks may differ so much that each agree with the server's


async def author(
    directory: DirectoryPort,
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
    await directory.check_seen(size, root)
    state = directory.state
    found = state.device(signed.cert_hash) if kept else state.active_signer(signed.cert_hash)
    if found is None or (found.id, found.person) != (device, person):
        raise RemoteProtocolError(ErrorCode.CERTIFICATE_UNKNOWN, device=device)
    verify(signed, found.verifying_key, kind)
    if not state.was_active(signed.cert_hash, size):
        raise RemoteProtocolError(ErrorCode.CERTIFICATE_REVOKED, device=device)
    return found


async def stay_of(
    directory: DirectoryPort, clock: Clock, data: bytes, meeting: str, *, now: bool = False
) -> Stay:
    """The stay a signed JOIN begins; `now`: it is said to begin at this moment.

    Raises:
        JinshuError: `meetings.unknown` when it is for another meeting, `meetings.not_admitted` for a device that only the CA
            vouches for, `clock.skew` for a JOIN of another day, `certificate.*`, `signature.invalid`, …
    """
    reading = await read_signed(directory, data, SignedType.MEETING_JOIN, Join)
    # Of a later version it is a JOIN all the same: whose device comes, and under which nonce, is all that keys need.
    signed, join = reading.signed, reading.believed()
    if join.meeting != meeting:
        raise RemoteProtocolError(ErrorCode.MEETINGS_UNKNOWN, meeting=join.meeting)
    device = await author(
        directory, signed, signed.type, join.person, join.device, join.log_size, join.log_root
    )
    if device.standing is Standing.ON_CA_WORD:
        raise RemoteProtocolError(ErrorCode.MEETINGS_NOT_ADMITTED, meeting=meeting)
    if now and abs(clock.now_ms() - join.at) > _APART_MS:
        raise RemoteProtocolError(ErrorCode.CLOCK_SKEW)
    return Stay(signed.entry_id, join.person, join.device, join.nonce)
