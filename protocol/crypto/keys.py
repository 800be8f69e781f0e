"""Private and public keys that never print themselves.

X-Wing (ML-KEM-768 + X25519): public keys are 1184 ‖ 32 bytes, private seeds 64 ‖ 32 (C7).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NoReturn, SupportsIndex

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

from protocol.errors import ErrorCode, JinshuError, LocalProtocolError, RemoteProtocolError

XWING_PUBLIC_BYTES: Final = 1184 + 32
XWING_SEED_BYTES: Final = 64 + 32
SIGNATURE_BYTES: Final = 64
_CURVE: Final = ec.SECP256R1()
# The order of the group of P-256 (FIPS 186-5, SP 800-186 §3.2.1.3).
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_ANY_SCALAR: Final = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))


class Secret:
    """What is common to everything that must not leak by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError("keys are neither pickled nor copied")


def key_id(public: bytes) -> bytes:
    """The first 16 bytes of SHA-256 of a public key (C7)."""
    return hashlib.sha256(public).digest()[:16]


class SigningKey(Secret):
    """An ECDSA P-256 private key."""

    __slots__ = ("_key",)

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        if not isinstance(key.curve, ec.SECP256R1):
            raise LocalProtocolError(ErrorCode.CERTIFICATE_WRONG_PROFILE)
        self._key = key

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(ec.generate_private_key(_CURVE))

    @classmethod
    def from_private_bytes(cls, data: bytes) -> SigningKey:
        """From the 32-byte private scalar, big-endian.

        Raises:
            JinshuError: `keys.no_key`.
        """
        scalar = int.from_bytes(data, "big")
        if len(data) != 32 or not 0 < scalar < _ORDER:
            raise JinshuError(ErrorCode.KEYS_NO_KEY)
        return cls(ec.derive_private_key(scalar, _CURVE))

    def private_bytes(self) -> bytes:
        return self._key.private_numbers().private_value.to_bytes(32, "big")

    @property
    def public_spki(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def native(self) -> ec.EllipticCurvePrivateKey:
        """For libraries that build certificates or PAdES signatures."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """ECDSA with SHA-256, as r ‖ s, 64 bytes."""
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class VerifyingKey:
    """An ECDSA P-256 public key."""

    __slots__ = ("_key", "spki")

    def __init__(self, spki: bytes) -> None:
        try:
            key = serialization.load_der_public_key(spki)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise RemoteProtocolError(ErrorCode.CERTIFICATE_WRONG_PROFILE) from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise RemoteProtocolError(ErrorCode.CERTIFICATE_WRONG_PROFILE)
        self._key = key
        self.spki = spki

    def __repr__(self) -> str:
        return f"<VerifyingKey {key_id(self.spki).hex()}>"

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if the signature (r ‖ s) is good.

        Raises:
            JinshuError: `signature.invalid`.
        """
        if len(signature) != SIGNATURE_BYTES:
            raise JinshuError(ErrorCode.SIGNATURE_INVALID)
        der = encode_dss_signature(
            int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        )
        try:
            self._key.verify(der, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise JinshuError(ErrorCode.SIGNATURE_INVALID) from None


@lru_cache(maxsize=8192)
def is_usable_xwing(data: bytes) -> bool:
    """Whether anything can be sealed to a public key: its length, its ML-KEM coefficients and the order of its point are right."""
    try:
        XWingPublicKey(data)
    except JinshuError:
        return False
    return True


@lru_cache(maxsize=8192)
def is_usable_curve25519(data: bytes) -> bool:
    """Whether a secret can be shared with a public key: a point of low order has the same one with everybody."""
    try:
        _ANY_SCALAR.exchange(x25519.X25519PublicKey.from_public_bytes(data))
    except ValueError:
        return False
    return True


class XWingPublicKey:
    """A recipient's key; `bytes(key)` is its 1216-byte form."""

    __slots__ = ("_bytes", "_key")

    def __init__(self, data: bytes) -> None:
        if len(data) != XWING_PUBLIC_BYTES:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        try:
            curve = x25519.X25519PublicKey.from_public_bytes(data[1184:])
            # A point of low order has no shared key with anyone: refused here, not when somebody seals to it.
            _ANY_SCALAR.exchange(curve)
            kem = mlkem.MLKEM768PublicKey.from_public_bytes(data[:1184])
            self._key = MLKEM768X25519PublicKey(kem, curve)
        except ValueError:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None
        self._bytes = bytes(data)

    def __bytes__(self) -> bytes:
        return self._bytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XWingPublicKey) and self._bytes == other._bytes

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __repr__(self) -> str:
        return f"<XWingPublicKey {self.key_id.hex()}>"

    @property
    def key_id(self) -> bytes:
        return key_id(self._bytes)

    @property
    def native(self) -> MLKEM768X25519PublicKey:
        return self._key


class XWingPrivateKey(Secret):
    """The private half, made from a 96-byte seed (ML-KEM 64 ‖ X25519 32)."""

    __slots__ = ("_key", "_seed", "public")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != XWING_SEED_BYTES:
            raise RemoteProtocolError(ErrorCode.KEYS_SEED_MISMATCH)
        kem = mlkem.MLKEM768PrivateKey.from_seed_bytes(seed[:64])
        curve = x25519.X25519PrivateKey.from_private_bytes(seed[64:])
        self._seed = bytes(seed)
        self._key = MLKEM768X25519PrivateKey(kem, curve)
        self.public = XWingPublicKey(
            kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        )

    @classmethod
    def generate(cls, entropy: Callable[[int], bytes] = os.urandom) -> XWingPrivateKey:
        return cls(entropy(XWING_SEED_BYTES))

    @property
    def seed(self) -> bytes:
        return self._seed

    @property
    def native(self) -> MLKEM768X25519PrivateKey:
        return self._key


class SecretKey(Secret):
    """32 bytes for AES-256-GCM; `bytes(key)` where a cipher needs them."""

    __slots__ = ("_bytes",)

    def __init__(self, data: bytes) -> None:
        if len(data) != 32:
            raise LocalProtocolError(ErrorCode.KEYS_NO_KEY)
        self._bytes = bytes(data)

    @classmethod
    def generate(cls, entropy: Callable[[int], bytes] = os.urandom) -> SecretKey:
        return cls(entropy(32))

    def __bytes__(self) -> bytes:
        return self._bytes
