"""Values and damage for the property-based tests of the byte formats."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from protocol.errors import JinshuError

TEXT = st.text(max_size=20).map(lambda text: unicodedata.normalize("NFC", text))
SCALARS = st.none() | st.booleans() | st.integers(-(1 << 64), (1 << 64) - 1) | st.binary(max_size=40) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)
FIELDS = st.dictionaries(TEXT, VALUES, max_size=5)
KEYS = st.binary(min_size=32, max_size=32)
HASHES = st.binary(min_size=32, max_size=32)


def refusal(read: Callable[[bytes], Any], data: bytes) -> JinshuError | None:
    """How a decoder refuses the bytes, or None if it takes them; any other exception is the test's failure."""
    try:
        read(data)
    except JinshuError as error:
        return error
    return None


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """The same bytes with one bit flipped, cut short, or with something behind."""
    kind = draw(st.sampled_from(["flip", "cut", "extend"]))
    if kind == "cut":
        return whole[: draw(st.integers(0, len(whole) - 1))]
    if kind == "extend":
        return whole + draw(st.binary(min_size=1, max_size=8))
    bit = draw(st.integers(0, len(whole) * 8 - 1))
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
