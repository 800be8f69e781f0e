"""Sessions (C19): a device proves that it holds its certificate's key, and gets a token for fifteen minutes."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from protocol import payload
from protocol.crypto.certificates import CertificateFacts, Profile, verify_chain
from protocol.crypto.signature import Signed, SignedType, certificate_hash, verify
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from protocol.release import LOWEST_PROTOCOL
from server_stub.auth.log_port import LogPort
from server_stub.auth.names import ServerNames
from server_stub.clock import Clock

TOKEN_MS: Final = 15 * 60 * 1000
NONCE_MS: Final = 60 * 1000
SESSIONS_KEPT: Final = 8  # of one device
_NONCES_KEPT: Final = 20_000
OPERATOR: Final = "operator"
_RELEASE: Final = 32
_DIGITS: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Session:
    """Who is speaking. `device` is "operator" for the CA's operator."""

    device: str
    person: str
    cert_hash: bytes
    expires_at: int
    issuing: bytes = b""  # the CA that vouched for the certificate
    protocol: int = 0  # the versions it says it is of
    release: str = ""

    @property
    def is_operator(self) -> bool:
        return self.device == OPERATOR


class Sessions:
    """Nonces and tokens, in memory: after a restart every client signs in again, in one round trip."""

    def __init__(self, log: LogPort, clock: Clock, names: Iterable[str]) -> None:
        """`names`: under which clients reach this server; a proof made for another name is refused."""
        self._log = log
        self._clock = clock
        self._names = ServerNames(names)
        self._nonces: OrderedDict[bytes, tuple[bytes, int]] = OrderedDict()
        self._sessions: dict[bytes, Session] = {}

    def nonce(self, certificate: bytes) -> bytes:
        """A nonce for one certificate, good for a minute."""
        nonce = secrets.token_bytes(32)
        self._nonces[nonce] = (certificate_hash(certificate), self._clock.now_ms() + NONCE_MS)
        while len(self._nonces) > _NONCES_KEPT:
            self._nonces.popitem(last=False)
        return nonce

    def begin(self, proof: bytes, certificate: bytes) -> tuple[str, Session]:
        """Check the proof and make a token.

        Raises:
            JinshuError: `session.*`, `certificate.*`, `signature.*` or `wire.malformed`.
        """
        now = self._clock.now_ms()
        signed = Signed.parse(proof, SignedType.SESSION_PROOF)
        value = signed.value()
        facts, claimed = self._identify(certificate, value, now)
        if signed.cert_hash != facts.sha256:
            raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)
        verify(signed, facts.public_key, SignedType.SESSION_PROOF)
        self._spend(claimed["nonce"], facts.sha256, now)
        session = Session(
            device=facts.device or OPERATOR,
            person=facts.person or OPERATOR,
            cert_hash=facts.sha256,
            expires_at=now + TOKEN_MS,
            issuing=self._log.state.issuing_for(facts.sha256),
            protocol=claimed["protocol"],
            release=str(value.get("release", ""))[:_RELEASE],
        )
        self._sweep(now)
        if not session.is_operator:
            self._displace(session.cert_hash)
        token = secrets.token_urlsafe(32)
        self._sessions[_hashed(token)] = session
        return token, session

    def _identify(
        self, certificate: bytes, value: dict[str, Any], now: int
    ) -> tuple[CertificateFacts, dict[str, Any]]:
        # Before its shape: what comes from another time is told so, whatever else it says.
        self._check_version(value.get("protocol"))
        operator = "operator" in value
        shapes: dict[str, payload.Shape] = {
            "nonce": payload.octets(32),
            "protocol": payload.integer,
            "server": payload.text,
            **({"operator": payload.text} if operator else {"device": payload.identifier(IdKind.DEVICE)}),
        }
        claimed = payload.check(value, shapes, tolerant=True)
        state = self._log.state
        profile = Profile.OPERATOR if operator else Profile.DEVICE
        issuing = state.issuing_for(certificate_hash(certificate))
        facts = verify_chain(certificate, issuing, state.root, at_ms=now, profile=profile)
        if facts.sha256 in state.revoked_at:
            raise JinshuError(ErrorCode.CERTIFICATE_REVOKED)
        if not operator and claimed["device"] != facts.device:
            raise JinshuError(ErrorCode.SESSION_UNAUTHORISED)
        # A proof made for another server is of no use here, whoever carries it over.
        if claimed["server"] not in self._names:
            raise JinshuError(ErrorCode.SESSION_UNAUTHORISED)
        return facts, claimed

    def _check_version(self, protocol: object) -> None:
        """Newer clients are welcome: they know what this server does not. Older ones than the site wants are not."""
        lowest = max(LOWEST_PROTOCOL, self._log.state.organisation.site.lowest_client)
        if type(protocol) is not int or protocol < lowest:
            raise JinshuError(ErrorCode.SESSION_UPGRADE_REQUIRED, protocol=lowest)

    def _spend(self, nonce: bytes, cert_hash: bytes, now: int) -> None:
        known = self._nonces.pop(nonce, None)
        if known is None or known[0] != cert_hash or known[1] < now:
            raise JinshuError(ErrorCode.SESSION_NONCE_USED)

    def _sweep(self, now: int) -> None:
        ended = [key for key, session in self._sessions.items() if session.expires_at < now]
        for key in ended:
            del self._sessions[key]

    def _displace(self, cert_hash: bytes) -> None:
        """Make room for one more session of a device: the oldest end."""
        of_device = [key for key, session in self._sessions.items() if session.cert_hash == cert_hash]
        for key in of_device[: max(0, len(of_device) + 1 - SESSIONS_KEPT)]:
            del self._sessions[key]

    def check(self, authorization: str | None, protocol: str | None) -> Session:
        """Whose request this is.

        Raises:
            JinshuError: `session.upgrade_required`, `session.expired`, `certificate.revoked` or `certificate.untrusted`.
        """
        self._check_version(int(protocol) if protocol is not None and _DIGITS.fullmatch(protocol) else None)
        scheme, _, token = (authorization or "").partition(" ")
        session = self._sessions.get(_hashed(token)) if scheme == "Bearer" else None
        if session is None or session.expires_at < self._clock.now_ms():
            raise JinshuError(ErrorCode.SESSION_EXPIRED)
        if session.cert_hash in self._log.state.revoked_at:
            raise JinshuError(ErrorCode.CERTIFICATE_REVOKED, device=session.device)
        # The CA was changed since: what the old one certified counts only where the log had it in time.
        if session.issuing != self._log.state.issuing_for(session.cert_hash):
            raise JinshuError(ErrorCode.CERTIFICATE_UNTRUSTED)
        return session


def _hashed(token: str) -> bytes:
    # A memory dump shows hashes, not tokens that could be used.
    return hashlib.sha256(token.encode()).digest()
