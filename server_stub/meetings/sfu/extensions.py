"""Header extensions (RFC 8285): read what the SFU needs, and write anew what each group of receivers is to get.

The publisher's MID never goes on: receivers of a bundle sort by it first.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from server_stub.meetings.sfu.packets import Head

ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
_ONE_BYTE: Final = 0xBEDE
_NTP_1970: Final = 2_208_988_800


class Ids(NamedTuple):
    """The ids a participant chose; 0 for an extension he did not offer. Receivers of equal ids share one block."""

    abs_send_time: int = 0
    audio_level: int = 0


def level_of(packet: bytes, head: Head, wanted: int) -> int | None:
    """The audio level in −dBov (RFC 6464: 0 is the loudest, 127 silence), or None when the packet does not say."""
    if not wanted or head.extension != _ONE_BYTE:
        return None
    at, end = head.extension_at, head.start
    while at < end:
        byte = packet[at]
        at += 1
        if byte == 0:
            continue
        if byte >> 4 == wanted:
            return packet[at] & 0x7F if at < end else None
        at += (byte & 0x0F) + 1
    return None


def send_time(seconds: float) -> int:
    """Seconds of any steady clock as 24 bits of 6.18 fixed point: receivers compare how far apart packets left, never when."""
    return int((seconds + _NTP_1970) * (1 << 18)) & 0xFFFFFF


def block(ids: Ids, sent_at: int, level: int | None) -> bytes:
    """The extension part of a header, from its profile on; empty when there is nothing to say."""
    elements = b""
    if ids.abs_send_time:
        elements += bytes((ids.abs_send_time << 4 | 2,)) + sent_at.to_bytes(3, "big")
    if ids.audio_level and level is not None:
        elements += bytes((ids.audio_level << 4, 0x80 * (level < 127) | level))
    if not elements:
        return b""
    elements += bytes(-len(elements) % 4)
    return _ONE_BYTE.to_bytes(2, "big") + (len(elements) // 4).to_bytes(2, "big") + elements
