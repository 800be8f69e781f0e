"""C16: ids are 128 random bits with a prefix that says what they name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind, check_id, id_kind, new_id

ENTROPY = st.binary(min_size=16, max_size=16)
GOOD = "prs_" + "a" * 26


@given(st.sampled_from(IdKind), ENTROPY)
def test_an_id_says_what_it_names(kind: IdKind, entropy: bytes) -> None:
    made = new_id(kind, entropy)
    assert len(made) == 30
    assert made == made.lower()
    assert id_kind(made) is kind
    assert check_id(made, kind) == made == check_id(made)


@given(st.sampled_from(IdKind), ENTROPY, ENTROPY)
def test_other_bits_are_another_id(kind: IdKind, one: bytes, other: bytes) -> None:
    assert (new_id(kind, one) == new_id(kind, other)) is (one == other)


@given(st.sampled_from(IdKind), st.sampled_from(IdKind), ENTROPY)
def test_an_id_of_another_kind_is_refused(made: IdKind, wanted: IdKind, entropy: bytes) -> None:
    if made is not wanted:
        with pytest.raises(JinshuError) as raised:
            check_id(new_id(made, entropy), wanted)
        assert raised.value.code is ErrorCode.WIRE_MALFORMED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "prs",
        "prs_",
        "_" + "a" * 26,
        GOOD + "a",
        GOOD[:-1],
        GOOD + "\n",
        GOOD.upper(),
        " " + GOOD,
        "xyz_" + "a" * 26,
        "prs_" + "a" * 25 + "b",  # bits where there are none: two texts for one id
        "prs_" + "1" * 26,
        "prs-" + "a" * 26,
        "prs_" + "ａ" * 26,
        "prs_../../" + "a" * 20,
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(JinshuError) as raised:
        check_id(text)
    assert raised.value.code is ErrorCode.WIRE_MALFORMED


@given(st.text())
def test_any_text_is_an_id_or_refused(text: str) -> None:
    try:
        check_id(text)
    except JinshuError:
        return
    assert text == f"{id_kind(text).value}_{text[4:]}"


@pytest.mark.parametrize("length", [0, 15, 17])
def test_an_id_takes_sixteen_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        new_id(IdKind.CASE, bytes(length))


def test_prefixes_are_three_letters_and_differ() -> None:
    assert all(len(kind.value) == 3 for kind in IdKind)
    assert len({kind.value for kind in IdKind}) == len(IdKind)
