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
    """Certificates are DER; the log key signs heads and receipts and nothing else.

    `first` is the issuing CA the log began with, `issuing` the one that certified this server's keys.
    """

    root: bytes
    first: bytes
    issuing: bytes
    log_certificate: bytes
    log_key: SigningKey
    names: frozenset[str] = frozenset()  # under which clients reach this server

    @classmethod
    def load(cls, folder: Path) -> Self:
        key = load_pem_private_key((folder / "log.key").read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("log.key is not an elliptic-curve key")
        first = folder / "first.pem"
        return cls(
            _certificate(folder / "root.pem"),
            # A folder of before there was a `first.pem` has had one issuing CA.
            _certificate(first if first.exists() else folder / "issuing.pem"),
            _certificate(folder / "issuing.pem"),
            _certificate(folder / "log.pem"),
            SigningKey(key),
            _server_names(folder / "server.pem"),
        )


def _server_names(path: Path) -> frozenset[str]:
    """The names in the TLS certificate; none while there is no such file."""
    if not path.exists():
        return frozenset()
    names = x509.load_pem_x509_certificate(path.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    hosts = [
        *names.value.get_values_for_type(x509.DNSName),
        *(str(address) for address in names.value.get_values_for_type(x509.IPAddress)),
    ]
    return frozenset(host.lower() for host in hosts)


def _certificate(path: Path) -> bytes:
    return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
