"""Wraps that are not those an entry signs, or for others than its step asks for (C7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from protocol.cases.entries import DocumentEntry
from protocol.cases.recipients import check_wraps
from protocol.crypto.envelope import WrapRecord
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.security.lies_of_documents import paper
from tests.support.document_builder import ISSUE
from tests.support.document_town import made, post
from tests.unit.documents.test_recipients import BUREAU, DEVICE, SealedCase

DRAFTER = {BUREAU, post("bureau.drafter")}


def judge(case: SealedCase, entry: DocumentEntry, records: list[WrapRecord]) -> None:
    check_wraps(entry, records, DEVICE, case.file, case.keys)


def drafted() -> SealedCase:
    case = SealedCase()
    case.take(case.sealed(Step.DRAFT, DRAFTER)[0], dict.fromkeys(DRAFTER, 1))
    return case


def sign_changed(**changes: Any) -> None:
    """A draft whose author signed a wrap that is not what it should be."""
    case = SealedCase()
    entry, [first, second] = case.sealed(Step.DRAFT, DRAFTER)
    records = [replace(first, **changes), second]
    judge(case, replace(entry, wraps=sorted(record.hash for record in records)), records)


@paper(ErrorCode.KEYS_WRAP_UNSIGNED)
def a_wrap_is_put_in_the_place_of_a_signed_one() -> None:
    case = SealedCase()
    entry, [first, second] = case.sealed(Step.DRAFT, DRAFTER)
    judge(case, entry, [replace(first, sealed=b"the server's own"), second])


@paper(ErrorCode.KEYS_WRAP_UNSIGNED)
def a_signed_wrap_is_of_another_object() -> None:
    sign_changed(object=ISSUE)


@paper(ErrorCode.KEYS_WRAP_UNSIGNED)
def a_signed_wrap_is_of_another_hand() -> None:
    sign_changed(sender=made(IdKind.DEVICE, "another"))


@paper(ErrorCode.KEYS_GENERATION_STALE)
def a_key_is_sealed_to_an_older_generation() -> None:
    sign_changed(generation=0)


@paper(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH)
def a_key_goes_to_one_more_than_the_step_names() -> None:
    case = SealedCase()
    judge(case, *case.sealed(Step.DRAFT, DRAFTER | {post("finance.leader")}))


@paper(ErrorCode.KEYS_NO_GENERATION)
def a_case_is_passed_to_one_who_has_no_key() -> None:
    case = drafted()
    del case.keys.numbers[post("bureau.head")]
    judge(case, *case.sealed(Step.SUBMIT, set()))


@paper(ErrorCode.KEYS_GENERATION_STALE)
def something_is_said_while_one_who_left_still_reads() -> None:
    case = drafted()
    case.keys.stale.add(BUREAU)
    judge(case, *case.sealed(Step.OPINION, set()))


@paper(ErrorCode.KEYS_GENERATION_STALE)
def the_old_key_goes_on_after_a_member_left() -> None:
    case = drafted()
    case.keys.numbers[BUREAU] = 2
    judge(case, *case.sealed(Step.REVISE, DRAFTER))


@paper(ErrorCode.KEYS_COMMITMENT_MISMATCH)
def a_new_key_comes_that_nobody_asked_for() -> None:
    case = drafted()
    judge(case, *case.sealed(Step.REVISE, set(), key_commitment=bytes(32)))
