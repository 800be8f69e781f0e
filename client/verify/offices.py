"""What posts and seals may do, as the extract proves it: the duty to sign and to number, who keeps the seal, what is revoked."""

from __future__ import annotations

from client.sealing.check import SealFacts
from client.verify.extract import Extract
from client.verify.judged import judged, require
from client.verify.proved import ProvedOrganisation, verify_by_ca
from protocol.cases.entries import DocumentEntry
from protocol.crypto.certificates import Profile, verify_chain
from protocol.crypto.signature import Signed, SignedType, certificate_hash, verify
from protocol.directory.log import RevocationList, SealCertificate
from protocol.directory.organisation import Duty, Person, Seal
from protocol.documents.model import Elements
from protocol.documents.numbering import NumberEntry
from protocol.errors import ErrorCode


def check_signer(organisation: ProvedOrganisation, sign_off: DocumentEntry, elements: Elements) -> None:
    """He held a post of the issuing body with the duty to sign, or acted for one who does (C3).

    Raises:
        JinshuError: `verify.organisation_unproved` or `verify.signer_not_authorised`.
    """
    unproved, refused = ErrorCode.VERIFY_ORGANISATION_UNPROVED, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED
    # An older snapshot than the one he cited could still list a post that he had lost.
    require(organisation.root.org_seq >= sign_off.org_seq, unproved, "outdated")
    named = (
        sign_off.body in organisation.bodies
        and sign_off.post in organisation.posts
        and sign_off.actor in organisation.people
    )
    require(named, unproved, "missing")
    bodies = {elements.issuer_body_id, sign_off.body, organisation.posts[sign_off.post].body}
    require(len(bodies) == 1, refused, "other_body")
    may = organisation.acting(
        sign_off.actor,
        sign_off.post,
        Duty.SIGN,
        delegation=sign_off.delegation,
        at_ms=sign_off.signed_at,
    )
    require(may, refused, "sign")


def check_number(
    extract: Extract, sign_off: DocumentEntry, organisation: ProvedOrganisation, root: bytes
) -> None:
    """A line of the issuing body's own ledger for this case, by one whose duty it is, says the number on the page (C12).

    Raises:
        JinshuError: `verify.number_invalid`.
    """
    code = ErrorCode.VERIFY_NUMBER_INVALID
    with judged(code, "entry"):
        signed = Signed.parse(extract.number_entry, SignedType.NUMBER_ENTRY)
        entry = NumberEntry.parse(signed.value())
    with judged(code, "signature"):
        facts = verify_chain(
            extract.number_certificate, extract.issuing, root, at_ms=entry.at, profile=Profile.DEVICE
        )
        require(signed.cert_hash == facts.sha256, code, "signature")
        verify(signed, facts.public_key, SignedType.NUMBER_ENTRY)
    require(entry.text == extract.number, code, "text")
    require(entry.body == sign_off.body, code, "other_body")
    require(entry.state != "void", code, "void")
    require(entry.case == sign_off.case, code, "other_case")
    post = organisation.posts.get(entry.post)
    in_body = post is not None and post.body == entry.body
    may = in_body and organisation.may(facts.person or "", entry.post, Duty.NUMBER, at_ms=entry.at)
    require(may, code, "number")


def check_seal(
    extract: Extract, sign_off: DocumentEntry, organisation: ProvedOrganisation, used: SealFacts, root: bytes
) -> tuple[Seal, Person]:
    """The certificate that sealed the file is one the CA gave to a keeper of the issuing body's seal (C5).

    Raises:
        JinshuError: `verify.signer_not_authorised`.
    """
    code = ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED
    with judged(code, "seal_entry"):
        signed = Signed.parse(extract.seal_entry, SignedType.SEAL_CERTIFICATE)
        entry = SealCertificate.parse(signed.value())
        verify_by_ca(signed, SignedType.SEAL_CERTIFICATE, extract.issuing, root, entry.at)
    ids = (used.certificate.seal, used.certificate.body)
    same = entry.certificate == used.certificate_der and ids == (entry.seal, entry.body)
    require(same and used.issuing_der == extract.issuing, code, "other_seal")
    seal, keeper = organisation.seals.get(entry.seal), organisation.people.get(entry.keeper)
    require(entry.body == sign_off.body, code, "seal_of_other_body")
    require(seal is not None and seal.body == entry.body, code, "seal_of_other_body")
    require(seal is not None and entry.keeper in seal.keepers, code, "keeper")
    on_duty = organisation.may_in(entry.keeper, entry.body, Duty.SEAL, at_ms=used.sealed_at_ms)
    require(keeper is not None and on_duty, code, "keeper")
    assert seal is not None
    assert keeper is not None
    return seal, keeper


def check_revocations(extract: Extract, used: SealFacts, root: bytes) -> RevocationList:
    """Neither the seal nor the hands that signed off and numbered are on the CA's list.

    Raises:
        JinshuError: `verify.revocations_invalid` or `verify.seal_revoked`.
    """
    with judged(ErrorCode.VERIFY_REVOCATIONS_INVALID, "list"):
        signed = Signed.parse(extract.revocations, SignedType.REVOCATION_LIST)
        revocations = RevocationList.parse(signed.value())
        verify_by_ca(signed, SignedType.REVOCATION_LIST, extract.issuing, root, revocations.issued_at)
    listed = {bytes(item["cert"]) for item in revocations.revoked}
    for reason, certificate in (
        ("seal", used.certificate_der),
        ("signer", extract.sign_off_certificate),
        ("numberer", extract.number_certificate),
    ):
        require(certificate_hash(certificate) not in listed, ErrorCode.VERIFY_SEAL_REVOKED, reason)
    return revocations
