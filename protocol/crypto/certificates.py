"""The X.509 profiles of the city's CA (C1, C5) and the strict check of a chain of exactly three: leaf, issuing CA, pinned root.

Everything is P-256. Names in subjects are for people; ids are URIs in the subject alternative name, and only those are believed.
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from protocol.crypto.keys import SIGNATURE_BYTES, SigningKey, VerifyingKey
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.identifiers import IdKind, check_id

_T = TypeVar("_T", bound=x509.ExtensionType)
DAY_MS: Final = 24 * 3600 * 1000
_YEAR: Final = 365
# What the library raises for bytes that are no certificate, or one of a kind nobody should send us.
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    InvalidSignature,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_URN: Final = "urn:jinshu:"
# A machine whose clock is a little behind must still accept what was signed a moment ago.
_BACKDATE_MS: Final = 10 * 60 * 1000


class Profile(StrEnum):
    """What a certificate is for."""

    ROOT = "root"
    ISSUING = "issuing"
    SERVER = "server"
    LOG = "log"
    DEVICE = "device"
    OPERATOR = "operator"
    SEAL = "seal"


LIFETIME_DAYS: Final = {
    Profile.ROOT: 20 * _YEAR,
    Profile.ISSUING: 10 * _YEAR,
    Profile.SERVER: 2 * _YEAR,
    Profile.LOG: 5 * _YEAR,
    Profile.DEVICE: 3 * _YEAR,
    Profile.OPERATOR: 2 * _YEAR,
    Profile.SEAL: 3 * _YEAR,
}


# The URIs of each leaf, in their order; those named in the second table are followed by an id.
_LEAF_URIS: Final = {
    Profile.LOG: ("log",),
    Profile.OPERATOR: ("operator",),
    Profile.DEVICE: ("device", "person"),
    Profile.SEAL: ("seal", "body"),
}
_ID_WORDS: Final = {
    "device": IdKind.DEVICE,
    "person": IdKind.PERSON,
    "seal": IdKind.SEAL,
    "body": IdKind.BODY,
}


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a verified certificate says. Times are milliseconds UTC."""

    profile: Profile
    sha256: bytes
    spki: bytes
    name: str
    person: str | None
    device: str | None
    body: str | None
    seal: str | None
    not_before: int
    not_after: int

    @property
    def public_key(self) -> VerifyingKey:
        return VerifyingKey(self.spki)


def make_root(key: SigningKey, name: str, *, at_ms: int) -> bytes:
    """The self-signed root of the city, DER."""
    subject = _name(name)
    builder = _builder(Profile.ROOT, subject, subject, key.public_spki, at_ms)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    return _sign(builder.add_extension(_usage(certs=True), critical=True), key, key.public_spki)


def make_issuing(root_key: SigningKey, root: bytes, spki: bytes, name: str, *, at_ms: int) -> bytes:
    """The issuing CA, signed by the root."""
    builder = _builder(Profile.ISSUING, _name(name), _load(root).subject, spki, at_ms)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return _sign(builder.add_extension(_usage(certs=True), critical=True), root_key, root_key.public_spki)


def make_server(
    issuing_key: SigningKey, issuing: bytes, spki: bytes, hosts: Sequence[str], *, at_ms: int
) -> bytes:
    """The server's TLS certificate for its host names and addresses."""
    builder = _leaf(Profile.SERVER, issuing, spki, hosts[0], [_host(host) for host in hosts], at_ms)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return _sign(builder, issuing_key, issuing_key.public_spki)


def make_log(issuing_key: SigningKey, issuing: bytes, spki: bytes, *, at_ms: int) -> bytes:
    """The key that signs heads of the directory log and receipts."""
    names = [_uri("log")]
    return _sign(
        _leaf(Profile.LOG, issuing, spki, "jinshu log", names, at_ms), issuing_key, issuing_key.public_spki
    )


