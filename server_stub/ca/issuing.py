"""The issuing CA's signatures: certificates, organisation roots, revocation lists, seals; the root's acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.crypto import cbor, certificates, merkle
from protocol.crypto.certificates import Profile
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign, verify
from protocol.errors import ErrorCode, JinshuError
from server_stub.ca.folder import KeyPair
from server_stub.ca.state import BodyRecord, RevocationRecord, SealCertificateRecord


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
    payload = {"v": 1, "issuing": issuing, "last_trusted": last_trusted, "at": now}
    return sign(root.key, certificate_hash(root.certificate), SignedType.CA_CHANGE, payload)


def make_leaf(kind: str, signed: Signed) -> bytes:
    """A leaf of the directory log; the CA's and the root's certificates are known, so none travels."""
    return cbor.encode({"k": kind, "s": signed.to_bytes(), "c": None})


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
        self, org_seq: int, entries: Sequence[bytes], previous: bytes | None, now: int, next_update: int
    ) -> Signed:
        tree = merkle.root([merkle.leaf_hash(entry) for entry in entries])
        return self._sign(
            SignedType.ORGANISATION_ROOT,
            {
                "v": 1,
                "org_seq": org_seq,
                "root": tree,
                "count": len(entries),
                "previous": previous,
                "issued_at": now,
                "next_update": next_update,
            },
        )

    def sign_revocations(
        self, number: int, revoked: Sequence[RevocationRecord], now: int, next_update: int
    ) -> Signed:
        return self._sign(
            SignedType.REVOCATION_LIST,
            {
                "v": 1,
                "number": number,
                "revoked": [
                    {
                        "cert": bytes.fromhex(item.certificate_hash),
                        "device": item.device,
                        "reason": item.reason,
                        "at": item.at,
                    }
                    for item in revoked
                ],
                "issued_at": now,
                "next_update": next_update,
            },
        )

    def sign_seal(self, record: SealCertificateRecord) -> Signed:
        return self._sign(
            SignedType.SEAL_CERTIFICATE,
            {
                "v": 1,
                "seal": record.seal,
                "body": record.body,
                "keeper": record.keeper,
                "device": record.device,
                "certificate": record.certificate,
                "at": record.signed_at,
            },
        )

    def verify_head(self, head: Signed, log_certificate: bytes, now: int) -> None:
        """Raise unless the log key that this CA certified signed the head."""
        facts = certificates.verify_chain(
            log_certificate, self.issuing.certificate, self.root_certificate, at_ms=now, profile=Profile.LOG
        )
        if head.cert_hash != certificate_hash(log_certificate):
            raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)
        verify(head, facts.public_key, SignedType.LOG_HEAD)

    def _sign(self, kind: SignedType, payload: dict[str, object]) -> Signed:
        return sign(self.issuing.key, certificate_hash(self.issuing.certificate), kind, payload)
