"""C1, C5: a chain is leaf, issuing CA and pinned root, and each is to the letter what its profile says."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto import certificates
from protocol.crypto.certificates import DAY_MS, LIFETIME_DAYS, Profile, verify_chain, verify_issuing
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import certificate_hash
from protocol.errors import ErrorCode, JinshuError
from tests.unit.crypto.cas import (
    BODY,
    CITY,
    DEVICE,
    DEVICE_NAMES,
    ISSUING,
    LEAF_KEY,
    NOW,
    PERSON,
    ROOT,
    SEAL,
    City,
    Odd,
    leaf,
)
from tests.unit.crypto.strategies import refusal

REQUEST = certificates.make_csr(LEAF_KEY, PERSON)
WHOLE = leaf(Profile.DEVICE)
LEAVES = [Profile.DEVICE, Profile.SERVER, Profile.LOG, Profile.OPERATOR, Profile.SEAL]


def check(der: bytes, profile: Profile = Profile.DEVICE, at_ms: int = NOW) -> certificates.CertificateFacts:
    return verify_chain(der, ISSUING, ROOT, at_ms=at_ms, profile=profile)


def refused(der: bytes, code: ErrorCode, profile: Profile = Profile.DEVICE, at_ms: int = NOW) -> None:
    with pytest.raises(JinshuError) as raised:
        check(der, profile, at_ms)
    assert raised.value.code is code


@pytest.mark.parametrize("profile", LEAVES)
def test_a_certificate_says_whose_it_is(profile: Profile) -> None:
    der = leaf(profile)
    facts = check(der, profile)
    ids = {
        Profile.DEVICE: (PERSON, DEVICE, None, None),
        Profile.SEAL: (None, None, BODY, SEAL),
    }
    assert facts.profile is profile
    assert (facts.person, facts.device, facts.body, facts.seal) == ids.get(profile, (None,) * 4)
    assert facts.sha256 == certificate_hash(der) == certificates.fingerprint(der)
    assert facts.spki == LEAF_KEY.public_spki == certificates.public_key_of(der)
    assert facts.not_after - NOW == LIFETIME_DAYS[profile] * DAY_MS
    facts.public_key.verify(LEAF_KEY.sign(b"message"), b"message")


@pytest.mark.parametrize("made", LEAVES)
@pytest.mark.parametrize("wanted", Profile)
def test_no_profile_is_taken_for_another(made: Profile, wanted: Profile) -> None:
    if made is not wanted:
        refused(leaf(made), ErrorCode.CERTIFICATE_WRONG_PROFILE, wanted)


def test_a_ca_is_no_leaf() -> None:
    for profile in Profile:
        with pytest.raises(JinshuError):
            check(ISSUING, profile)
        with pytest.raises(JinshuError):
            check(ROOT, profile)


@pytest.mark.parametrize("profile", LEAVES)
def test_a_certificate_is_good_between_its_days(profile: Profile) -> None:
    der = leaf(profile)
    facts = check(der, profile)
    for at_ms in (facts.not_before, facts.not_after):
        check(der, profile, at_ms)
    refused(der, ErrorCode.CERTIFICATE_EXPIRED, profile, facts.not_before - 1)
    refused(der, ErrorCode.CERTIFICATE_EXPIRED, profile, facts.not_after + 1)


def test_when_the_issuing_ca_expires_its_leaves_do() -> None:
    with pytest.raises(JinshuError) as raised:
        verify_issuing(ISSUING, ROOT, at_ms=NOW + (LIFETIME_DAYS[Profile.ISSUING] + 1) * DAY_MS)
    assert raised.value.code is ErrorCode.CERTIFICATE_EXPIRED


def test_another_citys_certificates_are_foreign() -> None:
    other = City()
    root = other.root()
    issuing = other.issuing(root)
    foreign = leaf(Profile.DEVICE, other, issuing)
    verify_chain(foreign, issuing, root, at_ms=NOW, profile=Profile.DEVICE)
    for chain in ((foreign, issuing, ROOT), (foreign, ISSUING, ROOT), (leaf(Profile.DEVICE), ISSUING, root)):
        with pytest.raises(JinshuError) as raised:
            verify_chain(*chain, at_ms=NOW, profile=Profile.DEVICE)
        assert raised.value.code is ErrorCode.CERTIFICATE_UNTRUSTED


def test_a_leaf_cannot_issue() -> None:
    """Its holder signs certificates in the CA's name with his own key, or puts his own in the CA's place."""
    own = certificates.make_device(
        LEAF_KEY, ISSUING, LEAF_KEY.public_spki, person=PERSON, device=DEVICE, at_ms=NOW
    )
    refused(own, ErrorCode.CERTIFICATE_UNTRUSTED)
    device = leaf(Profile.DEVICE)
    below = certificates.make_device(
        LEAF_KEY, device, LEAF_KEY.public_spki, person=PERSON, device=DEVICE, at_ms=NOW
    )
    with pytest.raises(JinshuError):
        verify_chain(below, device, ROOT, at_ms=NOW, profile=Profile.DEVICE)


def test_the_root_issues_no_leaves_itself() -> None:
    direct = certificates.make_device(
        CITY.root_key, ROOT, LEAF_KEY.public_spki, person=PERSON, device=DEVICE, at_ms=NOW
    )
    refused(direct, ErrorCode.CERTIFICATE_UNTRUSTED)
    with pytest.raises(JinshuError) as raised:
        verify_chain(direct, ROOT, ROOT, at_ms=NOW, profile=Profile.DEVICE)
    assert raised.value.code is ErrorCode.CERTIFICATE_WRONG_PROFILE


def test_the_nearly_right_certificate_is_right_to_begin_with() -> None:
    assert check(Odd().der()).device == DEVICE


WRONG = {
    "no names": Odd(names=()),
    "device alone": Odd(names=DEVICE_NAMES[:1]),
    "person alone": Odd(names=DEVICE_NAMES[1:]),
    "other order": Odd(names=DEVICE_NAMES[::-1]),
    "device twice": Odd(names=(DEVICE_NAMES[0], DEVICE_NAMES[0])),
    "one more": Odd(names=(*DEVICE_NAMES, "urn:jinshu:operator")),
    "not an id": Odd(names=("urn:jinshu:device:me", DEVICE_NAMES[1])),
    "an id of another kind": Odd(names=(f"urn:jinshu:device:{PERSON}", DEVICE_NAMES[1])),
    "another scheme": Odd(names=("urn:other:" + DEVICE_NAMES[0][11:], DEVICE_NAMES[1])),
    "something before": Odd(names=("x" + DEVICE_NAMES[0], DEVICE_NAMES[1])),
    "something behind": Odd(names=(DEVICE_NAMES[0] + ":x", DEVICE_NAMES[1])),
    "a host name": Odd(other_names=(x509.DNSName("jinshu.example"),)),
    "no usage": Odd(usage=()),
    "usage not critical": Odd(usage_critical=False),
    "signs documents too": Odd(usage=("digital_signature", "content_commitment")),
    "signs certificates too": Odd(usage=("digital_signature", "key_cert_sign")),
    "agrees on keys": Odd(usage=("digital_signature", "key_agreement")),
    "no constraints": Odd(constraints=None),
    "constraints not critical": Odd(constraints_critical=False),
    "a CA": Odd(constraints=x509.BasicConstraints(ca=True, path_length=0)),
    "a TLS server": Odd(extra=((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),)),
    "a TLS client": Odd(extra=((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),)),
    "an unknown critical extension": Odd(
        extra=((x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True),)
    ),
    "name constraints": Odd(extra=((x509.NameConstraints([x509.DNSName("example")], None), True),)),
    "another curve": Odd(public=ec.generate_private_key(ec.SECP384R1()).public_key()),
}


@pytest.mark.parametrize("odd", WRONG.values(), ids=WRONG.keys())
def test_a_device_certificate_is_its_profile_to_the_letter(odd: Odd) -> None:
    refused(odd.der(), ErrorCode.CERTIFICATE_WRONG_PROFILE)


FOREIGN = {
    "another digest": Odd(digest=hashes.SHA512()),
    "another issuer's name": Odd(issuer=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])),
    "another issuer's key": Odd(signer=ec.generate_private_key(ec.SECP256R1())),
    "another curve of the issuer": Odd(signer=ec.generate_private_key(ec.SECP384R1())),
}


@pytest.mark.parametrize("odd", FOREIGN.values(), ids=FOREIGN.keys())
def test_only_the_issuing_ca_issues(odd: Odd) -> None:
    refused(odd.der(), ErrorCode.CERTIFICATE_UNTRUSTED)


def test_an_issuing_ca_is_its_profile_to_the_letter() -> None:
    for wrong in (leaf(Profile.LOG), ROOT):
        with pytest.raises(JinshuError):
            verify_issuing(wrong, ROOT, at_ms=NOW)
    sub = certificates.make_issuing(CITY.issuing_key, ISSUING, LEAF_KEY.public_spki, "下级", at_ms=NOW)
    with pytest.raises(JinshuError) as raised:
        verify_issuing(sub, ROOT, at_ms=NOW)
    assert raised.value.code is ErrorCode.CERTIFICATE_UNTRUSTED


@given(st.integers(0, len(WHOLE) * 8 - 1))
def test_one_flipped_bit_is_never_the_same_certificate(bit: int) -> None:
    changed = bytearray(WHOLE)
    changed[bit // 8] ^= 1 << bit % 8
    assert refusal(lambda octets: check(octets), bytes(changed)) is not None


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_as_a_certificate_or_a_request(data: bytes) -> None:
    assert refusal(lambda octets: check(octets), data) is not None
    assert refusal(certificates.read_csr, data) is not None


def test_a_request_proves_possession_of_its_key() -> None:
    request = certificates.make_csr(LEAF_KEY, PERSON)
    assert certificates.read_csr(request) == LEAF_KEY.public_spki


@given(st.data())
def test_a_changed_request_is_refused(data: st.DataObject) -> None:
    changed = bytearray(REQUEST)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    assert refusal(certificates.read_csr, bytes(changed)) is not None


def test_a_seal_names_the_body_for_readers_of_the_page() -> None:
    """poppler and PDF readers show the subject; extended usages make them doubt (C5)."""
    certificate = x509.load_der_x509_certificate(leaf(Profile.SEAL))
    shown = {attribute.oid: attribute.value for attribute in certificate.subject}
    assert set(shown.values()) == {"市发展和改革委员会"}
    assert shown.keys() == {NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME}
    assert x509.ExtendedKeyUsage.oid not in {extension.oid for extension in certificate.extensions}


@pytest.mark.parametrize("length", [21, 22, 64, 80])
def test_a_long_name_is_whole_as_far_as_certificates_allow(length: int) -> None:
    """The library's limit of 64 is in bytes: a common name ends with the 21st Chinese character."""
    der = certificates.make_seal(
        CITY.issuing_key,
        ISSUING,
        LEAF_KEY.public_spki,
        seal=SEAL,
        body=BODY,
        body_name="局" * length,
        at_ms=NOW,
    )
    assert check(der, Profile.SEAL).name == "局" * min(length, 64)


