"""The issuing CA's signatures: certificates, organisation roots, revocation lists, seals; the root's acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from protocol.crypto import certificates
from protocol.crypto.certificates import Profile
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign, verify
from protocol.directory.log import (
    CaChange,
    Leaf,
    LeafKind,
    OrganisationRoot,
    RevocationList,
    SealCertificate,
)
from protocol.directory.organisation import Organisation
from protocol.errors import ErrorCode, JinshuError
from server_stub.ca.folder import KeyPair
from server_stub.ca.state import BodyRecord, RevocationRecord, SealCertificateRecord, SeenLog


def certificate_digest(der: bytes) -> str:
    return certificates.fingerprint(der).hex()


def found_root(site: str, now: int) -> KeyPair:
    key = SigningKey.generate()
    return KeyPair(key, certificates.make_root(key, f"{site}锦书根证书", at_ms=now))


def found_issuing(root: KeyPair, site: str, now: int) -> KeyPair:
    key = SigningKey.generate()
    name = f"{site}锦书签发证书"
    return KeyPair(
        key, certificates.make_issuing(root.key, root.certificate, key.public_spki, name, at_ms=now)
    )


def sign_ca_change(root: KeyPair, issuing: bytes, last_trusted: int, now: int) -> Signed:
    """The exit from a compromise (C1): what the old CA signed beyond that log size is void."""
    change = CaChange(issuing, last_trusted, now)
    return sign(root.key, certificate_hash(root.certificate), SignedType.CA_CHANGE, change.value())


def make_leaf(kind: LeafKind, signed: Signed) -> bytes:
    """A leaf of the directory log; the CA's and the root's certificates are known, so none travels."""
    return Leaf(kind, signed.to_bytes(), None).to_bytes()


@dataclass(frozen=True, slots=True)
class Period:
    """When a statement is made, when the next is due (ms UTC), and the log it was made over; None: it names none."""

    issued_at: int
    next_update: int
    log: SeenLog | None = None

    def value(self) -> dict[str, Any]:
        times = {"issued_at": self.issued_at, "next_update": self.next_update}
        return times if self.log is None else times | {"log_size": self.log.size, "log_root": self.log.root}


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs only what its callers have checked; it keeps no record (see `journal`)."""

    issuing: KeyPair
    root_certificate: bytes

    def check_request(self, csr: bytes) -> None:
        """Raise unless the request proves possession of a P-256 key."""
        certificates.read_csr(csr)

    def server_certificate(self, csr: bytes, names: Sequence[str], now: int) -> bytes:
        return certificates.make_server(
            self.issuing.key, self.issuing.certificate, certificates.read_csr(csr), names, at_ms=now
        )

    def log_certificate(self, csr: bytes, now: int) -> bytes:
        return certificates.make_log(
            self.issuing.key, self.issuing.certificate, certificates.read_csr(csr), at_ms=now
        )

    def operator_certificate(self, key: SigningKey, now: int) -> bytes:
        return certificates.make_operator(
            self.issuing.key, self.issuing.certificate, key.public_spki, "jinshu-ca", at_ms=now
        )

    def device_certificate(self, csr: bytes, device: str, person: str, now: int) -> bytes:
        return certificates.make_device(
            self.issuing.key,
            self.issuing.certificate,
            certificates.read_csr(csr),
            person=person,
            device=device,
            at_ms=now,
        )

    def seal_certificate(self, csr: bytes, seal: str, body: BodyRecord, now: int) -> bytes:
        return certificates.make_seal(
            self.issuing.key,
            self.issuing.certificate,
            certificates.read_csr(csr),
            seal=seal,
            body=body.id,
            body_name=body.name,
            at_ms=now,
        )

    def sign_organisation(
        self, org_seq: int, entries: Sequence[bytes], previous: bytes | None, period: Period
    ) -> Signed:
        # A snapshot that names what is not there is refused here rather than by every client.
        root = Organisation.parse(org_seq, entries).root
        payload = OrganisationRoot(org_seq, root, len(entries), previous, **period.value())
        return self._sign(SignedType.ORGANISATION_ROOT, payload.value())

    def sign_revocations(self, number: int, revoked: Sequence[RevocationRecord], period: Period) -> Signed:
        rows = [
            {
                "cert": bytes.fromhex(item.certificate_hash),
                "device": item.device,
                "reason": item.reason,
                "at": item.at,
            }
            for item in revoked
        ]
        payload = RevocationList(number, rows, **period.value())
        return self._sign(SignedType.REVOCATION_LIST, payload.value())

    def sign_seal(self, record: SealCertificateRecord) -> Signed:
        payload = SealCertificate(
            record.seal, record.body, record.keeper, record.device, record.certificate, record.signed_at
        )
        return self._sign(SignedType.SEAL_CERTIFICATE, payload.value())

    def verify_head(self, head: Signed, log_certificate: bytes, now: int) -> None:
        """Raise unless the log key that this CA certified signed the head."""
        facts = certificates.verify_chain(
            log_certificate, self.issuing.certificate, self.root_certificate, at_ms=now, profile=Profile.LOG
        )
        if head.cert_hash != certificate_hash(log_certificate):
            raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)
        verify(head, facts.public_key, SignedType.LOG_HEAD)

    def _sign(self, kind: SignedType, payload: dict[str, Any]) -> Signed:
        return sign(self.issuing.key, certificate_hash(self.issuing.certificate), kind, payload)
