"""C14: one value has one encoding, and nothing else is read."""

from __future__ import annotations

import math
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError, LocalProtocolError, RemoteProtocolError
from tests.unit.crypto.strategies import TEXT, VALUES, refusal


@given(VALUES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@given(VALUES)
def test_an_independent_decoder_reads_the_same(value: Any) -> None:
    assert cbor2.loads(cbor.encode(value)) == value


@given(st.dictionaries(TEXT, st.integers(0, 9), min_size=1))
def test_the_order_of_insertion_does_not_matter(fields: dict[str, int]) -> None:
    backwards = dict(reversed(fields.items()))
    assert cbor.encode(fields) == cbor.encode(backwards)


@given(st.lists(TEXT, unique=True, max_size=8))
def test_keys_stand_in_bytewise_order(names: list[str]) -> None:
    read = cbor2.loads(cbor.encode(dict.fromkeys(names, 0)))
    assert list(read) == sorted(names, key=cbor2.dumps)


@given(st.binary(max_size=200))
def test_what_is_read_is_the_one_encoding_of_it(data: bytes) -> None:
    if refusal(cbor.decode, data) is None:
        assert cbor.encode(cbor.decode(data)) == data


@given(VALUES, st.data())
def test_a_changed_byte_is_refused_or_another_value(value: Any, data: st.DataObject) -> None:
    encoded = bytearray(cbor.encode(value))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] ^= data.draw(st.integers(1, 255))
    if refusal(cbor.decode, bytes(encoded)) is None:
        assert cbor.encode(cbor.decode(bytes(encoded))) == bytes(encoded)


@pytest.mark.parametrize(
    "encoded",
    [
        "",  # nothing
        "1800",  # 0 in two bytes
        "190018",  # 24 in three
        "1a0000ffff",
        "1b00000000ffffffff",
        "5800",  # an empty string with a long head
        "9f01ff",  # indefinite lengths
        "bf6161 01ff",
        "5f4101ff",
        "7f6161ff",
        "f97e00",  # floats
        "fa00000000",
        "fb0000000000000000",
        "f7",  # undefined
        "f0",  # a simple value
        "f800",
        "ff",  # a break
        "c101",  # a date
        "c24101",  # a big number
        "c482013b7fffffffffffffff",  # 10 to the power of -2^63
        "c5821b7fffffffffffffff01",  # 2 to the power of 2^63
        "d8236161",  # a pattern
        "d81c80",  # a shared value
        "d9d9f700",  # "this is CBOR"
        "a2616201616102",  # keys out of order
        "a2616101616102",  # a key twice
        "a10102",  # a number as a key
        "a1416101",  # bytes as a key
        "63 65cc81",  # e and a combining accent: not NFC
        "61ff",  # not UTF-8
        "63 eda080",  # a surrogate
        "0000",  # two values
        "8201",  # an item short
        "9b7fffffffffffffff",  # more items than anyone has
        "bb7fffffffffffffff",
        "5b7fffffffffffffff",
        "1c",  # reserved heads
        "1f",
    ],
)
def test_another_encoding_is_refused(encoded: str) -> None:
    with pytest.raises(RemoteProtocolError) as raised:
        cbor.decode(bytes.fromhex(encoded))
    assert raised.value.code is ErrorCode.WIRE_MALFORMED


def nested(depth: int) -> bytes:
    return b"\x81" * depth + b"\x00"


def test_sixteen_levels_are_read_and_no_more() -> None:
    assert refusal(cbor.decode, nested(cbor.MAX_DEPTH)) is None
    for depth in (cbor.MAX_DEPTH + 1, 5_000, 900_000):
        assert isinstance(refusal(cbor.decode, nested(depth)), RemoteProtocolError)


def test_sixteen_levels_are_written_and_no_more() -> None:
    value: Any = 0
    for _ in range(cbor.MAX_DEPTH):
        value = [value]
    assert cbor.encode(value) == nested(cbor.MAX_DEPTH)
    with pytest.raises(LocalProtocolError):
        cbor.encode([value])


def test_a_value_shared_many_times_costs_no_more_than_its_bytes() -> None:
    """Shared references would make a few hundred bytes into 15^15 items."""

    def level(number: int) -> bytes:
        if number == 15:
            return b"\xd8\x1c\x81\x01"
        return b"\xd8\x1c\x8f" + level(number + 1) + (b"\xd8\x1d" + bytes([number + 1])) * 14

    assert isinstance(refusal(cbor.decode, level(0)), RemoteProtocolError)


def test_too_many_bytes_are_not_even_looked_at() -> None:
    with pytest.raises(RemoteProtocolError) as raised:
        cbor.decode(bytes(11), limit=10)
    assert raised.value.code is ErrorCode.WIRE_TOO_LARGE


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        math.nan,
        {1: 2},
        {b"a": 1},
        "e\u0301",
        "\ud800",
        {"e\u0301": 1},
        {1, 2},
        1 << 64,
        -(1 << 64) - 1,
        object(),
    ],
)
def test_what_may_not_be_signed_is_not_encoded(value: Any) -> None:
    with pytest.raises(LocalProtocolError) as raised:
        cbor.encode({"value": value})
    assert raised.value.code is ErrorCode.WIRE_MALFORMED


def test_the_whole_range_of_integers_is_there() -> None:
    for number in (0, 23, 24, 255, 256, 65535, 65536, (1 << 32) - 1, 1 << 32, (1 << 64) - 1):
        for value in (number, -1 - number):
            assert cbor.decode(cbor.encode(value)) == value


def test_an_error_is_the_peers_when_reading_and_ours_when_writing() -> None:
    assert issubclass(RemoteProtocolError, JinshuError)
    assert not issubclass(RemoteProtocolError, LocalProtocolError)