def make_device(
    issuing_key: SigningKey, issuing: bytes, spki: bytes, *, person: str, device: str, at_ms: int
) -> bytes:
    """One device of one person."""
    names = [_uri(f"device:{device}"), _uri(f"person:{person}")]
    return _sign(
        _leaf(Profile.DEVICE, issuing, spki, person, names, at_ms), issuing_key, issuing_key.public_spki
    )


def make_operator(issuing_key: SigningKey, issuing: bytes, spki: bytes, name: str, *, at_ms: int) -> bytes:
    """The operator of the CA, towards the server's administration."""
    builder = _leaf(Profile.OPERATOR, issuing, spki, name, [_uri("operator")], at_ms)
    return _sign(builder, issuing_key, issuing_key.public_spki)


def make_seal(
    issuing_key: SigningKey, issuing: bytes, spki: bytes, *, seal: str, body: str, body_name: str, at_ms: int
) -> bytes:
    """A seal of a body on one keeper's device, in the body's name: digitalSignature + nonRepudiation and no EKU, as PDF readers want it (C5)."""
    names = [_uri(f"seal:{seal}"), _uri(f"body:{body}")]
    builder = _leaf(Profile.SEAL, issuing, spki, body_name, names, at_ms)
    return _sign(builder, issuing_key, issuing_key.public_spki)


def make_csr(key: SigningKey, name: str) -> bytes:
    """A PKCS#10 request, DER; the CA takes the key and the proof of possession from it, and nothing else."""
    request = (
        x509.CertificateSigningRequestBuilder().subject_name(_name(name)).sign(key.native, hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.DER)


def csr_to_be_signed(spki: bytes, name: str) -> bytes:
    """A CertificationRequestInfo (RFC 2986 §4.1), DER: what is signed, with SHA-256, by a key that cannot be handed to
    `make_csr`; byte for byte what that signs."""
    # Deferred: heavy, and few ask for a certificate this way.
    from asn1crypto import csr, keys
    from asn1crypto import x509 as asn1_x509

    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": asn1_x509.Name.load(_name(name).public_bytes()),
            "subject_pk_info": keys.PublicKeyInfo.load(spki),
            "attributes": [],
        }
    )
    return bytes(info.dump())


def csr_with_signature(to_be_signed: bytes, signature: bytes) -> bytes:
    """The PKCS#10 request of what `csr_to_be_signed` gave and its signature (r ‖ s, 64 bytes), DER.

    Raises:
        JinshuError: `signature.invalid`: the key it names did not make the signature.
    """
    # Deferred, as above.
    from asn1crypto import algos, csr

    half = SIGNATURE_BYTES // 2
    made = csr.CertificationRequest(
        {
            "certification_request_info": csr.CertificationRequestInfo.load(to_be_signed),
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": encode_dss_signature(
                int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
            ),
        }
    )
    der = bytes(made.dump())
    read_csr(der)
    return der


