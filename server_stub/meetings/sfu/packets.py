"""Where things are in an RTP packet (RFC 3550 §5.1), and 16-bit numbers that wrap."""

from __future__ import annotations

from struct import unpack_from
from typing import Final, NamedTuple

HEADER: Final = 12
_VERSION: Final = 2


class Head(NamedTuple):
    """A parsed header: `extension` is its profile (0: none), the payload is packet[start:end]."""

    marker: int
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    extension: int
    extension_at: int
    start: int
    end: int


def read_head(packet: bytes) -> Head | None:
    """None for what is no RTP packet."""
    size = len(packet)
    if size < HEADER:
        return None
    first, second, sequence, timestamp, ssrc = unpack_from("!BBHII", packet)
    if first >> 6 != _VERSION:
        return None
    start = HEADER + 4 * (first & 0x0F)
    profile, extension_at = 0, 0
    if first & 0x10:
        if size < start + 4:
            return None
        profile, words = unpack_from("!HH", packet, start)
        extension_at = start + 4
        start = extension_at + 4 * words
    end = size
    if first & 0x20:
        padding = packet[-1]
        if padding == 0:
            return None
        end -= padding
    if start > end:
        return None
    return Head(second & 0x80, second & 0x7F, sequence, timestamp, ssrc, profile, extension_at, start, end)


def distance(later: int, earlier: int) -> int:
    """How far `later` is ahead in the circle of 16-bit numbers: −32768 to 32767."""
    return (later - earlier + 0x8000 & 0xFFFF) - 0x8000
