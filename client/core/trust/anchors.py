"""The certificates everything else is believed by; the root is pinned when the device enrols."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self

from client.core.trust.tls import Replaced, pinned_context
from protocol.crypto.certificates import Profile, public_key_of, valid_from, verify_chain, verify_issuing
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError


@dataclass(frozen=True, slots=True)
class Trust:
    """Root, log certificate and the issuing CA that certified it, DER; `first` is the CA the log began with."""

    root: bytes
    issuing: bytes
    log_certificate: bytes
    first: bytes

    @property
    def root_fingerprint(self) -> bytes:
        return sha256(self.root).digest()

    def check(self, at_ms: int) -> None:
        """Check that root, issuing CA and log certificate make a chain, and the first issuing CA another.

        Raises:
            JinshuError: what is wrong with it.
        """
        verify_chain(self.log_certificate, self.issuing, self.root, at_ms=at_ms, profile=Profile.LOG)
        # The first may have ended since: what it signed is judged at the time it signed it, leaf by leaf.
        verify_issuing(self.first, self.root, at_ms=valid_from(self.first))

    def tls(self, replaced: Replaced = tuple) -> ssl.SSLContext:
        """TLS to a server under the root, but not one that a replaced CA certified."""
        return pinned_context(self.root, (self.issuing,), replaced)

    def by_name(self) -> dict[str, bytes]:
        return {
            "root": self.root,
            "issuing": self.issuing,
            "log": self.log_certificate,
            "first": self.first,
        }

    def renewed(self, issuing: bytes, log_certificate: bytes) -> Self:
        """The same trust with the log's key certified anew; the chain is still to be checked.

        Raises:
            JinshuError: `certificate.untrusted`, it is another key.
        """
        if public_key_of(log_certificate) != public_key_of(self.log_certificate):
            raise RemoteProtocolError(ErrorCode.CERTIFICATE_UNTRUSTED)
        return replace(self, issuing=issuing, log_certificate=log_certificate)

    @classmethod
    def of(cls, certificates: dict[str, bytes]) -> Self:
        try:
            issuing = certificates["issuing"]
            # A store of before the first CA was kept apart has seen one CA.
            first = certificates.get("first", issuing)
            return cls(certificates["root"], issuing, certificates["log"], first)
        except KeyError:
            raise JinshuError(ErrorCode.PROFILE_DAMAGED) from None
