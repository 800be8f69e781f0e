"""Packets of one stream that came in a row: what is the same for all who get them is worked out once, not for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from server_stub.meetings.sfu.extensions import Ids, block

_PLAIN: Final = 0x80
_EXTENDED: Final = 0x90


class Packet(NamedTuple):
    """A packet as it came. `picture_at`: where in the payload its 15-bit picture id is, 0 for none; `key`: here a key frame begins;
    `level`: of sound that says how loud it is."""

    sequence: int
    timestamp: int
    marker: int
    payload: bytes
    picture_at: int = 0
    picture: int = 0
    key: bool = False
    level: int | None = None


class Copy(NamedTuple):
    """A packet as all receivers with the same ids get it, but for what each has of his own; `body`: extensions and payload, into
    which `picture_at` counts."""

    first: int
    marker: int
    sequence: int
    timestamp: int
    body: bytes
    picture_at: int
    picture: int


class Burst:
    """One packet or more, their numbers in a row. `sent_at` is what they say of when they left (`extensions.send_time`)."""

    __slots__ = ("_copies", "octets", "packets", "sent_at")

    def __init__(self, packets: Sequence[Packet], sent_at: int) -> None:
        self.packets = packets
        self.sent_at = sent_at
        self.octets = sum(len(packet.payload) for packet in packets)
        self._copies: dict[Ids, list[Copy]] = {}

    def copies(self, ids: Ids) -> list[Copy]:
        made = self._copies.get(ids)
        if made is None:
            made = self._copies[ids] = [copy_of(packet, ids, self.sent_at) for packet in self.packets]
        return made

    def since(self, index: int) -> Burst:
        return Burst(self.packets[index:], self.sent_at) if index else self

    def singly(self) -> list[Burst]:
        return [self] if len(self.packets) == 1 else [Burst([each], self.sent_at) for each in self.packets]


def copy_of(packet: Packet, ids: Ids, sent_at: int, before: bytes = b"") -> Copy:
    """`before` is put between extensions and payload."""
    extensions = block(ids, sent_at, packet.level)
    lead = len(extensions) + len(before)
    return Copy(
        _EXTENDED if extensions else _PLAIN,
        packet.marker,
        packet.sequence,
        packet.timestamp,
        extensions + before + packet.payload,
        packet.picture_at + lead if packet.picture_at else 0,
        packet.picture,
    )
