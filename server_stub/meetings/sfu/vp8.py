"""The VP8 payload descriptor (RFC 7741 §4.2) and the beginning of a key frame, all an SFU needs to know of a picture.

The first ten bytes of a key frame are in the clear (C23), so its start code can be looked at through the encryption.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from server_stub.meetings.sfu.packets import Head

_START_CODE: Final = b"\x9d\x01\x2a"
_SHORTEST_KEY_FRAME: Final = 10


class Vp8(NamedTuple):
    """`picture_at`: where the 15-bit picture id is, counted from the payload's start; 0 when there is none of that length."""

    picture_at: int
    picture: int
    key: bool


PLAIN: Final = Vp8(0, 0, False)


def read_vp8(packet: bytes, head: Head) -> Vp8 | None:
    """None for a payload that is no VP8."""
    start, end = head.start, head.end
    if start >= end:
        return PLAIN
    first = packet[start]
    at = start + 1
    picture_at = picture = 0
    if first & 0x80:
        if at >= end:
            return None
        flags = packet[at]
        at += 1
        if flags & 0x80:
            if at >= end:
                return None
            if packet[at] & 0x80:
                if at + 2 > end:
                    return None
                picture_at = at - start
                picture = (packet[at] & 0x7F) << 8 | packet[at + 1]
                at += 1
            at += 1
        at += flags >> 6 & 1  # TL0PICIDX
        at += 1 if flags & 0x30 else 0  # TID, KEYIDX
        if at > end:
            return None
    # S = 1 and PID = 0: here a frame begins; bit 0 of its first byte says that it is no key frame (RFC 6386 §9.1).
    key = (
        first & 0x17 == 0x10
        and end - at >= _SHORTEST_KEY_FRAME
        and not packet[at] & 1
        and packet[at + 3 : at + 6] == _START_CODE
    )
    return Vp8(picture_at, picture, key)