def test_serial_numbers_are_random() -> None:
    serials = {x509.load_der_x509_certificate(leaf(Profile.DEVICE)).serial_number for _ in range(4)}
    assert len(serials) == 4
    assert SigningKey.generate().public_spki != SigningKey.generate().public_spki


def test_what_a_key_elsewhere_signs_is_what_one_here_would_have_signed() -> None:
    inside = x509.load_der_x509_csr(certificates.make_csr(LEAF_KEY, PERSON)).tbs_certrequest_bytes
    to_be_signed = certificates.csr_to_be_signed(LEAF_KEY.public_spki, PERSON)
    assert to_be_signed == inside
    request = certificates.csr_with_signature(to_be_signed, LEAF_KEY.sign(to_be_signed))
    assert certificates.read_csr(request) == LEAF_KEY.public_spki


@pytest.mark.parametrize(
    "signature", [SigningKey.generate().sign(b"x"), bytes(64), b""], ids=["foreign", "zeros", "none"]
)
def test_a_request_with_a_signature_of_something_else_is_not_made(signature: bytes) -> None:
    to_be_signed = certificates.csr_to_be_signed(LEAF_KEY.public_spki, PERSON)
    with pytest.raises(JinshuError) as caught:
        certificates.csr_with_signature(to_be_signed, signature)
    assert caught.value.code is ErrorCode.SIGNATURE_INVALID
