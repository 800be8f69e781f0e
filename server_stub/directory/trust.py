"""The server's own keys and certificates, out of its `tls` folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from protocol.crypto.keys import SigningKey


@dataclass(frozen=True, slots=True)
class ServerTrust:
    """Certificates are DER; the log key signs heads and receipts and nothing else."""

    root: bytes
    issuing: bytes
    log_certificate: bytes
    log_key: SigningKey

    @classmethod
    def load(cls, folder: Path) -> Self:
        key = load_pem_private_key((folder / "log.key").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("log.key is not an elliptic-curve key")
        return cls(
            _certificate(folder / "root.pem"),
            _certificate(folder / "issuing.pem"),
            _certificate(folder / "log.pem"),
            SigningKey(key),
        )


def _certificate(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
