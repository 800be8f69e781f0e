"""The certificates everything else is believed by; the root is pinned when the device enrols."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from client.core.connection.tls import pinned_context
from protocol.crypto.certificates import Profile, verify_chain
from protocol.errors import ErrorCode, JinshuError


@dataclass(frozen=True, slots=True)
class Trust:
    """Root, issuing CA and log certificate, DER."""

    root: bytes
    issuing: bytes
    log_certificate: bytes

    @property
    def root_fingerprint(self) -> bytes:
        return sha256(self.root).digest()

    def check(self, at_ms: int) -> None:
        """Check that root, issuing CA and log certificate make a chain.

        Raises:
            JinshuError: what is wrong with it.
        """
        verify_chain(self.log_certificate, self.issuing, self.root, at_ms=at_ms, profile=Profile.LOG)

    def tls(self) -> ssl.SSLContext:
        return pinned_context(self.root, (self.issuing,))

    def by_name(self) -> dict[str, bytes]:
        return {"root": self.root, "issuing": self.issuing, "log": self.log_certificate}

    @classmethod
    def of(cls, certificates: dict[str, bytes]) -> Self:
        try:
            return cls(certificates["root"], certificates["issuing"], certificates["log"])
        except KeyError:
            raise JinshuError(ErrorCode.PROFILE_DAMAGED) from None
