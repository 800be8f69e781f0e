"""A witness of the log in a test: it signs what it is told to, honest or not."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol.directory.cosignatures import Checkpoint, Cosignature, Witness, cosign


class GivenWitness:
    """One with a key of its own; names differ, so that a site can list several."""

    def __init__(self, name: str = "audit.example") -> None:
        self.name = name
        self.key = Ed25519PrivateKey.generate()

    @property
    def verifier(self) -> str:
        return Witness(self.name, self.key.public_key().public_bytes_raw()).verifier

    def says(self, origin: str, size: int, root: bytes, at_s: int) -> Cosignature:
        return cosign(self.key, self.name, Checkpoint(origin, size, root), at_s)
