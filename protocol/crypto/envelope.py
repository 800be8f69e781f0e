"""Sealing to a recipient's X-Wing key (RFC 9180 base mode) and the wrap records that carry a key to a principal (C7).

Base mode does not say who sealed: a wrap counts only if its hash stands in a signed entry.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke

from protocol.crypto import cbor
from protocol.crypto.keys import XWingPrivateKey, XWingPublicKey
from protocol.crypto.suites import CURRENT, check_suite
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError

_SUITE: Final = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
MAX_RECORD: Final = 4096


class Purpose(StrEnum):
    """What is sealed, so that one kind is never taken for another."""

    OBJECT_KEY = "object-key"
    PRINCIPAL_SEED = "principal-seed"
    DEVICE_CHANNEL = "device-channel"


@dataclass(frozen=True, slots=True)
class EnvelopeInfo:
    """Everything an envelope is bound to; it goes into HPKE's `info`."""

    purpose: Purpose
    object: str
    sender: str
    recipient: str
    generation: int

    def to_bytes(self) -> bytes:
        return cbor.encode(
            {
                "v": 1,
                "purpose": self.purpose.value,
                "object": self.object,
                "sender": self.sender,
                "recipient": self.recipient,
                "generation": self.generation,
            }
        )


def seal(public: XWingPublicKey, info: EnvelopeInfo, plaintext: bytes) -> bytes:
    """suite u8 ‖ HPKE single-shot ciphertext."""
    return bytes((CURRENT,)) + _SUITE.encrypt(plaintext, public.native, info=info.to_bytes())


def open_envelope(private: XWingPrivateKey, info: EnvelopeInfo, data: bytes) -> bytes:
    """Open what was sealed to this key for exactly this purpose, object, sender and generation.

    Raises:
        JinshuError: `envelope.cannot_open`.
    """
    if not data:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
    check_suite(data[0])
    try:
        return _SUITE.decrypt(data[1:], private.native, info=info.to_bytes())
    except (InvalidTag, ValueError):
        raise JinshuError(ErrorCode.ENVELOPE_CANNOT_OPEN) from None


@dataclass(frozen=True, slots=True)
class WrapRecord:
    """A key on its way to one principal (or a principal's seed to one device)."""

    object: str
    principal: str
    generation: int
    sender: str
    sealed: bytes

    @classmethod
    def parse(cls, data: bytes) -> WrapRecord:
        """Read a record.

        Raises:
            JinshuError: `wire.malformed` or `wire.too_large`.
        """
        value = cbor.decode(data, limit=MAX_RECORD)
        types = {"v": int, "object": str, "principal": str, "generation": int, "sender": str, "sealed": bytes}
        if (
            not isinstance(value, dict)
            or {k: type(v) for k, v in value.items()} != types
            or value.pop("v") != 1
        ):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        return cls(**value)

    def to_bytes(self) -> bytes:
        return cbor.encode(
            {
                "v": 1,
                "object": self.object,
                "principal": self.principal,
                "generation": self.generation,
                "sender": self.sender,
                "sealed": self.sealed,
            }
        )

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.to_bytes()).digest()

    def info(self, purpose: Purpose) -> EnvelopeInfo:
        return EnvelopeInfo(purpose, self.object, self.sender, self.principal, self.generation)


def wrap(public: XWingPublicKey, info: EnvelopeInfo, secret: bytes) -> WrapRecord:
    """Seal a secret to a principal and make the record of it."""
    return WrapRecord(info.object, info.recipient, info.generation, info.sender, seal(public, info, secret))


def unwrap(private: XWingPrivateKey, record: WrapRecord, purpose: Purpose) -> bytes:
    """Open a record with the recipient's key.

    Raises:
        JinshuError: `envelope.cannot_open`.
    """
    return open_envelope(private, record.info(purpose), record.sealed)
