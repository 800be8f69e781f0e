"""C7, C11: the hidden part opens under its key alone, and every field is what was committed to."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto import cbor, padding
from protocol.crypto.content import (
    MAX_CONTENT,
    ContentContext,
    check_key_commitment,
    commitment,
    is_padded,
    key_commitment,
    open_content,
    seal_content,
)
from protocol.crypto.keys import SecretKey
from protocol.crypto.padding import LEAST
from protocol.errors import ErrorCode, JinshuError, LocalProtocolError
from protocol.identifiers import IdKind, new_id
from tests.unit.crypto.strategies import FIELDS, KEYS, VALUES, damaged, refusal

CONTEXT = ContentContext(new_id(IdKind.CASE, bytes(16)), "draft", new_id(IdKind.PERSON, bytes(16)))
KEY = SecretKey(b"\x09" * 32)


@given(KEYS, FIELDS, st.booleans())
def test_the_fields_come_back(key: bytes, fields: dict[str, Any], padded: bool) -> None:
    sealed, commitments = seal_content(SecretKey(key), CONTEXT, fields, padded=padded)
    assert is_padded(sealed) is padded
    assert open_content(SecretKey(key), CONTEXT, sealed, commitments) == fields
    assert commitments.keys() == fields.keys()


@given(st.text("ab", min_size=1, max_size=3), VALUES, st.binary(min_size=16, max_size=16))
def test_a_commitment_is_as_written_down(name: str, value: Any, salt: bytes) -> None:
    encoded = cbor.encode({"name": name, "value": value})
    assert commitment(name, value, salt) == hashlib.sha256(b"jinshu/commit/v1" + salt + encoded).digest()


def test_the_same_title_is_committed_to_differently_each_time() -> None:
    """Or the server could try titles."""
    one, other = (seal_content(KEY, CONTEXT, {"title": "通知"}, padded=True)[1]["title"] for _ in range(2))
    assert one != other


@given(FIELDS, st.booleans(), st.data())
def test_damage_is_refused(fields: dict[str, Any], padded: bool, data: st.DataObject) -> None:
    sealed, commitments = seal_content(KEY, CONTEXT, fields, padded=padded)
    changed = data.draw(damaged(sealed))
    assert refusal(lambda octets: open_content(KEY, CONTEXT, octets, commitments), changed) is not None


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert refusal(lambda octets: open_content(KEY, CONTEXT, octets, {}), data) is not None
    for first in (b"\x01", b"\x81"):
        assert refusal(lambda octets: open_content(KEY, CONTEXT, octets, {}), first + data) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"object": new_id(IdKind.BRANCH, bytes(16))},
        {"step": "sign_off"},
        {"actor": new_id(IdKind.PERSON, b"\x01" * 16)},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("padded", [False, True])
def test_content_cannot_be_moved_to_another_entry(change: dict[str, str], padded: bool) -> None:
    sealed, commitments = seal_content(KEY, CONTEXT, {"title": "通知"}, padded=padded)
    with pytest.raises(JinshuError) as raised:
        open_content(KEY, dataclasses.replace(CONTEXT, **change), sealed, commitments)
    assert raised.value.code is ErrorCode.ENVELOPE_CANNOT_OPEN


def test_another_key_cannot_open() -> None:
    sealed, commitments = seal_content(KEY, CONTEXT, {"title": "通知"}, padded=False)
    with pytest.raises(JinshuError) as raised:
        open_content(SecretKey.generate(), CONTEXT, sealed, commitments)
    assert raised.value.code is ErrorCode.ENVELOPE_CANNOT_OPEN


@pytest.mark.parametrize(
    "signed",
    [
        {},
        {"title": bytes(32)},
        {"opinion": "good"},
        {"title": "good", "opinion": bytes(32)},
    ],
    ids=["none", "another", "another name", "one more"],
)
@pytest.mark.parametrize("padded", [False, True])
def test_a_field_that_misses_its_commitment_is_refused(signed: dict[str, Any], padded: bool) -> None:
    sealed, good = seal_content(KEY, CONTEXT, {"title": "通知"}, padded=padded)
    commitments = {name: good["title"] if value == "good" else value for name, value in signed.items()}
    with pytest.raises(JinshuError) as raised:
        open_content(KEY, CONTEXT, sealed, commitments)
    assert raised.value.code is ErrorCode.CONTENT_COMMITMENT_MISMATCH


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"fields": []},
        {"fields": {}, "more": 1},
        {"fields": {"title": 1}},
        {"fields": {"title": {"value": 1}}},
        {"fields": {"title": {"salt": bytes(15), "value": 1}}},
        {"fields": {"title": {"salt": "a" * 16, "value": 1}}},
        {"fields": {"title": {"salt": bytes(16), "value": 1, "more": 1}}},
        [],
    ],
    ids=str,
)
@pytest.mark.parametrize("padded", [False, True])
def test_another_shape_inside_is_refused(plain: Any, padded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A holder of the key may write anything; readers take only the one shape."""
    with monkeypatch.context() as patch:
        patch.setattr(
            "protocol.crypto.content.cbor.encode",
            lambda value, encode=cbor.encode: encode(
                plain if isinstance(value, dict) and "fields" in value else value
            ),
        )
        sealed, _ = seal_content(KEY, CONTEXT, {}, padded=padded)
    with pytest.raises(JinshuError) as raised:
        open_content(KEY, CONTEXT, sealed, {})
    assert raised.value.code is ErrorCode.WIRE_MALFORMED


