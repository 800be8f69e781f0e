"""Deterministic CBOR (RFC 8949 §4.2.1), the payload of everything signed (C14): text keys only, NFC, no floats, no tags.

The decoder is our own: a general one follows tags (shared references, big numbers, patterns) before it can be told not to,
and a few hundred bytes of those can cost it hours.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import cbor2

from protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError

MAX_DEPTH: Final = 16
_INT_MAX: Final = (1 << 64) - 1
_SIMPLE: Final = {0xF4: False, 0xF5: True, 0xF6: None}
# Heads whose argument follows in 1, 2, 4 or 8 bytes, and the least number that may be written so long.
_LONG: Final = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}


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
    reader = _Reader(bytes(data))
    value = reader.value(0)
    reader.finish()
    return value


def _malformed() -> RemoteProtocolError:
    return RemoteProtocolError(ErrorCode.WIRE_MALFORMED)


class _Reader:
    """Reads one value, once, from left to right: the cost is proportional to the bytes, whatever they say."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def finish(self) -> None:
        if self._at != len(self._data):
            raise _malformed()

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise _malformed()
        first = self._take(1)[0]
        if first in _SIMPLE:
            return _SIMPLE[first]
        major, argument = first >> 5, self._argument(first & 31)
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return self._take(argument)
        if major == 3:
            return self._text(argument)
        if major == 4:
            return self._items(argument, depth)
        if major == 5:
            return self._map(argument, depth)
        raise _malformed()  # tags, floats and the other simple values

    def _take(self, count: int) -> bytes:
        start, end = self._at, self._at + count
        if end > len(self._data):
            raise _malformed()
        self._at = end
        return self._data[start:end]

    def _argument(self, low: int) -> int:
        if low < 24:
            return low
        if low not in _LONG:
            raise _malformed()  # reserved, or of indefinite length
        length, least = _LONG[low]
        argument = int.from_bytes(self._take(length), "big")
        if argument < least:
            raise _malformed()
        return argument

    def _text(self, length: int) -> str:
        try:
            text = self._take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise _malformed() from None
        if not unicodedata.is_normalized("NFC", text):
            raise _malformed()
        return text

    def _items(self, count: int, depth: int) -> list[Any]:
        self._bound(count)
        return [self.value(depth + 1) for _ in range(count)]

    def _map(self, count: int, depth: int) -> dict[str, Any]:
        self._bound(2 * count)
        found: dict[str, Any] = {}
        previous = b""
        for _ in range(count):
            start = self._at
            key = self.value(depth + 1)
            encoded = self._data[start : self._at]
            # Strictly rising order is also what keeps a key from coming twice.
            if type(key) is not str or encoded <= previous:
                raise _malformed()
            previous = encoded
            found[key] = self.value(depth + 1)
        return found

    def _bound(self, count: int) -> None:
        """No container has more items than there are bytes left."""
        if count > len(self._data) - self._at:
            raise _malformed()


def _allowed(value: Any, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return False
    kind = type(value)
    if kind is str:
        return _sound(value)
    if kind is int:
        return bool(-_INT_MAX - 1 <= value <= _INT_MAX)
    if kind is bytes or kind is bool or value is None:
        return True
    if kind is list or kind is tuple:
        return all(_allowed(item, depth + 1) for item in value)
    if kind is dict:
        return all(
            type(key) is str and _allowed(key, depth + 1) and _allowed(item, depth + 1)
            for key, item in value.items()
        )
    return False


def _sound(text: str) -> bool:
    """In NFC, and without lone surrogates, which no UTF-8 can carry."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return unicodedata.is_normalized("NFC", text)
