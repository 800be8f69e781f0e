"""A city's root and issuing CA, and certificates that are nearly right."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.identifiers import IdKind, new_id

NOW = 1_800_000_000_000
PERSON, DEVICE = new_id(IdKind.PERSON, bytes(16)), new_id(IdKind.DEVICE, bytes(16))
SEAL, BODY = new_id(IdKind.SEAL, bytes(16)), new_id(IdKind.BODY, bytes(16))
DEVICE_NAMES = (f"urn:jinshu:device:{DEVICE}", f"urn:jinshu:person:{PERSON}")


@dataclass(frozen=True)
class City:
    """Two tiers of keys."""

    root_key: SigningKey = field(default_factory=SigningKey.generate)
    issuing_key: SigningKey = field(default_factory=SigningKey.generate)

    def root(self) -> bytes:
        return certificates.make_root(self.root_key, "城市根证书", at_ms=NOW)

    def issuing(self, root: bytes) -> bytes:
        return certificates.make_issuing(
            self.root_key, root, self.issuing_key.public_spki, "城市签发证书", at_ms=NOW
        )


CITY = City()
ROOT = CITY.root()
ISSUING = CITY.issuing(ROOT)
LEAF_KEY = SigningKey.generate()


def leaf(profile: certificates.Profile, city: City = CITY, issuing: bytes = ISSUING) -> bytes:
    """A leaf as the CA makes it."""
    key, spki = city.issuing_key, LEAF_KEY.public_spki
    match profile:
        case certificates.Profile.DEVICE:
            return certificates.make_device(key, issuing, spki, person=PERSON, device=DEVICE, at_ms=NOW)
        case certificates.Profile.SERVER:
            return certificates.make_server(key, issuing, spki, ["127.0.0.1", "jinshu.example"], at_ms=NOW)
        case certificates.Profile.LOG:
            return certificates.make_log(key, issuing, spki, at_ms=NOW)
        case certificates.Profile.OPERATOR:
            return certificates.make_operator(key, issuing, spki, "操作员", at_ms=NOW)
        case certificates.Profile.SEAL:
            return certificates.make_seal(
                key, issuing, spki, seal=SEAL, body=BODY, body_name="市发展和改革委员会", at_ms=NOW
            )
        case _:
            raise ValueError(profile)


def key_usage(*words: str) -> x509.KeyUsage:
    """A key usage with exactly these bits."""
    all_words = [
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ]
    return x509.KeyUsage(**{word: word in words for word in all_words})


def moment(ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(ms // 1000, datetime.UTC)


@dataclass(frozen=True)
class Odd:
    """A device certificate in which one thing can be wrong."""

    names: Sequence[str] = DEVICE_NAMES
    usage: tuple[str, ...] = ("digital_signature",)
    usage_critical: bool = True
    constraints: x509.BasicConstraints | None = field(
        default_factory=lambda: x509.BasicConstraints(ca=False, path_length=None)
    )
    constraints_critical: bool = True
    extra: Sequence[tuple[x509.ExtensionType, bool]] = ()
    other_names: Sequence[x509.GeneralName] = ()
    digest: hashes.SHA256 | hashes.SHA512 = field(default_factory=hashes.SHA256)
    public: ec.EllipticCurvePublicKey | None = None
    signer: CertificateIssuerPrivateKeyTypes | None = None
    issuer: x509.Name | None = None

    def der(self) -> bytes:
        issuing = x509.load_der_x509_certificate(ISSUING)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, PERSON)]))
            .issuer_name(self.issuer or issuing.subject)
            .public_key(self.public or LEAF_KEY.native.public_key())
            .serial_number(7)
            .not_valid_before(moment(NOW))
            .not_valid_after(moment(NOW + certificates.DAY_MS))
        )
        names = [*(x509.UniformResourceIdentifier(name) for name in self.names), *self.other_names]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if self.usage:
            builder = builder.add_extension(key_usage(*self.usage), critical=self.usage_critical)
        if self.constraints is not None:
            builder = builder.add_extension(self.constraints, critical=self.constraints_critical)
        for extension, critical in self.extra:
            builder = builder.add_extension(extension, critical=critical)
        signed = builder.sign(self.signer or CITY.issuing_key.native, self.digest)
        return signed.public_bytes(serialization.Encoding.DER)