def read_csr(der: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a request whose own signature is good.

    Raises:
        JinshuError: `wire.malformed`, `signature.invalid` or `certificate.wrong_profile`.
    """
    try:
        request = x509.load_der_x509_csr(der)
        spki = _spki(request.public_key())
        good = request.is_signature_valid
    except _UNREADABLE:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None
    if not good:
        raise JinshuError(ErrorCode.SIGNATURE_INVALID)
    VerifyingKey(spki)
    return spki


def fingerprint(certificate: bytes) -> bytes:
    """SHA-256 of the DER."""
    return hashlib.sha256(certificate).digest()


def verify_chain(
    leaf: bytes, issuing: bytes, root: bytes, *, at_ms: int, profile: Profile
) -> CertificateFacts:
    """Check a leaf of one profile against the issuing CA and the pinned root at a time.

    Raises:
        JinshuError: `certificate.untrusted`, `certificate.expired`, `certificate.wrong_profile` or `wire.malformed`.
    """
    verify_issuing(issuing, root, at_ms=at_ms)
    certificate = _load(leaf)
    _check_issued(certificate, _load(issuing))
    _check_time(certificate, at_ms)
    return _facts(leaf, certificate, profile)


def verify_issuing(issuing: bytes, root: bytes, *, at_ms: int) -> None:
    """Check the issuing CA against the pinned root.

    Raises:
        JinshuError: as `verify_chain`.
    """
    top, middle = _load(root), _load(issuing)
    _check_issued(top, top)
    _check_issued(middle, top)
    for certificate, path_length in ((top, 1), (middle, 0)):
        _check_time(certificate, at_ms)
        _check_shape(certificate, x509.BasicConstraints(ca=True, path_length=path_length), _usage(certs=True))
        VerifyingKey(_spki_of(certificate))


def public_key_of(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate that has been verified already."""
    return _spki_of(_load(certificate))


def valid_from(certificate: bytes) -> int:
    """When a certificate begins, milliseconds UTC."""
    return _ms(_load(certificate).not_valid_before_utc)


def is_issued_by(certificate: bytes, issuer: bytes) -> bool:
    """Whether the key of `issuer` signed a certificate in its name."""
    try:
        _check_issued(_load(certificate), _load(issuer))
    except JinshuError:
        return False
    return True


def _facts(der: bytes, certificate: x509.Certificate, profile: Profile) -> CertificateFacts:
    _check_shape(
        certificate,
        x509.BasicConstraints(ca=False, path_length=None),
        _usage(documents=profile is Profile.SEAL),
    )
    names = _server_names(certificate) if profile is Profile.SERVER else _ids(certificate, profile)
    spki = _spki_of(certificate)
    VerifyingKey(spki)
    return CertificateFacts(
        profile=profile,
        sha256=hashlib.sha256(der).digest(),
        spki=spki,
        name=_subject(certificate),
        person=names.get("person"),
        device=names.get("device"),
        body=names.get("body"),
        seal=names.get("seal"),
        not_before=_ms(certificate.not_valid_before_utc),
        not_after=_ms(certificate.not_valid_after_utc),
    )


def _check_shape(
    certificate: x509.Certificate, constraints: x509.BasicConstraints, usage: x509.KeyUsage
) -> None:
    """Exactly this may be done with the key, both extensions are critical, and no other one is."""
    try:
        critical = {
            extension.oid: extension.value for extension in certificate.extensions if extension.critical
        }
    except _UNREADABLE:
        raise JinshuError(ErrorCode.CERTIFICATE_WRONG_PROFILE) from None
    if critical != {constraints.oid: constraints, usage.oid: usage}:
        raise JinshuError(ErrorCode.CERTIFICATE_WRONG_PROFILE)


def _server_names(certificate: x509.Certificate) -> dict[str, str]:
    """A server has host names and addresses and the one extended usage, and no id."""
    usage = _extension(certificate, x509.ExtendedKeyUsage)
    names = _extension(certificate, x509.SubjectAlternativeName)
    hosts = [isinstance(name, x509.DNSName | x509.IPAddress) for name in names or ()]
    if not hosts or not all(hosts) or list(usage or ()) != [ExtendedKeyUsageOID.SERVER_AUTH]:
        raise JinshuError(ErrorCode.CERTIFICATE_WRONG_PROFILE)
    return {}


def _ids(certificate: x509.Certificate, profile: Profile) -> dict[str, str]:
    """The ids of any other leaf: exactly the URIs of its profile in their order, and no extended usage."""
    present = _extension(certificate, x509.SubjectAlternativeName) or ()
    uris = [name.value if isinstance(name, x509.UniformResourceIdentifier) else "" for name in present]
    words = _LEAF_URIS.get(profile, ())
    if len(uris) != len(words) or not words or _extension(certificate, x509.ExtendedKeyUsage) is not None:
        raise JinshuError(ErrorCode.CERTIFICATE_WRONG_PROFILE)
    names: dict[str, str] = {}
    for uri, word in zip(uris, words, strict=True):
        kind = _ID_WORDS.get(word)
        prefix = _URN + word + (":" if kind else "")
        if not uri.startswith(prefix) or not _names(kind, uri.removeprefix(prefix)):
            raise JinshuError(ErrorCode.CERTIFICATE_WRONG_PROFILE)
        names[word] = uri.removeprefix(prefix)
    return names


def _names(kind: IdKind | None, rest: str) -> bool:
    """Whether the end of a URI is an id of that kind (nothing at all where there is none)."""
    if kind is None:
        return not rest
    try:
        return bool(check_id(rest, kind))
    except JinshuError:
        return False


def _extension(certificate: x509.Certificate, kind: type[_T]) -> _T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except _UNREADABLE:
        raise JinshuError(ErrorCode.CERTIFICATE_WRONG_PROFILE) from None


def _subject(certificate: x509.Certificate) -> str:
    """Whose it is, for people: a body in full where it is named, else the common name."""
    try:
        named = [
            *certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME),
            *certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME),
        ]
    except _UNREADABLE:
        raise JinshuError(ErrorCode.CERTIFICATE_WRONG_PROFILE) from None
    return str(named[0].value) if named else ""


