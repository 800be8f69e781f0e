"""Deterministic CBOR (RFC 8949 §4.2.1), the payload of everything signed (C14): text keys only, NFC, no floats, no tags."""

from __future__ import annotations

import io
import unicodedata
from typing import Any, Final

import cbor2

from protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError

MAX_DEPTH: Final = 16
_INT_MAX: Final = (1 << 64) - 1


def encode(value: Any) -> bytes:
    """The one encoding of a value.

    Raises:
        LocalProtocolError: `wire.malformed`, the value holds what may not be signed (a float, text not in NFC …).
    """
    if not _allowed(value, 0):
        raise LocalProtocolError(ErrorCode.WIRE_MALFORMED)
    # With text keys alone, length-first order (RFC 7049) and bytewise order (RFC 8949) are the same.
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes, *, limit: int = 1 << 20) -> Any:
    """Read a value, refusing every encoding but the deterministic one.

    Raises:
        RemoteProtocolError: `wire.malformed` or `wire.too_large`.
    """
    if len(data) > limit:
        raise RemoteProtocolError(ErrorCode.WIRE_TOO_LARGE)
    # An adversary nests deeper than the decoder's own recursion likes; every level costs at least one byte of 0x81–0xBF.
    try:
        value = cbor2.CBORDecoder(io.BytesIO(data)).decode()
        # Anything the decoder tolerates and we do not (trailing bytes, long forms, other orders) encodes differently.
        same = _allowed(value, 0) and cbor2.dumps(value, canonical=True) == data
    except (
        cbor2.CBORError,
        ValueError,
        TypeError,
        OverflowError,
        EOFError,
        RecursionError,
        UnicodeError,
        ArithmeticError,
        LookupError,
        AttributeError,
    ):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None
    if not same:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
    return value


def _allowed(value: Any, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return False
    kind = type(value)
    if kind is str:
        return bool(unicodedata.is_normalized("NFC", value))
    if kind is int:
        return bool(-_INT_MAX - 1 <= value <= _INT_MAX)
    if kind is bytes or kind is bool or value is None:
        return True
    if kind is list or kind is tuple:
        return all(_allowed(item, depth + 1) for item in value)
    if kind is dict:
        return all(
            type(key) is str and _allowed(key, depth) and _allowed(item, depth + 1)
            for key, item in value.items()
        )
    return False
