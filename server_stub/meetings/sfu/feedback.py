"""The RTCP participants send (RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1): what of it an SFU acts on, everything else is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

_HEAD: Final = Struct("!BBH").unpack_from
_SR, _RTPFB, _PSFB = 200, 205, 206
_NACK, _PLI, _FIR = 1, 1, 4
_VERSION: Final = 2
_SENDER_INFO: Final = 24
_FEEDBACK: Final = 8


class Report(NamedTuple):
    """A sender report: the 64-bit time it was made."""

    ssrc: int
    ntp: int


class Missing(NamedTuple):
    """Packets of our stream `ssrc` did not arrive; `pairs` are of a number and a mask."""

    ssrc: int
    pairs: bytes

    def sequences(self) -> Iterator[int]:
        for at in range(0, len(self.pairs), 4):
            first = int.from_bytes(self.pairs[at : at + 2], "big")
            mask = int.from_bytes(self.pairs[at + 2 : at + 4], "big")
            yield first
            for bit in range(16):
                if mask >> bit & 1:
                    yield first + bit + 1 & 0xFFFF


class KeyWanted(NamedTuple):
    """A picture of our stream `ssrc` cannot be shown without a key frame."""

    ssrc: int


Feedback: TypeAlias = Report | Missing | KeyWanted


def read_feedback(packet: bytes) -> list[Feedback]:
    """What is said in a compound packet.

    Raises:
        ValueError: it is none; nothing of it counts then.
    """
    found: list[Feedback] = []
    at, size = 0, len(packet)
    while at < size:
        if size - at < 4:
            raise ValueError("cut off in a header")
        first, kind, words = _HEAD(packet, at)
        start, at = at + 4, at + 4 + 4 * words
        if first >> 6 != _VERSION or at > size:
            raise ValueError("not RTCP, or cut off")
        if kind in (_SR, _RTPFB, _PSFB):
            body = packet[start : at - _padding(packet, first, start, at)]
            said = _report(body) if kind == _SR else _feedback(kind, first & 0x1F, body)
            if said is not None:
                found.append(said)
    return found


def _padding(packet: bytes, first: int, start: int, end: int) -> int:
    if not first & 0x20:
        return 0
    padding = packet[end - 1] if end > start else 0
    if not 0 < padding <= end - start or padding % 4:
        raise ValueError("padded with more than there is")
    return padding


def _report(body: bytes) -> Report:
    if len(body) < _SENDER_INFO:
        raise ValueError("a report without its sender")
    return Report(int.from_bytes(body[:4], "big"), int.from_bytes(body[4:12], "big"))


def _feedback(kind: int, form: int, body: bytes) -> Missing | KeyWanted | None:
    if len(body) < _FEEDBACK:
        raise ValueError("feedback without the two it is between")
    media = int.from_bytes(body[4:8], "big")
    if kind == _RTPFB:
        return Missing(media, body[_FEEDBACK:]) if form == _NACK else None
    if form == _FIR and len(body) >= _FEEDBACK + 4:
        # FIR names the stream in its own words (RFC 5104 §4.3.1.1).
        return KeyWanted(int.from_bytes(body[_FEEDBACK : _FEEDBACK + 4], "big"))
    return KeyWanted(media) if form in (_PLI, _FIR) else None
