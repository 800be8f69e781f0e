"""C44: what is padded comes back, its length says little, and no pad but the one there must be is taken."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto.padding import LEAST, pad, padded_size, padme, unpad, unpad_file
from protocol.errors import ErrorCode, JinshuError, LocalProtocolError
from tests.unit.crypto.strategies import damaged, refusal

MOST = 1 << 16
LENGTHS = st.integers(2, 1 << 40)


def as_published(length: int) -> int:
    """PoPETs 2019, algorithm 1, in its own words."""
    e = math.floor(math.log2(length))
    s = math.floor(math.log2(e)) + 1
    last_bits = e - s
    bit_mask = 2**last_bits - 1
    return int((length + bit_mask) & ~bit_mask)


@pytest.mark.parametrize(
    ("length", "padded"),
    [(0, 0), (1, 1), (2, 2), (9, 10), (512, 512), (513, 544), (1000, 1024), (1025, 1088), (100_000, 100_352)],
)
def test_some_lengths(length: int, padded: int) -> None:
    assert padme(length) == padded


@given(st.integers(2, 1 << 45))
def test_it_is_the_published_function(length: int) -> None:
    assert padme(length) == as_published(length)


@given(LENGTHS)
def test_it_costs_at_most_twelve_per_cent_and_is_done_once(length: int) -> None:
    padded = padme(length)
    assert length <= padded <= length * 1.12 + 1
    assert padme(padded) == padded


@given(LENGTHS, LENGTHS)
def test_the_order_of_lengths_is_kept(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert padme(low) <= padme(high)


def test_few_lengths_are_left_of_many() -> None:
    assert len({padded_size(length, MOST) for length in range(MOST + 1)}) < 130


@given(st.binary(max_size=3000))
def test_what_was_padded_comes_back(data: bytes) -> None:
    padded = pad(data, MOST)
    assert len(padded) == padded_size(4 + len(data), MOST) >= LEAST
    assert padded[: 4 + len(data)] == len(data).to_bytes(4, "big") + data
    assert not any(padded[4 + len(data) :])
    assert unpad(padded, MOST) == data


@given(st.binary(max_size=1200), st.data())
def test_other_bytes_are_refused_or_are_another_padding_of_what_they_give(
    data: bytes, draws: st.DataObject
) -> None:
    changed = draws.draw(damaged(pad(data, MOST)))
    error = refusal(lambda octets: unpad(octets, MOST), changed)
    if error is None:
        assert pad(unpad(changed, MOST), MOST) == changed
    else:
        assert error.code is ErrorCode.CONTENT_PADDING_WRONG


@given(st.binary(max_size=2000))
def test_any_bytes_have_one_reading_or_none(data: bytes) -> None:
    if refusal(lambda octets: unpad(octets, MOST), data) is None:
        assert pad(unpad(data, MOST), MOST) == data


@pytest.mark.parametrize("count", [MOST - 4, MOST - 5, MOST - 300])
def test_the_highest_step_ends_at_the_bound(count: int) -> None:
    padded = pad(bytes(count), MOST)
    assert len(padded) == MOST
    assert unpad(padded, MOST) == bytes(count)


def test_what_does_not_fit_is_not_padded() -> None:
    with pytest.raises(LocalProtocolError) as raised:
        pad(bytes(MOST - 3), MOST)
    assert raised.value.code is ErrorCode.WIRE_TOO_LARGE


def cut(data: bytes, every: int) -> list[bytes]:
    return [data[start : start + every] for start in range(0, max(1, len(data)), every)]


@given(st.binary(max_size=2000), st.integers(1, 700))
def test_a_file_comes_back_in_pieces(data: bytes, every: int) -> None:
    padded = data.ljust(padded_size(len(data), MOST), b"\0")
    assert b"".join(unpad_file(cut(padded, every), len(data), MOST)) == data


@given(st.binary(max_size=1000), st.integers(1, 700), st.integers(-40, 40), st.integers(0, 4000))
def test_a_file_with_another_pad_is_refused(data: bytes, every: int, more: int, at: int) -> None:
    whole = padded_size(len(data), MOST)
    padded = bytearray(data.ljust(max(len(data), whole + more), b"\0"))
    if at < len(padded) - len(data):
        padded[len(data) + at] = 1
    elif len(padded) == whole:
        return
    with pytest.raises(JinshuError) as raised:
        b"".join(unpad_file(cut(bytes(padded), every), len(data), MOST))
    assert raised.value.code is ErrorCode.CONTENT_PADDING_WRONG
