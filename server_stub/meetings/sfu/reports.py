"""The RTCP an SFU sends (RFC 3550 §6.4, RFC 4585 §6): reports once a second, requests for packets and for key frames."""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack
from typing import Final, NamedTuple

from server_stub.meetings.sfu.packets import distance

_SR, _RR, _SDES, _RTPFB, _PSFB = 200, 201, 202, 205, 206
_NACK, _PLI = 1, 1
_NTP_1970: Final = 2_208_988_800
_MOST_BLOCKS: Final = 31


class Sent(NamedTuple):
    """What a slot sent so far."""

    ssrc: int
    timestamp: int
    packets: int
    octets: int


def compound(own: int, name: str, sent: Sequence[Sent], blocks: Sequence[bytes], wall: float) -> bytes:
    """One packet for a participant: a sender report a slot, how his own streams arrive, and our name."""
    seconds = wall + _NTP_1970
    whole = int(seconds)
    ntp = (whole & 0xFFFFFFFF) << 32 | int((seconds - whole) * (1 << 32)) & 0xFFFFFFFF
    parts = [
        _packet(
            _SR,
            0,
            pack(
                "!IQIII", each.ssrc, ntp, each.timestamp, each.packets & 0xFFFFFFFF, each.octets & 0xFFFFFFFF
            ),
        )
        for each in sent
    ]
    reported = blocks[:_MOST_BLOCKS]
    parts.append(_packet(_RR, len(reported), own.to_bytes(4, "big") + b"".join(reported)))
    cname = name.encode()
    chunk = own.to_bytes(4, "big") + bytes((1, len(cname))) + cname + b"\0"
    parts.append(_packet(_SDES, 1, chunk + bytes(-len(chunk) % 4)))
    return b"".join(parts)


def nack(own: int, media: int, missing: Sequence[int]) -> bytes:
    """Ask for packets again: pairs of a number and a mask of the sixteen after it."""
    body = pack("!II", own, media)
    index = 0
    while index < len(missing):
        first, mask = missing[index], 0
        index += 1
        while index < len(missing) and 0 < (after := distance(missing[index], first)) <= 16:
            mask |= 1 << after - 1
            index += 1
        body += pack("!HH", first, mask)
    return _packet(_RTPFB, _NACK, body)


def pli(own: int, media: int) -> bytes:
    """Ask for a key frame."""
    return _packet(_PSFB, _PLI, pack("!II", own, media))


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return pack("!BBH", 2 << 6 | count, kind, len(body) // 4) + body
