"""C7, C15: an envelope opens for its recipient, its purpose, its object, its sender and its generation alone."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.crypto import cbor
from protocol.crypto.envelope import EnvelopeInfo, Purpose, WrapRecord, open_envelope, seal, unwrap, wrap
from protocol.crypto.keys import XWingPrivateKey
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind, new_id
from tests.unit.crypto.strategies import damaged, refusal

OWNER, STRANGER = XWingPrivateKey.generate(), XWingPrivateKey.generate()
OBJECT, PRINCIPAL = new_id(IdKind.CASE, bytes(16)), new_id(IdKind.BODY, bytes(16))
SENDER = new_id(IdKind.DEVICE, bytes(16))
INFO = EnvelopeInfo(Purpose.OBJECT_KEY, OBJECT, SENDER, PRINCIPAL, 3)
SECRET = b"\x42" * 32
RECORD = wrap(OWNER.public, INFO, SECRET)


@settings(max_examples=40)
@given(st.binary(max_size=200), st.sampled_from(Purpose), st.integers(0, 1 << 40))
def test_what_was_sealed_opens(plaintext: bytes, purpose: Purpose, generation: int) -> None:
    info = dataclasses.replace(INFO, purpose=purpose, generation=generation)
    sealed = seal(OWNER.public, info, plaintext)
    assert sealed[0] == 1
    assert len(sealed) == 1 + 1120 + len(plaintext) + 16
    assert open_envelope(OWNER, info, sealed) == plaintext


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": Purpose.PRINCIPAL_SEED},
        {"object": new_id(IdKind.BRANCH, bytes(16))},
        {"sender": new_id(IdKind.DEVICE, b"\x01" * 16)},
        {"recipient": new_id(IdKind.POST, bytes(16))},
        {"generation": 4},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nothing_it_is_bound_to_can_be_exchanged(change: dict[str, str | int]) -> None:
    other = dataclasses.replace(INFO, **change)  # type: ignore[arg-type]
    with pytest.raises(JinshuError) as raised:
        open_envelope(OWNER, other, RECORD.sealed)
    assert raised.value.code is ErrorCode.ENVELOPE_CANNOT_OPEN


def test_another_key_cannot_open() -> None:
    with pytest.raises(JinshuError) as raised:
        unwrap(STRANGER, RECORD, Purpose.OBJECT_KEY)
    assert raised.value.code is ErrorCode.ENVELOPE_CANNOT_OPEN


@settings(max_examples=60)
@given(st.data())
def test_damage_is_refused(data: st.DataObject) -> None:
    changed = data.draw(damaged(RECORD.sealed))
    assert refusal(lambda octets: open_envelope(OWNER, INFO, octets), changed) is not None


@given(st.binary(max_size=1300))
def test_any_bytes_are_refused_as_an_envelope(data: bytes) -> None:
    assert refusal(lambda octets: open_envelope(OWNER, INFO, octets), data) is not None
    assert refusal(lambda octets: open_envelope(OWNER, INFO, octets), b"\x01" + data) is not None


def test_sealing_twice_gives_other_bytes() -> None:
    assert seal(OWNER.public, INFO, SECRET) != seal(OWNER.public, INFO, SECRET)


def test_a_record_comes_back_and_opens() -> None:
    again = WrapRecord.parse(RECORD.to_bytes())
    assert again == RECORD
    assert again.hash == hashlib.sha256(RECORD.to_bytes()).digest()
    assert unwrap(OWNER, again, Purpose.OBJECT_KEY) == SECRET


def test_a_record_for_one_purpose_is_not_opened_for_another() -> None:
    with pytest.raises(JinshuError):
        unwrap(OWNER, RECORD, Purpose.PRINCIPAL_SEED)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"object": b"bytes"},
        {"generation": "3"},
        {"generation": True},
        {"sealed": "text"},
        {"more": 1},
        {"sealed": bytes(5000)},
    ],
    ids=str,
)
def test_another_shape_is_no_record(change: dict[str, object]) -> None:
    value = {**cbor.decode(RECORD.to_bytes()), **change}
    assert refusal(WrapRecord.parse, cbor.encode(value)) is not None


@pytest.mark.parametrize("missing", ["v", "object", "principal", "generation", "sender", "sealed"])
def test_a_record_has_every_field(missing: str) -> None:
    value = cbor.decode(RECORD.to_bytes())
    del value[missing]
    assert refusal(WrapRecord.parse, cbor.encode(value)) is not None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_refused(data: bytes) -> None:
    if refusal(WrapRecord.parse, data) is None:
        assert WrapRecord.parse(data).to_bytes() == data
