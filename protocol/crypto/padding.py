"""Padding inside an encryption, so that a ciphertext's length says little of what is in it (C44).

Padmé (Nikitin, Barman, Lueks, Underwood, Hubaux, Ford: "Reducing Metadata Leakage from Encrypted Files and Communication with
PURBs", PoPETs 2019, §4.4): of a length with exponent E, only the highest ⌊log₂ E⌋ + 1 bits below the leading one may be set. It
leaks O(log log n) bits and costs at most 12 %. Nothing is shorter than `LEAST`; all padding is zeros, and a reader demands both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError

LEAST: Final = 512
_LENGTH: Final = 4


def padme(length: int) -> int:
    """The smallest length from this one on that Padmé allows."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def padded_size(length: int, most: int) -> int:
    """How many bytes so many become: Padmé, but at least `LEAST` and at most `most`, so that the highest step is cut off."""
    return min(max(LEAST, padme(length)), most)


def pad(data: bytes, most: int) -> bytes:
    """length u32 ‖ data ‖ zeros.

    Raises:
        LocalProtocolError: `wire.too_large`, it does not go into `most` bytes.
    """
    framed = len(data).to_bytes(_LENGTH, "big") + data
    if len(framed) > most:
        raise LocalProtocolError(ErrorCode.WIRE_TOO_LARGE)
    return framed.ljust(padded_size(len(framed), most), b"\0")


def unpad(padded: bytes, most: int) -> bytes:
    """What was padded.

    Raises:
        RemoteProtocolError: `content.padding_wrong`: of another size than it must have, or with something in it.
    """
    end = _LENGTH + int.from_bytes(padded[:_LENGTH], "big")
    if end > len(padded) or len(padded) != padded_size(end, most):
        raise RemoteProtocolError(ErrorCode.CONTENT_PADDING_WRONG)
    if any(padded[end:]):
        raise RemoteProtocolError(ErrorCode.CONTENT_PADDING_WRONG)
    return padded[_LENGTH:end]


def unpad_file(pieces: Iterable[bytes], size: int, most: int) -> Iterator[bytes]:
    """The first `size` bytes of a file whose length is known; what follows must be its padding, and is checked piece by piece.

    Raises:
        RemoteProtocolError: `content.padding_wrong`, after the file's own bytes were given out: they count only at the end.
    """
    came = 0
    for piece in pieces:
        own = max(0, min(len(piece), size - came))
        came += len(piece)
        if any(piece[own:]):
            raise RemoteProtocolError(ErrorCode.CONTENT_PADDING_WRONG)
        yield piece[:own]
    if came != padded_size(size, most):
        raise RemoteProtocolError(ErrorCode.CONTENT_PADDING_WRONG)
