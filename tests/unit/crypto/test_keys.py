"""C5–C7: keys keep to their form, and never show themselves."""

from __future__ import annotations

import copy
import hashlib
import logging
import os
import pickle
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.crypto.keys import (
    XWING_PUBLIC_BYTES,
    XWING_SEED_BYTES,
    SecretKey,
    SigningKey,
    VerifyingKey,
    XWingPrivateKey,
    XWingPublicKey,
    key_id,
)
from protocol.crypto.recovery import RecoveryCode
from protocol.enrolment import EnrolmentCode
from protocol.errors import ErrorCode, JinshuError

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
DER = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
SIGNING = SigningKey.generate()
XWING = XWingPrivateKey.generate()
FIXED = b"\x5a" * 32


def secrets() -> list[tuple[object, bytes]]:
    """Every kind of secret, with the bytes that must not show."""
    scalar, seed = b"\x11" * 32, b"\x22" * XWING_SEED_BYTES
    return [
        (SigningKey.from_private_bytes(scalar), scalar),
        (XWingPrivateKey(seed), seed),
        (SecretKey(FIXED), FIXED),
        (RecoveryCode(FIXED), FIXED),
        (EnrolmentCode(b"\x33" * 16, b"\x44" * 16, bytes(32)), b"\x44" * 16),
    ]


@pytest.mark.parametrize(("secret", "shown"), secrets(), ids=lambda value: type(value).__name__)
def test_no_way_of_printing_shows_a_secret(
    secret: object, shown: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("keys").info("made %s %r", secret, secret)
    ways = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        f"{[secret]}",
        caplog.text,
    ]
    text = " ".join(ways)
    for form in (shown.hex(), repr(shown)[2:-1], shown[:4].hex(), str(int.from_bytes(shown, "big"))):
        assert form not in text


@pytest.mark.parametrize(("secret", "_shown"), secrets()[:4], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_key_is_neither_pickled_nor_copied(
    secret: object, _shown: bytes, way: Callable[[object], object]
) -> None:
    with pytest.raises(TypeError):
        way(secret)


def test_a_key_has_no_place_for_stray_attributes() -> None:
    for key in (SIGNING, XWING, SecretKey(FIXED)):
        assert not hasattr(key, "__dict__")


def test_a_key_id_is_half_a_hash() -> None:
    assert key_id(b"key") == hashlib.sha256(b"key").digest()[:16]


@given(st.binary(max_size=200))
def test_a_signature_is_of_one_message(message: bytes) -> None:
    key = VerifyingKey(SIGNING.public_spki)
    signature = SIGNING.sign(message)
    assert len(signature) == 64
    key.verify(signature, message)
    with pytest.raises(JinshuError) as raised:
        key.verify(signature, message + b"\x00")
    assert raised.value.code is ErrorCode.SIGNATURE_INVALID


@given(st.binary(max_size=80))
def test_a_made_up_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(JinshuError) as raised:
        VerifyingKey(SIGNING.public_spki).verify(signature, b"message")
    assert raised.value.code is ErrorCode.SIGNATURE_INVALID


@pytest.mark.parametrize("r", [0, ORDER, (1 << 256) - 1])
@pytest.mark.parametrize("s", [0, ORDER, (1 << 256) - 1])
def test_numbers_outside_the_group_are_refused(r: int, s: int) -> None:
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    with pytest.raises(JinshuError):
        VerifyingKey(SIGNING.public_spki).verify(signature, b"message")


def test_a_der_signature_is_not_ours() -> None:
    der = SIGNING.native.sign(b"message", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(JinshuError):
        VerifyingKey(SIGNING.public_spki).verify(der, b"message")


def test_a_signing_key_comes_back_from_its_bytes() -> None:
    again = SigningKey.from_private_bytes(SIGNING.private_bytes())
    assert again.public_spki == SIGNING.public_spki
    assert len(SIGNING.private_bytes()) == 32


@pytest.mark.parametrize(
    "scalar", [bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32, b"", bytes(31), bytes(33)]
)
def test_a_scalar_outside_the_group_is_no_key(scalar: bytes) -> None:
    with pytest.raises(JinshuError) as raised:
        SigningKey.from_private_bytes(scalar)
    assert raised.value.code is ErrorCode.KEYS_NO_KEY


def test_keys_of_other_kinds_are_refused() -> None:
    with pytest.raises(JinshuError):
        SigningKey(ec.generate_private_key(ec.SECP384R1()))
    for other in (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
        with pytest.raises(JinshuError) as raised:
            VerifyingKey(other.public_key().public_bytes(*DER))
        assert raised.value.code is ErrorCode.CERTIFICATE_WRONG_PROFILE


@given(st.binary(max_size=120))
def test_bytes_that_are_no_public_key_are_refused(data: bytes) -> None:
    for kind in (VerifyingKey, XWingPublicKey):
        with pytest.raises(JinshuError):
            kind(data)


@settings(max_examples=25)
@given(st.binary(min_size=XWING_SEED_BYTES, max_size=XWING_SEED_BYTES))
def test_a_seed_is_the_whole_key(seed: bytes) -> None:
    key = XWingPrivateKey(seed)
    assert key.seed == seed
    assert len(bytes(key.public)) == XWING_PUBLIC_BYTES
    assert XWingPrivateKey(seed).public == key.public == XWingPublicKey(bytes(key.public))
    assert hash(key.public) == hash(XWingPublicKey(bytes(key.public)))
    assert key.public.key_id == key_id(bytes(key.public))


@pytest.mark.parametrize(
    "point",
    [
        bytes(32),
        b"\x01" + bytes(31),
        ((1 << 255) - 19).to_bytes(32, "little"),
        bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    ],
)
def test_a_point_of_low_order_is_refused_before_anyone_seals_to_it(point: bytes) -> None:
    with pytest.raises(JinshuError) as raised:
        XWingPublicKey(bytes(XWING.public)[:1184] + point)
    assert raised.value.code is ErrorCode.WIRE_MALFORMED


def test_a_lattice_key_out_of_range_is_refused() -> None:
    with pytest.raises(JinshuError):
        XWingPublicKey(b"\xff" * 1184 + bytes(XWING.public)[1184:])


@pytest.mark.parametrize("length", [0, 95, 97])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(JinshuError):
        XWingPrivateKey(bytes(length))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_secret_key_is_thirty_two_bytes(length: int) -> None:
    with pytest.raises(JinshuError):
        SecretKey(bytes(length))


def test_keys_are_made_from_the_randomness_they_are_given() -> None:
    assert bytes(SecretKey.generate(lambda count: b"\x07" * count)) == b"\x07" * 32
    assert XWingPrivateKey.generate(lambda count: b"\x07" * count).seed == b"\x07" * 96
    assert bytes(SecretKey.generate()) != bytes(SecretKey.generate())
    assert SecretKey(os.urandom(32)) != SecretKey(os.urandom(32))
