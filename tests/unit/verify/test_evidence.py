"""C3, C5, C9, C12: what an extract must prove, one forgery after the other, each by the hands it would take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from client.sealing.check import SealFacts
from client.verify.evidence import Evidence, shanghai_day, weigh
from client.verify.extract import Extract
from protocol.documents.model import Elements, Label
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from tests.support.sealed_document import (
    CLERK,
    CLERK_POST,
    FINANCE,
    FINANCE_POST,
    FINANCE_SEAL,
    LEADER,
    LEADER_POST,
    LENT,
    LENT_TOO_LITTLE,
    OTHER_CASE,
    READER,
    READER_POST,
    RECEIVED_AT,
    SEALED_AT,
    SIGNED_AT,
    SIGNED_ON,
    STRANGER,
    SealedCity,
    city,
    elements_of,
    setter,
)

Forgery = Callable[[SealedCity, Extract], Extract]
ELEMENTS = elements_of()


def judge(
    extract: Extract, *, used: SealFacts | None = None, elements: Elements = ELEMENTS, root: bytes = b""
) -> Evidence:
    return weigh(extract, elements, used or city().seal_facts(), root or city().root)


def refusal(extract: Extract, **options: Any) -> tuple[ErrorCode, object]:
    with pytest.raises(JinshuError) as caught:
        judge(extract, **options)
    return caught.value.code, caught.value.params.get("reason")


def right() -> Extract:
    return city().extract(ELEMENTS, setter=setter())


def acted(**changes: Any) -> Extract:
    """An extract about another sign-off, everything else following from it."""
    act = city().sign_off(ELEMENTS, **changes)
    return city().extract(ELEMENTS, setter=setter(), sign_off=act)


def without(extract: Extract, *ids: str) -> Extract:
    """An extract that leaves these entries of the organisation out."""
    kept = [entry.id for entry in city().organisation.entries if entry.id not in ids]
    entries, proofs = city().proofs(kept)
    return replace(extract, organisation_entries=entries, organisation_proofs=proofs)


def test_a_right_extract_names_who_signed_off_and_who_sealed() -> None:
    evidence = judge(right())
    assert (evidence.signer.name, evidence.signer_post.name, evidence.issuer.name) == (
        "周正",
        "主任",
        "锦川市发展和改革委员会",
    )
    assert (evidence.keeper.name, evidence.received_at_ms) == ("王芳", RECEIVED_AT)


def test_the_legal_date_is_the_date_in_china() -> None:
    assert shanghai_day(SIGNED_AT) == SIGNED_ON
    assert shanghai_day(SIGNED_AT - 11 * 60_000).day == SIGNED_ON.day - 1


def test_he_may_sign_for_another_under_a_delegation() -> None:
    assert judge(acted(actor=READER, delegation=LENT)).signer.name == "李明"


def test_a_number_may_be_reserved_still() -> None:
    number = city().number(state="reserved", reserved_until=SEALED_AT)
    judge(replace(right(), number_entry=number.to_bytes()))


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"post": READER_POST, "actor": READER}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "sign"),
        ({"actor": READER}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "sign"),
        ({"actor": READER, "delegation": LENT_TOO_LITTLE}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "sign"),
        ({"delegation": LENT}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "sign"),
        ({"post": FINANCE_POST, "actor": STRANGER}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "other_body"),
        (
            {"post": FINANCE_POST, "actor": STRANGER, "body": FINANCE},
            ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED,
            "other_body",
        ),
        ({"org_seq": 8}, ErrorCode.VERIFY_ORGANISATION_UNPROVED, "outdated"),
        ({"object": OTHER_CASE}, ErrorCode.VERIFY_SIGN_OFF_INVALID, "object"),
        ({"signed_at": SIGNED_AT - 11 * 60_000}, ErrorCode.VERIFY_DATE_MISMATCH, "signed_on"),
        ({"signed_at": RECEIVED_AT + 6 * 60_000}, ErrorCode.VERIFY_DATE_MISMATCH, "received_before"),
        ({"signed_at": 0}, ErrorCode.VERIFY_SIGN_OFF_INVALID, "certificate"),
        ({"signed_at": (1 << 63) - 1}, ErrorCode.VERIFY_SIGN_OFF_INVALID, "certificate"),
    ],
)
def test_a_sign_off_that_was_not_his_to_give_is_refused(
    changes: dict[str, Any], code: ErrorCode, reason: str
) -> None:
    assert refusal(acted(**changes)) == (code, reason)


def test_another_s_device_cannot_sign_in_his_name() -> None:
    other = city().devices[READER]
    extract = replace(acted(hand=other), sign_off_certificate=other.certificate)
    assert refusal(extract) == (ErrorCode.VERIFY_SIGN_OFF_INVALID, "person")


def test_the_certificate_must_be_the_one_that_signed() -> None:
    extract = replace(right(), sign_off_certificate=city().devices[CLERK].certificate)
    assert refusal(extract) == (ErrorCode.VERIFY_SIGN_OFF_INVALID, "certificate")


def test_no_other_step_is_a_sign_off() -> None:
    head = {"next": CLERK_POST}
    extract = acted(step=Step.VET_PASS, head=head)
    assert refusal(extract) == (ErrorCode.VERIFY_SIGN_OFF_INVALID, "step")


def test_a_bent_signature_is_refused() -> None:
    signed = bytearray(right().sign_off)
    signed[40] ^= 1
    assert refusal(replace(right(), sign_off=bytes(signed))) == (
        ErrorCode.VERIFY_SIGN_OFF_INVALID,
        "signature",
    )


def test_what_the_signer_showed_must_be_what_he_signed() -> None:
    head = city().sign_off(ELEMENTS).value()["head"] | {"label": Label.INTERNAL.value}
    assert refusal(acted(head=head)) == (ErrorCode.VERIFY_SIGN_OFF_INVALID, "header")


def test_the_extract_of_another_document_is_named_as_that() -> None:
    other = city().extract(elements_of("关于另一件事的通知"), setter=setter())
    assert refusal(other)[0] is ErrorCode.VERIFY_EXTRACT_SWAPPED


def test_an_extract_of_another_city_is_foreign() -> None:
    other = SealedCity()
    extract = other.extract(ELEMENTS, setter=setter())
    assert refusal(extract) == (ErrorCode.VERIFY_FOREIGN_ROOT, "issuing")


NUMBERS: dict[str, tuple[Forgery, str]] = {
    "another number on the page": (lambda c, e: replace(e, number="锦发改〔2026〕13号"), "text"),
    "another year": (lambda c, e: numbered(c, e, year=2025), "text"),
    "another body's ledger": (lambda c, e: numbered(c, e, body=FINANCE), "other_body"),
    "another case": (lambda c, e: numbered(c, e, case=OTHER_CASE), "other_case"),
    "a void line": (lambda c, e: numbered(c, e, state="void"), "other_case"),
    "a post without the duty": (lambda c, e: numbered(c, e, post=READER_POST), "number"),
    "a post he does not hold": (lambda c, e: numbered_by(c, e, READER), "number"),
    "a post of another body": (lambda c, e: numbered_by(c, e, STRANGER, post=FINANCE_POST), "number"),
    "another's certificate": (
        lambda c, e: replace(e, number_certificate=c.devices[READER].certificate),
        "signature",
    ),
    "no entry": (lambda c, e: replace(e, number_entry=b"none"), "entry"),
}


def numbered(city: SealedCity, extract: Extract, **changes: Any) -> Extract:
    return replace(extract, number_entry=city.number(**changes).to_bytes())


def numbered_by(city: SealedCity, extract: Extract, person: str, **changes: Any) -> Extract:
    hand = city.devices[person]
    entry = city.number(hand, **changes).to_bytes()
    return replace(extract, number_entry=entry, number_certificate=hand.certificate)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_nobody_gave_is_refused(name: str) -> None:
    forge, reason = NUMBERS[name]
    assert refusal(forge(city(), right())) == (ErrorCode.VERIFY_NUMBER_INVALID, reason)


RECEIPTS: dict[str, tuple[Forgery, str]] = {
    "of another entry": (lambda c, e: received(c, e, entry=b"x" * 32), "receipt_of_another"),
    "of another case": (lambda c, e: received(c, e, object=OTHER_CASE), "receipt_of_another"),
    "by a device": (
        lambda c, e: replace(e, receipt=c.receipt(b"x" * 32, c.devices[LEADER]).to_bytes()),
        "log_key",
    ),
    "by a device called the log": (
        lambda c, e: replace(e, log_certificate=c.devices[LEADER].certificate),
        "receipt",
    ),
    "a head for a receipt": (lambda c, e: replace(e, receipt=e.case_head), "receipt"),
    "a head of another case": (lambda c, e: headed(c, e, object=OTHER_CASE), "case_head_of_another"),
    "a head from before": (lambda c, e: headed(c, e, n=5), "case_head_of_another"),
    "an old head": (lambda c, e: headed(c, e, at=RECEIVED_AT - 1), "case_head_of_another"),
    "a head by a device": (
        lambda c, e: replace(e, case_head=c.case_head(c.devices[LEADER]).to_bytes()),
        "log_key",
    ),
}


def received(city: SealedCity, extract: Extract, **changes: Any) -> Extract:
    entry = changes.pop("entry", city.sign_off(ELEMENTS).entry_id)
    return replace(extract, receipt=city.receipt(entry, **changes).to_bytes())


def headed(city: SealedCity, extract: Extract, **changes: Any) -> Extract:
    return replace(extract, case_head=city.case_head(**changes).to_bytes())


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_receipt_the_server_never_gave_is_refused(name: str) -> None:
    forge, reason = RECEIPTS[name]
    assert refusal(forge(city(), right())) == (ErrorCode.VERIFY_RECEIPT_INVALID, reason)


ORGANISATIONS: dict[str, tuple[Forgery, str]] = {
    "a root by a device": (
        lambda c, e: replace(e, organisation_root=c.organisation_root(c.devices[LEADER]).to_bytes()),
        "root",
    ),
    "another root": (
        lambda c, e: replace(e, organisation_root=c.organisation_root(root=b"x" * 32).to_bytes()),
        "entry",
    ),
    "an entry added": (
        lambda c, e: replace(
            e,
            organisation_entries=(*e.organisation_entries, e.organisation_entries[0]),
            organisation_proofs=(*e.organisation_proofs, (3, ())),
        ),
        "entry",
    ),
    "the signer's post left out": (lambda c, e: without(e, LEADER_POST), "missing"),
}


@pytest.mark.parametrize("name", ORGANISATIONS)
def test_an_organisation_the_ca_never_signed_is_refused(name: str) -> None:
    forge, reason = ORGANISATIONS[name]
    assert refusal(forge(city(), right())) == (ErrorCode.VERIFY_ORGANISATION_UNPROVED, reason)


SEALS: dict[str, tuple[Forgery, str]] = {
    "entry by a device": (
        lambda c, e: replace(e, seal_entry=c.seal_entry(c.devices[CLERK]).to_bytes()),
        "seal_entry",
    ),
    "entry for another certificate": (
        lambda c, e: sealed_as(c, e, certificate=c.finance_seal.certificate),
        "other_seal",
    ),
    "entry for another seal": (lambda c, e: sealed_as(c, e, seal=FINANCE_SEAL), "other_seal"),
    "entry for another body": (lambda c, e: sealed_as(c, e, body=FINANCE), "other_seal"),
    "a keeper not in the seal's entry": (lambda c, e: sealed_as(c, e, keeper=LEADER), "keeper"),
    "a keeper without a post for it": (lambda c, e: sealed_as(c, e, keeper=READER), "keeper"),
}


def sealed_as(city: SealedCity, extract: Extract, **changes: Any) -> Extract:
    return replace(extract, seal_entry=city.seal_entry(**changes).to_bytes())


@pytest.mark.parametrize("name", SEALS)
def test_a_seal_that_was_not_his_to_use_is_refused(name: str) -> None:
    forge, reason = SEALS[name]
    assert refusal(forge(city(), right())) == (ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, reason)


def test_a_seal_of_another_body_is_refused_with_its_own_good_entry() -> None:
    entry = city().seal_entry(
        seal=FINANCE_SEAL, body=FINANCE, keeper=STRANGER, certificate=city().finance_seal.certificate
    )
    extract = replace(right(), seal_entry=entry.to_bytes())
    used = city().seal_facts(city().finance_seal)
    assert refusal(extract, used=used) == (ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "seal_of_other_body")


@pytest.mark.parametrize(("whose", "reason"), [("seal", "seal"), (LEADER, "signer"), (CLERK, "numberer")])
def test_what_was_revoked_before_sealing_is_refused(whose: str, reason: str) -> None:
    hand = city().seal if whose == "seal" else city().devices[whose]
    extract = replace(right(), revocations=city().revocations(hand).to_bytes())
    assert refusal(extract) == (ErrorCode.VERIFY_SEAL_REVOKED, reason)


def test_another_s_revocation_harms_nobody() -> None:
    revocations = city().revocations(city().devices[READER], city().finance_seal)
    judge(replace(right(), revocations=revocations.to_bytes()))


def test_a_revocation_list_is_the_ca_s() -> None:
    forged = city().revocations(by=city().devices[CLERK])
    assert refusal(replace(right(), revocations=forged.to_bytes())) == (
        ErrorCode.VERIFY_REVOCATIONS_INVALID,
        "list",
    )
