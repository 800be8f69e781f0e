"""Conversations on the wire: signed bytes in, numbered events out."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from protocol.wire.base import Bytes64, Count, Id, Message

MAX_BATCH: Final = 500
_Signed = Annotated[Bytes64, Field(max_length=1 << 19)]
_Batch = Annotated[list[_Signed], Field(max_length=MAX_BATCH)]


class RosterRequest(Message):
    """A signed ROSTER."""

    roster: _Signed


class MessageRequest(Message):
    """A signed MESSAGE."""

    message: _Signed


class PlaceReply(Message):
    """Where it stands in its conversation, and when it came (ms UTC)."""

    n: Count
    received_at: Count


class PacketsRequest(Message):
    """Signed KEY_PACKETs."""

    packets: _Batch


class PrekeysRequest(Message):
    """Signed PREKEYs of the caller's device, and its signed CHANNEL_KEY when there is a new one."""

    prekeys: _Batch
    channel_key: _Signed | None = None


class PrekeysReply(Message):
    """How many one-time prekeys the server has left of the caller's device."""

    left: Count


class ClaimRequest(Message):
    """Devices one wants to open a channel to."""

    devices: Annotated[list[Id], Field(max_length=MAX_BATCH)]


class ClaimReply(Message):
    """One signed PREKEY for each device that has any."""

    prekeys: list[Bytes64]


class ChannelKeysReply(Message):
    """The signed CHANNEL_KEY of each device that has any."""

    keys: list[Bytes64]


class DeliveryRequest(Message):
    """Conversations whose delivery marks the caller wants; those he is not in are passed over."""

    conversations: Annotated[list[Id], Field(max_length=MAX_BATCH)]


class DeliveryMark(Message):
    """A device of that person has everything up to `upto` of a conversation, the server says."""

    conversation: Id
    person: Id
    upto: Count


class DeliveryReply(Message):
    """The marks there are."""

    marks: list[DeliveryMark]


class ConversationRecord(Message):
    """One event of a conversation's chain, or a key packet, as a device gets it. `n`: 0 for a packet."""

    kind: str
    signed: Bytes64
    n: Count
    received_at: Count
