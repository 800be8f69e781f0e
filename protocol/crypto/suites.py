"""The byte every format of ours begins with (C15): the suite, and in its highest bit whether the plaintext inside is padded (C44).

Only sealed contents of entries and blobs are ever padded so; in every other format the bit is no suite and is refused.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from protocol.errors import ErrorCode, RemoteProtocolError


class Suite(IntEnum):
    """1: X-Wing, AES-256-GCM, ECDSA P-256, SHA-256. 2 is reserved for 国密 (SM2, SM3, SM4)."""

    WESTERN = 1


CURRENT: Final = Suite.WESTERN
_PADDED: Final = 0x80


def first_byte(*, padded: bool) -> bytes:
    """What a sealed content or a blob begins with."""
    return bytes((CURRENT | (_PADDED if padded else 0),))


def read_first_byte(byte: int) -> tuple[Suite, bool]:
    """The suite of a sealed content or a blob, and whether it is padded.

    Raises:
        RemoteProtocolError: `wire.unknown_type`.
    """
    return check_suite(byte & ~_PADDED), bool(byte & _PADDED)


def check_suite(byte: int) -> Suite:
    """The suite a byte names.

    Raises:
        RemoteProtocolError: `wire.unknown_type`.
    """
    try:
        return Suite(byte)
    except ValueError:
        raise RemoteProtocolError(ErrorCode.WIRE_UNKNOWN_TYPE) from None
