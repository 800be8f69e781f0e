"""Who may be in a meeting: a member of its conversation whose JOIN he signed, and whom no chair keeps out (C26).

The server lets people in; whom the others seal their media to is decided here, by what was signed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from client.core.client import CoreClient
from client.core.trust.later import read_signed
from client.meetings.believing import author
from client.meetings.ledger import Kept
from client.meetings.presence import Stay
from protocol.crypto.signature import SignedType
from protocol.directory.records import Standing
from protocol.directory.state import SKEW_MS
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.meetings.payloads import Join

_APART_MS: Final = 2 * SKEW_MS  # two clocks may differ so much that each agree with the server's


async def stay_of(core: CoreClient, data: bytes, meeting: str, *, now: bool = False) -> Stay:
    """The stay a signed JOIN begins; `now`: it is said to begin at this moment.

    Raises:
        JinshuError: `meetings.unknown` when it is for another meeting, `meetings.not_admitted` for a device that only the CA
            vouches for, `clock.skew` for a JOIN of another day, `certificate.*`, `signature.invalid`, …
    """
    reading = await read_signed(core.directory, data, SignedType.MEETING_JOIN, Join)
    # Of a later version it is a JOIN all the same: whose device comes, and under which nonce, is all that keys need.
    signed, join = reading.signed, reading.believed()
    if join.meeting != meeting:
        raise RemoteProtocolError(ErrorCode.MEETINGS_UNKNOWN, meeting=join.meeting)
    device = await author(core, signed, signed.type, join.person, join.device, join.log_size, join.log_root)
    if device.standing is Standing.ON_CA_WORD:
        raise RemoteProtocolError(ErrorCode.MEETINGS_NOT_ADMITTED, meeting=meeting)
    if now and abs(core.clock.now_ms() - join.at) > _APART_MS:
        raise RemoteProtocolError(ErrorCode.CLOCK_SKEW)
    return Stay(signed.entry_id, join.person, join.device, join.nonce)


def check_admitted(kept: Kept, person: str, been: Callable[[str], bool]) -> None:
    """Return if a person may be in the meeting as its chairs have left it; `been`: who was in it before.

    Raises:
        JinshuError: `meetings.not_admitted`, `meetings.removed` or `meetings.locked`.
    """
    chair = kept.chair
    refusals = (
        (person not in kept.members, ErrorCode.MEETINGS_NOT_ADMITTED),
        (person in chair.removed, ErrorCode.MEETINGS_REMOVED),
        (chair.locked and person not in chair.chairs and not been(person), ErrorCode.MEETINGS_LOCKED),
    )
    for refused, code in refusals:
        if refused:
            raise RemoteProtocolError(code, meeting=kept.id)
