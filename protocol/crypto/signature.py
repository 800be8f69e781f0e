"""Signed bytes (C14): what was signed is what is shipped, and never encoded again to be verified.

suite u8 ‖ type u8 ‖ SHA-256(certificate) 32 ‖ signature r‖s 64 ‖ payload (deterministic CBOR).
The signature covers "jinshu/v1/" ‖ suite ‖ type ‖ certificate hash ‖ payload.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any, Final

from protocol.crypto import cbor
from protocol.crypto.keys import SIGNATURE_BYTES, SigningKey, VerifyingKey
from protocol.crypto.suites import CURRENT, SUITES, Suite, check_suite
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError

_DOMAIN: Final = b"jinshu/v1/"
_HEADER: Final = 2 + 32 + SIGNATURE_BYTES
MAX_SIGNED: Final = 1 << 20


class SignedType(IntEnum):
    """Everything that is ever signed, listed once."""

    ORGANISATION_ROOT = 1
    REVOCATION_LIST = 2
    LOG_HEAD = 3
    DEVICE_BUNDLE = 4
    KEY_GENERATION = 5
    KEY_SHARE = 6
    GENERATION_CONFIRM = 7
    DEVICE_CONSENT = 8
    CA_CHANGE = 9
    SERVER_RECEIPT = 10
    CASE_HEAD = 11
    SEAL_CERTIFICATE = 12
    DEVICE_CERTIFICATE = 13
    OLM_IDENTITY = 14
    DOCUMENT_ENTRY = 16
    NUMBER_ENTRY = 17
    SESSION_PROOF = 20
    RECOVERY_CONSENT = 21
    ROSTER = 24
    MESSAGE = 25
    KEY_PACKET = 26
    PREKEY = 27
    MEETING = 28
    CHAIR_ACT = 29
    MEETING_JOIN = 30
    EPOCH = 31
    EPOCH_PACKET = 32
    CHANNEL_KEY = 33
    COMMITTED_MESSAGE = 34
    LEFT_OUT = 35


_TYPES: Final = frozenset(SignedType)


def certificate_hash(certificate: bytes) -> bytes:
    """SHA-256 of a certificate's DER: how a signature names its signer."""
    return hashlib.sha256(certificate).digest()


@dataclass(frozen=True)
class Signed:
    """A signed payload as it travels. Nothing about it is believed before `verify`."""

    type: SignedType | int  # a plain number: a later version's, which only a tolerant reader lets in
    cert_hash: bytes
    signature: bytes
    payload: bytes
    suite: int = int(CURRENT)

    def __repr__(self) -> str:
        return (
            f"<Signed {SignedType(self.type).name if self.known else self.type} {self.entry_id.hex()[:16]}>"
        )

    @property
    def known(self) -> bool:
        """Whether this version knows the type."""
        return isinstance(self.type, SignedType)

    @classmethod
    def parse(cls, data: bytes, expected: SignedType | None = None, *, tolerant: bool = False) -> Signed:
        """Split the bytes; `tolerant`: a type this version does not know may be a newer form of the expected one (C41).

        Raises:
            JinshuError: `wire.malformed`, `wire.too_large`, `wire.unknown_type`, or `signature.wrong_type`.
        """
        if len(data) > MAX_SIGNED:
            raise RemoteProtocolError(ErrorCode.WIRE_TOO_LARGE)
        if len(data) <= _HEADER:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        suite = check_suite(data[0])
        kind: SignedType | int = data[1]
        if kind in _TYPES:
            kind = SignedType(kind)
        elif not tolerant:
            raise RemoteProtocolError(ErrorCode.WIRE_UNKNOWN_TYPE)
        if expected is not None and isinstance(kind, SignedType) and kind is not expected:
            raise RemoteProtocolError(ErrorCode.SIGNATURE_WRONG_TYPE)
        return cls(kind, bytes(data[2:34]), bytes(data[34:_HEADER]), bytes(data[_HEADER:]), int(suite))

    def to_bytes(self) -> bytes:
        return bytes((self.suite, self.type)) + self.cert_hash + self.signature + self.payload

    @property
    def signed_bytes(self) -> bytes:
        """The preamble and the payload."""
        return _preamble(self.suite, self.type, self.cert_hash) + self.payload

    @cached_property
    def entry_id(self) -> bytes:
        """The suite's digest (1: SHA-256) of preamble ‖ payload: the signature is not in it, so signing again is the same act."""
        return SUITES[Suite(self.suite)].digest(self.signed_bytes)

    def value(self) -> dict[str, Any]:
        """The decoded payload, always a map.

        Raises:
            JinshuError: `wire.malformed`.
        """
        value = cbor.decode(self.payload, limit=MAX_SIGNED)
        if not isinstance(value, dict):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        return value


def _preamble(suite: int, kind: int, cert_hash: bytes) -> bytes:
    return _DOMAIN + bytes((suite, kind)) + cert_hash


def sign(key: SigningKey, cert_hash: bytes, kind: SignedType | int, value: dict[str, Any]) -> Signed:
    """Sign a value under the certificate of that hash."""
    payload = cbor.encode(value)
    signature = key.sign(_preamble(int(CURRENT), kind, cert_hash) + payload)
    return Signed(kind, cert_hash, signature, payload)


def verify(signed: Signed, public_key: VerifyingKey | bytes, expected: SignedType | int) -> None:
    """Return if the holder of the key (a key or its SPKI) signed this as that type.

    Raises:
        JinshuError: `signature.wrong_type` or `signature.invalid`.
    """
    if signed.type != expected:
        raise JinshuError(ErrorCode.SIGNATURE_WRONG_TYPE)
    key = public_key if isinstance(public_key, VerifyingKey) else VerifyingKey(public_key)
    key.verify(signed.signature, signed.signed_bytes)
