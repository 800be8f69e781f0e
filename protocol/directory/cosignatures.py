"""Co-signatures of witnesses (C4, C45): the form is C2SP's cosignature/v1, so that a witness need not be a program of ours.

A witness follows the log, checks that each head continues the one before, and signs it with the time. It vouches for nothing but
that there is one log: a server that shows somebody another one has no co-signatures for it, and one that shows somebody an old one
has only old ones. What is signed is the checkpoint of the log as text (c2sp.org/tlog-checkpoint): origin, size and root.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError

_ALGORITHM: Final = b"\x04"  # of timestamped Ed25519 co-signatures, in key ids and verifier keys
_KEY_BYTES: Final = 32
_NAME: Final = 100


def origin_of(log_spki: bytes) -> str:
    """The name of a log among others: its key, since nothing else of it lasts as long."""
    return f"jinshu/{hashlib.sha256(log_spki).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One size of one log and the root it has there."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def to_sign(self, at_s: int) -> bytes:
        """What a witness signs at a time, in seconds since 1970 UTC."""
        return f"cosignature/v1\ntime {at_s}\n{self.text}".encode()


@dataclass(frozen=True, slots=True)
class Cosignature:
    """What one witness said of one checkpoint. `witness`: the hash of its verifier key; `at_s`: seconds since 1970 UTC."""

    witness: bytes
    size: int
    root: bytes
    at_s: int
    signature: bytes

    def checkpoint(self, origin: str) -> Checkpoint:
        return Checkpoint(origin, self.size, self.root)


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness as the CA lists it: its verifier key, `NAME+HASH+BASE64` (c2sp.org/signed-note)."""

    name: str
    key: bytes

    @classmethod
    def parse(cls, verifier: str) -> Self:
        """Read a verifier key.

        Raises:
            JinshuError: `wire.malformed`.
        """
        name, _, rest = verifier.partition("+")
        stated, _, encoded = rest.partition("+")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        good = 0 < len(name) <= _NAME and not any(c.isspace() for c in name)
        if not good or len(data) != 1 + _KEY_BYTES or data[:1] != _ALGORITHM:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="witness")
        found = cls(name, data[1:])
        if found.key_id.hex() != stated:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="witness")
        return found

    @property
    def key_id(self) -> bytes:
        """The four bytes by which signed notes name a key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ALGORITHM + self.key).digest()[:4]

    @property
    def verifier(self) -> str:
        encoded = base64.b64encode(_ALGORITHM + self.key).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @property
    def hash(self) -> bytes:
        """By which a co-signature names its witness."""
        return hashlib.sha256(self.verifier.encode()).digest()

    def verify(self, cosignature: Cosignature, origin: str) -> None:
        """Return if this witness said so.

        Raises:
            JinshuError: `directory.cosignature_invalid`.
        """
        said = cosignature.checkpoint(origin).to_sign(cosignature.at_s)
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(cosignature.signature, said)
        except (InvalidSignature, ValueError):
            raise RemoteProtocolError(ErrorCode.DIRECTORY_COSIGNATURE_INVALID, witness=self.name) from None


def cosign(key: Ed25519PrivateKey, name: str, checkpoint: Checkpoint, at_s: int) -> Cosignature:
    """Sign a checkpoint; whoever calls this has checked that it continues what was signed before."""
    witness = Witness(name, key.public_key().public_bytes_raw())
    signature = key.sign(checkpoint.to_sign(at_s))
    return Cosignature(witness.hash, checkpoint.size, checkpoint.root, at_s, signature)


def listed(verifiers: Iterable[str]) -> dict[bytes, Witness]:
    """The witnesses of a site's policy, by hash; an entry that is no verifier key is nobody's and counts for nothing."""
    found: dict[bytes, Witness] = {}
    for verifier in verifiers:
        try:
            witness = Witness.parse(verifier)
        except JinshuError:
            continue
        found[witness.hash] = witness
    return found
