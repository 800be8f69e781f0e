"""C14: what was signed is what is shipped; a signature is of one type, one certificate and one payload."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto import cbor
from protocol.crypto.keys import SigningKey, VerifyingKey
from protocol.crypto.signature import MAX_SIGNED, Signed, SignedType, certificate_hash, sign, verify
from protocol.errors import ErrorCode, JinshuError
from tests.unit.crypto.strategies import FIELDS, HASHES, damaged, refusal

KEY = SigningKey.generate()
SPKI = KEY.public_spki
SIGNER = certificate_hash(b"a certificate")
TYPES = st.sampled_from(SignedType)


def check(data: bytes, expected: SignedType) -> None:
    verify(Signed.parse(data), SPKI, expected)


@given(TYPES, HASHES, FIELDS)
def test_what_is_shipped_is_what_was_signed(kind: SignedType, signer: bytes, value: dict[str, Any]) -> None:
    made = sign(KEY, signer, kind, value)
    read = Signed.parse(made.to_bytes(), kind)
    verify(read, VerifyingKey(SPKI), kind)
    assert read == made
    assert read.value() == value
    assert (read.type, read.cert_hash, read.payload) == (kind, signer, cbor.encode(value))


@given(TYPES, FIELDS)
def test_the_bytes_are_as_written_down(kind: SignedType, value: dict[str, Any]) -> None:
    made = sign(KEY, SIGNER, kind, value)
    preamble = b"jinshu/v1/" + bytes([1, kind]) + SIGNER
    payload = cbor.encode(value)
    assert made.to_bytes() == bytes([1, kind]) + SIGNER + made.signature + payload
    assert made.entry_id == hashlib.sha256(preamble + payload).digest()
    VerifyingKey(SPKI).verify(made.signature, preamble + payload)


@given(FIELDS)
def test_signing_again_is_the_same_act(value: dict[str, Any]) -> None:
    one, other = (sign(KEY, SIGNER, SignedType.DOCUMENT_ENTRY, value) for _ in range(2))
    assert one.signature != other.signature
    assert one.entry_id == other.entry_id


@given(st.data(), TYPES, FIELDS)
def test_damaged_bytes_are_never_good(data: st.DataObject, kind: SignedType, value: dict[str, Any]) -> None:
    made = sign(KEY, SIGNER, kind, value).to_bytes()
    changed = data.draw(damaged(made))
    assert refusal(lambda octets: check(octets, kind), changed) is not None


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    if refusal(Signed.parse, data) is None:
        assert Signed.parse(data).to_bytes() == data
        refusal(lambda octets: Signed.parse(octets).value(), data)


@given(TYPES, TYPES)
def test_one_type_is_never_taken_for_another(kind: SignedType, expected: SignedType) -> None:
    made = sign(KEY, SIGNER, kind, {})
    if kind is not expected:
        for read in (lambda: verify(made, SPKI, expected), lambda: Signed.parse(made.to_bytes(), expected)):
            with pytest.raises(JinshuError) as raised:
                read()
            assert raised.value.code is ErrorCode.SIGNATURE_WRONG_TYPE


@given(TYPES, TYPES)
def test_a_relabelled_signature_is_refused(kind: SignedType, other: SignedType) -> None:
    if kind is not other:
        relabelled = dataclasses.replace(sign(KEY, SIGNER, kind, {}), type=other)
        with pytest.raises(JinshuError) as raised:
            verify(relabelled, SPKI, other)
        assert raised.value.code is ErrorCode.SIGNATURE_INVALID


def test_a_signature_under_another_certificate_is_refused() -> None:
    made = sign(KEY, SIGNER, SignedType.LOG_HEAD, {})
    moved = dataclasses.replace(made, cert_hash=certificate_hash(b"another"))
    with pytest.raises(JinshuError):
        verify(moved, SPKI, SignedType.LOG_HEAD)


def test_another_key_is_refused() -> None:
    made = sign(KEY, SIGNER, SignedType.LOG_HEAD, {})
    with pytest.raises(JinshuError) as raised:
        verify(made, SigningKey.generate().public_spki, SignedType.LOG_HEAD)
    assert raised.value.code is ErrorCode.SIGNATURE_INVALID


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (0, 0, ErrorCode.WIRE_UNKNOWN_TYPE),
        (0, 2, ErrorCode.WIRE_UNKNOWN_TYPE),  # reserved, not yet known
        (1, 0, ErrorCode.WIRE_UNKNOWN_TYPE),
        (1, 15, ErrorCode.WIRE_UNKNOWN_TYPE),
        (1, 255, ErrorCode.WIRE_UNKNOWN_TYPE),
    ],
)
def test_an_unknown_suite_or_type_is_refused(place: int, value: int, code: ErrorCode) -> None:
    data = bytearray(sign(KEY, SIGNER, SignedType.LOG_HEAD, {}).to_bytes())
    data[place] = value
    error = refusal(Signed.parse, bytes(data))
    assert error is not None
    assert error.code is code


def test_too_large_and_too_short_are_refused() -> None:
    large, short = (
        refusal(Signed.parse, bytes(MAX_SIGNED + 1)),
        refusal(Signed.parse, bytes([1, 3]) + bytes(96)),
    )
    assert large is not None
    assert large.code is ErrorCode.WIRE_TOO_LARGE
    assert short is not None
    assert short.code is ErrorCode.WIRE_MALFORMED


@pytest.mark.parametrize("payload", [b"\x80", b"\x00", b"\xf6", b"\x60", b"\xa1", b"\xbf\xff"])
def test_a_payload_is_a_map(payload: bytes) -> None:
    signed = Signed(SignedType.LOG_HEAD, SIGNER, bytes(64), payload)
    with pytest.raises(JinshuError) as raised:
        signed.value()
    assert raised.value.code is ErrorCode.WIRE_MALFORMED


def test_the_types_are_the_ones_written_down() -> None:
    written = {*range(1, 15), 16, 17, 20, 21, *range(24, 36)}
    assert {kind.value for kind in SignedType} == written
