"""The suite byte every format of ours begins with (C15)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from protocol.errors import ErrorCode, RemoteProtocolError


class Suite(IntEnum):
    """1: X-Wing, AES-256-GCM, ECDSA P-256, SHA-256. 2 is reserved for 国密 (SM2, SM3, SM4)."""

    WESTERN = 1


CURRENT: Final = Suite.WESTERN


def check_suite(byte: int) -> Suite:
    """The suite a byte names.

    Raises:
        RemoteProtocolError: `wire.unknown_type`.
    """
    try:
        return Suite(byte)
    except ValueError:
        raise RemoteProtocolError(ErrorCode.WIRE_UNKNOWN_TYPE) from None
