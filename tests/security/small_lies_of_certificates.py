"""Small lies about certificates and about who is the CA (C1, C5)."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from protocol.crypto import certificates
from protocol.crypto.certificates import Profile, verify_chain, verify_issuing
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.log import CaChange, Leaf, LeafKind
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.security.small_lies import lie
from tests.support.small_city import HOUR_MS, SetClock, SmallCa, fresh

CA = SmallCa(SetClock())
FOREIGN = SmallCa(SetClock())
NOW = CA.clock.now
KEY = SigningKey.generate()


# Certificates (C1, C5)


def device_by(ca: SmallCa, person: str = "", at: int = NOW) -> bytes:
    return certificates.make_device(
        ca.issuing_key,
        ca.issuing,
        KEY.public_spki,
        person=person or fresh(IdKind.PERSON),
        device=fresh(IdKind.DEVICE),
        at_ms=at,
    )


@lie(ErrorCode.CERTIFICATE_UNTRUSTED)
def a_whole_chain_of_another_city_under_our_root() -> None:
    verify_chain(device_by(FOREIGN), FOREIGN.issuing, CA.root, at_ms=NOW, profile=Profile.DEVICE)


@lie(ErrorCode.CERTIFICATE_UNTRUSTED)
def an_issuing_ca_the_root_never_signed() -> None:
    verify_issuing(FOREIGN.issuing, CA.root, at_ms=NOW)


@lie(ErrorCode.CERTIFICATE_UNTRUSTED)
def a_leaf_of_another_issuing_ca() -> None:
    verify_chain(device_by(FOREIGN), CA.issuing, CA.root, at_ms=NOW, profile=Profile.DEVICE)


@lie(ErrorCode.CERTIFICATE_EXPIRED)
def an_issuing_ca_that_ended() -> None:
    verify_issuing(CA.issuing, CA.root, at_ms=NOW + 11 * 365 * 24 * HOUR_MS)


@lie(ErrorCode.CERTIFICATE_EXPIRED)
def a_leaf_that_has_not_begun() -> None:
    later = device_by(CA, at=NOW + HOUR_MS)
    verify_chain(later, CA.issuing, CA.root, at_ms=NOW, profile=Profile.DEVICE)


@lie(ErrorCode.CERTIFICATE_WRONG_PROFILE)
def a_leaf_of_the_root_stands_for_an_issuing_ca() -> None:
    leaf = certificates.make_log(CA.root_key, CA.root, KEY.public_spki, at_ms=NOW)
    verify_issuing(leaf, CA.root, at_ms=NOW)


@lie(ErrorCode.CERTIFICATE_WRONG_PROFILE)
def a_seal_stands_for_a_device() -> None:
    seal_of = certificates.make_seal(
        CA.issuing_key,
        CA.issuing,
        KEY.public_spki,
        seal=fresh(IdKind.SEAL),
        body=fresh(IdKind.BODY),
        body_name="发改委",
        at_ms=NOW,
    )
    verify_chain(seal_of, CA.issuing, CA.root, at_ms=NOW, profile=Profile.DEVICE)


def odd_device(profile: Profile, *extensions: x509.ExtensionType) -> bytes:
    """A device's certificate in its names, of another shape, and really signed by the CA."""
    names = [
        certificates._uri(f"device:{fresh(IdKind.DEVICE)}"),
        certificates._uri(f"person:{fresh(IdKind.PERSON)}"),
    ]
    builder = certificates._leaf(profile, CA.issuing, KEY.public_spki, "x", names, NOW)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return certificates._sign(builder, CA.issuing_key, CA.issuing_key.public_spki)


@lie(ErrorCode.CERTIFICATE_WRONG_PROFILE)
def a_device_may_sign_documents_for_ever() -> None:
    verify_chain(odd_device(Profile.SEAL), CA.issuing, CA.root, at_ms=NOW, profile=Profile.DEVICE)


@lie(ErrorCode.CERTIFICATE_WRONG_PROFILE)
def a_device_may_be_a_tls_server_too() -> None:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    made = odd_device(Profile.DEVICE, usage)
    verify_chain(made, CA.issuing, CA.root, at_ms=NOW, profile=Profile.DEVICE)


@lie(ErrorCode.CERTIFICATE_WRONG_PROFILE)
def an_operator_stands_for_a_device() -> None:
    operator = certificates.make_operator(CA.issuing_key, CA.issuing, KEY.public_spki, "x", at_ms=NOW)
    verify_chain(operator, CA.issuing, CA.root, at_ms=NOW, profile=Profile.DEVICE)


@lie(ErrorCode.CERTIFICATE_WRONG_PROFILE)
def a_body_stands_where_a_person_belongs() -> None:
    made = device_by(CA, person=fresh(IdKind.BODY))
    verify_chain(made, CA.issuing, CA.root, at_ms=NOW, profile=Profile.DEVICE)


@lie(ErrorCode.CERTIFICATE_WRONG_PROFILE)
def a_log_stands_for_a_server() -> None:
    made = certificates.make_log(CA.issuing_key, CA.issuing, KEY.public_spki, at_ms=NOW)
    verify_chain(made, CA.issuing, CA.root, at_ms=NOW, profile=Profile.SERVER)


@lie(ErrorCode.SIGNATURE_INVALID)
def a_request_for_a_key_one_does_not_have() -> None:
    mine = certificates.make_csr(KEY, "x")
    point = KEY.public_spki[-64:]
    certificates.read_csr(mine.replace(point, SigningKey.generate().public_spki[-64:]))


# The change of the CA (C1)


def changed(key: SigningKey, certificate: bytes, issuing: bytes, last_trusted: int = 0) -> None:
    value = CaChange(issuing, last_trusted, NOW).value()
    leaf = sign(key, certificate_hash(certificate), SignedType.CA_CHANGE, value)
    state = DirectoryState(CA.root, CA.issuing)
    state.apply(Leaf(LeafKind.CA_CHANGE, leaf.to_bytes()), at_ms=NOW)


def next_issuing() -> bytes:
    spki = SigningKey.generate().public_spki
    return certificates.make_issuing(CA.root_key, CA.root, spki, "测试市新签发证书", at_ms=NOW)


@lie(ErrorCode.CERTIFICATE_UNTRUSTED)
def the_issuing_ca_names_its_successor() -> None:
    changed(CA.root_key, CA.issuing, next_issuing())


@lie(ErrorCode.SIGNATURE_INVALID)
def somebody_names_a_ca_in_the_roots_name() -> None:
    changed(KEY, CA.root, next_issuing())


@lie(ErrorCode.CERTIFICATE_UNTRUSTED)
def the_root_names_a_ca_it_did_not_certify() -> None:
    changed(CA.root_key, CA.root, FOREIGN.issuing)


@lie(ErrorCode.DIRECTORY_ENTRY_REFUSED)
def a_change_trusts_what_is_not_in_the_log() -> None:
    changed(CA.root_key, CA.root, next_issuing(), last_trusted=1)


@lie(ErrorCode.CERTIFICATE_EXPIRED)
def a_ca_speaks_after_its_end() -> None:
    ca = SmallCa(SetClock())
    ca.clock.advance(11 * 365 * 24 * HOUR_MS)
    leaf, organisation = ca.snapshot()
    state = DirectoryState(ca.root, ca.issuing)
    state.apply(leaf, at_ms=ca.clock.now, organisation=organisation)