def _spki_of(certificate: x509.Certificate) -> bytes:
    try:
        return _spki(certificate.public_key())
    except _UNREADABLE:
        raise JinshuError(ErrorCode.CERTIFICATE_WRONG_PROFILE) from None


def _spki(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _load(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except _UNREADABLE:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None


def _check_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        # This asks whether the names fit too, and compares the algorithm inside and outside what is signed.
        certificate.verify_directly_issued_by(issuer)
        key, digest = issuer.public_key(), certificate.signature_hash_algorithm
    except _UNREADABLE:
        raise JinshuError(ErrorCode.CERTIFICATE_UNTRUSTED) from None
    curve = key.curve if isinstance(key, ec.EllipticCurvePublicKey) else None
    if not isinstance(curve, ec.SECP256R1) or not isinstance(digest, hashes.SHA256):
        raise JinshuError(ErrorCode.CERTIFICATE_UNTRUSTED)


def _check_time(certificate: x509.Certificate, at_ms: int) -> None:
    if not _ms(certificate.not_valid_before_utc) <= at_ms <= _ms(certificate.not_valid_after_utc):
        raise JinshuError(ErrorCode.CERTIFICATE_EXPIRED)


def _builder(
    profile: Profile, subject: x509.Name, issuer: x509.Name, spki: bytes, at_ms: int
) -> x509.CertificateBuilder:
    key = serialization.load_der_public_key(spki)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(int.from_bytes(os.urandom(19), "big") | 1)
        .not_valid_before(_time(at_ms - _BACKDATE_MS))
        .not_valid_after(_time(at_ms + LIFETIME_DAYS[profile] * DAY_MS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _leaf(
    profile: Profile, issuing: bytes, spki: bytes, name: str, names: Sequence[x509.GeneralName], at_ms: int
) -> x509.CertificateBuilder:
    organisation = name if profile is Profile.SEAL else ""
    builder = _builder(profile, _name(name, organisation), _load(issuing).subject, spki, at_ms)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.add_extension(_usage(documents=profile is Profile.SEAL), critical=True)


def _usage(*, certs: bool = False, documents: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certs,
        content_commitment=documents,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certs,
        crl_sign=certs,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: x509.CertificateBuilder, key: SigningKey, issuer_spki: bytes) -> bytes:
    issuer = serialization.load_der_public_key(issuer_spki)
    assert isinstance(issuer, ec.EllipticCurvePublicKey)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False
    )
    return builder.sign(key.native, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _name(common: str, organisation: str = "") -> x509.Name:
    # RFC 5280 allows 64 characters in a common name; the library counts bytes, which the 22nd of a body's name exceeds.
    shown = common.encode("utf-8")[:64].decode("utf-8", "ignore")
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, shown)]
    if organisation:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]))
    return x509.Name(attributes)


def _uri(rest: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(_URN + rest)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _time(ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(ms // 1000, datetime.UTC)


def _ms(moment: datetime.datetime) -> int:
    return int(moment.timestamp()) * 1000
