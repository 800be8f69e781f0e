"""C3, C5, C10, C12: numbers, receipts, organisations, seals and revocations, each forged by the hands it would take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from client.verify.extract import Extract
from protocol.errors import ErrorCode
from tests.support.sealed_document import SealedCity, city
from tests.support.sealed_organisation import (
    CLERK,
    FINANCE,
    FINANCE_POST,
    FINANCE_SEAL,
    LEADER,
    LEADER_POST,
    OTHER_CASE,
    READER,
    READER_POST,
    RECEIVED_AT,
    SEALED_AT,
    STRANGER,
)
from tests.unit.verify.judging import ELEMENTS, judge, refusal, right, without

Forgery = Callable[[SealedCity, Extract], Extract]

NUMBERS: dict[str, tuple[Forgery, str]] = {
    "another number on the page": (lambda c, e: replace(e, number="锦发改〔2026〕13号"), "text"),
    "another year": (lambda c, e: numbered(c, e, year=2025), "text"),
    "another body's ledger": (lambda c, e: numbered(c, e, body=FINANCE), "other_body"),
    "another case": (lambda c, e: numbered(c, e, case=OTHER_CASE), "other_case"),
    "a void line": (lambda c, e: numbered(c, e, state="void"), "void"),
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
    "a seal from before the head": (lambda c, e: headed(c, e, at=SEALED_AT + 6 * 60_000), "sealed_before"),
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
