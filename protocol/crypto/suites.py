"""The byte every format of ours begins with (C15): the suite, and in its highest bit whether the plaintext inside is padded (C44).

Only sealed contents of entries and blobs are ever padded so; in every other format the bit is no suite and is refused.
What a suite is made of stands in one table; one that lacks a part is named there, and refused until it has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.errors import ErrorCode, RemoteProtocolError


class Suite(IntEnum):
    """1: X-Wing, AES-256-GCM, ECDSA P-256, SHA-256. 2: 国密 (SM2, SM3, SM4), not complete yet."""

    WESTERN = 1
    GUOMI = 2


class Aead(Protocol):
    """A cipher with its key: nonces of 12 bytes, tags of 16 at the end."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        """Raises:
        InvalidTag: it was not sealed so.
        """
        ...


class Sm4Gcm:
    """SM4 (GB/T 32907) in Galois/Counter Mode as in RFC 8998; the interface of `AESGCM`."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        cipher = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(associated_data or b"")
        return cipher.update(data) + cipher.finalize() + cipher.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, /) -> bytes:
        if len(data) < _TAG:
            raise InvalidTag
        cipher = Cipher(self._algorithm, modes.GCM(nonce, data[-_TAG:])).decryptor()
        cipher.authenticate_additional_data(associated_data or b"")
        return cipher.update(data[:-_TAG]) + cipher.finalize()


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def sm3(data: bytes) -> bytes:
    """32 bytes (GB/T 32905)."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


@dataclass(frozen=True, slots=True)
class Algorithms:
    """What a suite is made of; `missing` are the parts it cannot do without and has not."""

    digest: Callable[[bytes], bytes]
    aead: Callable[[bytes], Aead]
    missing: tuple[str, ...] = ()


_TAG: Final = 16
# SM2 waits for a library that is kept, licensed, and has wheels for Windows, x86-64 and 64-bit ARM (DECISIONS.md); the test values
# it has to meet stand in tests/vectors/guomi.json. A key agreement for envelopes, and 16-byte keys, are to be decided with it.
SUITES: Final[Mapping[Suite, Algorithms]] = {
    Suite.WESTERN: Algorithms(sha256, AESGCM),
    Suite.GUOMI: Algorithms(sm3, Sm4Gcm, ("SM2",)),
}
CURRENT: Final = Suite.WESTERN
_PADDED: Final = 0x80


def first_byte(*, padded: bool) -> bytes:
    """What a sealed content or a blob begins with."""
    return bytes((CURRENT | (_PADDED if padded else 0),))


def read_first_byte(byte: int) -> tuple[Suite, bool]:
    """The suite of a sealed content or a blob, and whether it is padded.

    Raises:
        RemoteProtocolError: `wire.unknown_type`.
    """
    return check_suite(byte & ~_PADDED), bool(byte & _PADDED)


def check_suite(byte: int) -> Suite:
    """The suite a byte names.

    Raises:
        RemoteProtocolError: `wire.unknown_type`; of a suite that is not complete, with `suite` and what is `missing`. It is the
            same code as for a suite nobody knows: to this version both are a later one's (C41).
    """
    try:
        suite = Suite(byte)
    except ValueError:
        raise RemoteProtocolError(ErrorCode.WIRE_UNKNOWN_TYPE) from None
    missing = SUITES[suite].missing
    if missing:
        raise RemoteProtocolError(ErrorCode.WIRE_UNKNOWN_TYPE, suite=int(suite), missing=", ".join(missing))
    return suite
