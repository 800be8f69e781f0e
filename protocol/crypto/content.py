"""The hidden part of an entry: sealed under the object's key, and committed to field by field in what is signed (C7, C11)."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from protocol.crypto import cbor, padding
from protocol.crypto.keys import SecretKey
from protocol.crypto.suites import CURRENT, SUITES, first_byte, read_first_byte
from protocol.errors import ErrorCode, JinshuError, LocalProtocolError, RemoteProtocolError

SALT_BYTES: Final = 16
MAX_CONTENT: Final = 1 << 20
_NONCE: Final = 12
_TAG: Final = 16
_MOST_PLAIN: Final = MAX_CONTENT - 1 - _NONCE - _TAG


@dataclass(frozen=True, slots=True)
class ContentContext:
    """What a ciphertext is bound to (the AAD)."""

    object: str
    step: str
    actor: str

    def to_bytes(self, *, padded: bool) -> bytes:
        facts: dict[str, Any] = {"object": self.object, "step": self.step, "actor": self.actor}
        return cbor.encode(facts | ({"padded": True} if padded else {}))


def commitment(name: str, value: Any, salt: bytes) -> bytes:
    """SHA-256("jinshu/commit/v1" ‖ salt ‖ CBOR{name, value})."""
    return hashlib.sha256(b"jinshu/commit/v1" + salt + cbor.encode({"name": name, "value": value})).digest()


def key_commitment(object_id: str, key: SecretKey) -> bytes:
    """What the entry that creates an object signs of its key (C7)."""
    return hashlib.sha256(b"jinshu/key-commit/v1" + object_id.encode() + bytes(key)).digest()


def derive_object_key(case_key: SecretKey, object_id: str) -> SecretKey:
    """The key of a branch or an issue: readers of the case can make it, its other readers cannot go back from it.

    HKDF-SHA-256 (RFC 5869) over the case's key, without salt, info "jinshu/object-key/v1" ‖ object id.
    """
    info = b"jinshu/object-key/v1" + object_id.encode()
    return SecretKey(HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(bytes(case_key)))


def check_key_commitment(object_id: str, key: SecretKey, committed: bytes) -> None:
    """Return if this is the object's key.

    Raises:
        JinshuError: `keys.commitment_mismatch`.
    """
    if not hmac.compare_digest(key_commitment(object_id, key), committed):
        raise JinshuError(ErrorCode.KEYS_COMMITMENT_MISMATCH, object=object_id)


def seal_content(
    key: SecretKey,
    context: ContentContext,
    fields: Mapping[str, Any],
    entropy: Callable[[int], bytes] = os.urandom,
    *,
    padded: bool,
) -> tuple[bytes, dict[str, bytes]]:
    """Seal the hidden fields; returns the ciphertext (first byte ‖ nonce ‖ AES-256-GCM) and the commitments to sign.

    Raises:
        LocalProtocolError: `wire.malformed` or `wire.too_large`, no reader would take it.
    """
    salted = {name: {"salt": entropy(SALT_BYTES), "value": value} for name, value in fields.items()}
    commitments = {name: commitment(name, field["value"], field["salt"]) for name, field in salted.items()}
    plain = cbor.encode({"fields": salted})
    if padded:
        plain = padding.pad(plain, _MOST_PLAIN)
    if len(plain) > _MOST_PLAIN:
        raise LocalProtocolError(ErrorCode.WIRE_TOO_LARGE)
    nonce = entropy(_NONCE)
    sealed = SUITES[CURRENT].aead(bytes(key)).encrypt(nonce, plain, context.to_bytes(padded=padded))
    return first_byte(padded=padded) + nonce + sealed, commitments


def is_padded(ciphertext: bytes) -> bool:
    """Whether a sealed content is of the padded form; everybody sees it.

    Raises:
        JinshuError: `wire.malformed` or `wire.unknown_type`.
    """
    if not ciphertext:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
    return read_first_byte(ciphertext[0])[1]


def open_content(
    key: SecretKey, context: ContentContext, ciphertext: bytes, commitments: Mapping[str, bytes]
) -> dict[str, Any]:
    """Open the hidden fields and recompute every commitment.

    Raises:
        JinshuError: `envelope.cannot_open`, `content.padding_wrong` or `content.commitment_mismatch`.
    """
    if len(ciphertext) > MAX_CONTENT:
        raise RemoteProtocolError(ErrorCode.WIRE_TOO_LARGE)
    if len(ciphertext) < 1 + _NONCE + _TAG:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
    suite, padded = read_first_byte(ciphertext[0])
    nonce, sealed = ciphertext[1 : 1 + _NONCE], ciphertext[1 + _NONCE :]
    try:
        plain = SUITES[suite].aead(bytes(key)).decrypt(nonce, sealed, context.to_bytes(padded=padded))
    except InvalidTag:
        raise JinshuError(ErrorCode.ENVELOPE_CANNOT_OPEN, object=context.object) from None
    fields = _fields(padding.unpad(plain, _MOST_PLAIN) if padded else plain)
    committed = {name: commitment(name, value, salt) for name, (value, salt) in fields.items()}
    if committed != dict(commitments):
        raise JinshuError(ErrorCode.CONTENT_COMMITMENT_MISMATCH, object=context.object)
    return {name: value for name, (value, _salt) in fields.items()}


def _fields(plain: bytes) -> dict[str, tuple[Any, bytes]]:
    value = cbor.decode(plain, limit=MAX_CONTENT)
    if not isinstance(value, dict) or set(value) != {"fields"} or not isinstance(value["fields"], dict):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
    found: dict[str, tuple[Any, bytes]] = {}
    for name, field in value["fields"].items():
        if not isinstance(field, dict) or set(field) != {"salt", "value"}:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        salt = field["salt"]
        if not isinstance(salt, bytes) or len(salt) != SALT_BYTES:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        found[name] = (field["value"], salt)
    return found
