"""Conversations on the wire: signed bytes in, numbered events out."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from protocol.wire.base import Bytes64, Count, Id, Reply, Request

MAX_BATCH: Final = 500
_Signed = Annotated[Bytes64, Field(max_length=1 << 19)]
_Batch = Annotated[list[_Signed], Field(max_length=MAX_BATCH)]


class RosterRequest(Request):
    """A signed ROSTER."""

    roster: _Signed


class MessageRequest(Request):
    """A signed MESSAGE."""

    message: _Signed


class PlaceReply(Reply):
    """Where it stands in its conversation, and when it came (ms UTC)."""

    n: Count
    received_at: Count


class PacketsRequest(Request):
    """Signed KEY_PACKETs."""

    packets: _Batch


class LeftOutRequest(Request):
    """A signed LEFT_OUT, for the owners of the devices in it (since version 3)."""

    left_out: _Signed


class LeftOutRecord(Reply):
    """The same in the logs of those it concerns."""

    signed: Bytes64


class PrekeysRequest(Request):
    """Signed PREKEYs of the caller's device, and its signed CHANNEL_KEY when there is a new one.

    `replace`: those the server still has are of no use any more, for their private halves are gone (since version 3).
    """

    prekeys: _Batch
    channel_key: _Signed | None = None
    replace: bool = False


class PrekeysReply(Reply):
    """How many one-time prekeys the server has left of the caller's device."""

    left: Count


class ClaimRequest(Request):
    """Devices one wants to open a channel to."""

    devices: Annotated[list[Id], Field(max_length=MAX_BATCH)]


class ClaimReply(Reply):
    """One signed PREKEY for each device that has any."""

    prekeys: list[Bytes64]


class ChannelKeysReply(Reply):
    """The signed CHANNEL_KEY of each device that has any."""

    keys: list[Bytes64]


class DeliveryRequest(Request):
    """Conversations whose delivery marks the caller wants; those he is not in are passed over."""

    conversations: Annotated[list[Id], Field(max_length=MAX_BATCH)]


class DeliveryMark(Reply):
    """A device of that person has everything up to `upto` of a conversation, the server says."""

    conversation: Id
    person: Id
    upto: Count


class DeliveryReply(Reply):
    """The marks there are."""

    marks: list[DeliveryMark]


class ConversationRecord(Reply):
    """One event of a conversation's chain, or a key packet, as a device gets it. `n`: 0 for a packet."""

    kind: str
    signed: Bytes64
    n: Count
    received_at: Count