@pytest.mark.parametrize("padded", [False, True])
def test_what_no_reader_would_take_is_not_sealed(padded: bool) -> None:
    with pytest.raises(LocalProtocolError) as raised:
        seal_content(KEY, CONTEXT, {"title": bytes(MAX_CONTENT)}, padded=padded)
    assert raised.value.code is ErrorCode.WIRE_TOO_LARGE


def test_what_is_as_large_as_may_be_is_padded_to_the_bound_and_read() -> None:
    fields = {"title": bytes(MAX_CONTENT - 100)}
    sealed, commitments = seal_content(KEY, CONTEXT, fields, padded=True)
    assert len(sealed) == MAX_CONTENT
    assert open_content(KEY, CONTEXT, sealed, commitments) == fields


def test_contents_of_like_length_are_of_one_length() -> None:
    """Every opinion of up to some 130 characters; an approval of two looks like a refusal of a hundred."""
    lengths = {
        len(seal_content(KEY, CONTEXT, {"opinion": "不" * count}, padded=True)[0]) for count in range(1, 130)
    }
    assert lengths == {1 + 12 + LEAST + 16}


@pytest.mark.parametrize("padded", [False, True])
def test_neither_form_opens_as_the_other(padded: bool) -> None:
    """What a server makes of the first byte changes nothing: it is in the additional data."""
    sealed, commitments = seal_content(KEY, CONTEXT, {"title": "通知"}, padded=padded)
    turned = bytes((sealed[0] ^ 0x80,)) + sealed[1:]
    assert is_padded(turned) is not padded
    with pytest.raises(JinshuError) as raised:
        open_content(KEY, CONTEXT, turned, commitments)
    assert raised.value.code is ErrorCode.ENVELOPE_CANNOT_OPEN


@pytest.mark.parametrize("change", ["something in it", "a byte too long", "a step too long", "not at all"])
def test_a_pad_that_is_none_is_refused(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A holder of the key may write anything; readers take only zeros, and as many as there must be."""
    honest = padding.pad

    def pad(data: bytes, most: int) -> bytes:
        padded = honest(data, most)
        return {
            "something in it": padded[:-1] + b"\x01",
            "a byte too long": padded + b"\0",
            "a step too long": padded + bytes(512),
            "not at all": padded[: 4 + len(data)],
        }[change]

    with monkeypatch.context() as patch:
        patch.setattr(padding, "pad", pad)
        sealed, commitments = seal_content(KEY, CONTEXT, {"title": "通知"}, padded=True)
    with pytest.raises(JinshuError) as raised:
        open_content(KEY, CONTEXT, sealed, commitments)
    assert raised.value.code is ErrorCode.CONTENT_PADDING_WRONG


def test_an_oversized_ciphertext_is_not_even_opened() -> None:
    error = refusal(lambda octets: open_content(KEY, CONTEXT, octets, {}), bytes(MAX_CONTENT + 1))
    assert error is not None
    assert error.code is ErrorCode.WIRE_TOO_LARGE


@given(KEYS, KEYS)
def test_a_key_commitment_names_one_key_of_one_object(one: bytes, other: bytes) -> None:
    committed = key_commitment(CONTEXT.object, SecretKey(one))
    expected = hashlib.sha256(b"jinshu/key-commit/v1" + CONTEXT.object.encode() + one).digest()
    assert committed == expected
    check_key_commitment(CONTEXT.object, SecretKey(one), committed)
    for object_id, key in ((new_id(IdKind.ISSUE, bytes(16)), one), (CONTEXT.object, other)):
        if (object_id, key) != (CONTEXT.object, one):
            with pytest.raises(JinshuError) as raised:
                check_key_commitment(object_id, SecretKey(key), committed)
            assert raised.value.code is ErrorCode.KEYS_COMMITMENT_MISMATCH
