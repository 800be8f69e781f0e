"""Meetings on the wire: signed bytes, and the descriptions of media transports (SDP)."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from protocol.wire.base import Bytes64, Id, Reply, Request

MAX_SDP: Final = 1 << 17
_Signed = Annotated[Bytes64, Field(max_length=1 << 18)]
_Sdp = Annotated[str, Field(max_length=MAX_SDP)]


class MeetingRequest(Request):
    """A signed MEETING."""

    meeting: _Signed


class ChairRequest(Request):
    """A signed CHAIR_ACT."""

    act: _Signed


class JoinRequest(Request):
    """A signed MEETING_JOIN, and one SDP offer a transport."""

    join: _Signed
    offers: Annotated[list[_Sdp], Field(min_length=1, max_length=2)]


class PresentReply(Reply):
    """A meeting as it is now: the signed MEETING_JOINs of those present in the order they came, the newest signed EPOCH and the
    caller's packet of it if there are any, and all acts of the chairs."""

    joins: list[Bytes64]
    epoch: Bytes64 | None
    packet: Bytes64 | None
    acts: list[Bytes64]


class JoinReply(PresentReply):
    """The same, with one SDP answer a transport."""

    answers: list[str]


class EpochRequest(Request):
    """A signed EPOCH and its signed EPOCH_PACKETs."""

    epoch: _Signed
    packets: Annotated[list[_Signed], Field(max_length=1000)]


class MeetingRecord(Reply):
    """A MEETING or a CHAIR_ACT in a device's log."""

    signed: Bytes64
    received_at: int


class JoinedSignal(Reply):
    """Somebody came: a signed MEETING_JOIN."""

    join: Bytes64


class LeftSignal(Reply):
    """Somebody is no longer there, the server says. `join`: entry id of the JOIN of the stay that is over."""

    meeting: Id
    device: Id
    join: Bytes64


class EpochSignal(Reply):
    """A signed EPOCH, with the signed EPOCH_PACKET for this device if it is to have one."""

    epoch: Bytes64
    packet: Bytes64 | None


class RunningReply(Reply):
    """The meetings of the caller's conversations that somebody is in now."""

    meetings: list[Id]


class RunningSignal(Reply):
    """To the members of a meeting's conversation: the first came into it, or the last went."""

    meeting: Id
    running: bool
