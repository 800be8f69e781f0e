"""Entries that do not follow what is there (C8–C10, C12, C13): phase, turn, parents, keys, and what each step must agree with."""

from __future__ import annotations

from protocol.cases.history import CaseFile
from protocol.cases.succession import check
from protocol.documents.dispatch import DISPATCH_1, DISPATCH_2
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.security.lies_of_documents import follow, paper
from tests.support.document_builder import CASE, CaseBuilder, branch_of
from tests.support.document_town import bodies, body, digest, made, post
from tests.support.document_tries import (
    AUDIT,
    FINANCE,
    MISMATCH,
    NOT_ALLOWED,
    NOT_AUTHORISED,
    STALE,
    at,
    consulting,
)

ELEMENTS = ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH


@paper(NOT_ALLOWED)
def an_entry_of_another_case_is_shown_in_this_one() -> None:
    follow(consulting(FINANCE), Step.CONSULT_REPLY, case=made(IdKind.CASE, "another"))


@paper(ErrorCode.SYNC_ID_REUSED)
def a_case_begins_twice() -> None:
    follow(at(Phase.VETTING), Step.DRAFT)


@paper(ErrorCode.DOCUMENTS_UNKNOWN)
def a_receipt_is_registered_that_nobody_gave() -> None:
    follow(at(Phase.DISPATCHED), Step.REGISTER)


@paper(ErrorCode.KEYS_COMMITMENT_MISMATCH)
def a_case_begins_without_a_key() -> None:
    check(CaseFile(CASE, DISPATCH_1), CaseBuilder().entry(Step.DRAFT, key_commitment=None))


@paper(NOT_ALLOWED)
def what_is_out_is_withdrawn() -> None:
    follow(at(Phase.DISPATCHED), Step.WITHDRAW)


@paper(NOT_AUTHORISED)
def another_body_speaks_in_the_case() -> None:
    follow(at(Phase.DRAFTING), Step.OPINION, body=FINANCE)


@paper(NOT_AUTHORISED)
def somebody_goes_on_whose_turn_it_is_not() -> None:
    follow(at(Phase.VETTING), Step.VET_PASS, post=post("bureau.another"))


@paper(ErrorCode.DOCUMENTS_WRONG_PARENTS)
def an_entry_follows_one_nobody_has_seen() -> None:
    follow(at(Phase.SIGNING), Step.OPINION, parents=[digest("nothing")])


@paper(STALE)
def a_decision_leaves_a_head_out() -> None:
    case = at(Phase.VETTING)
    seen = sorted(case.line_heads())
    case.do(Step.OPINION)
    follow(case, Step.VET_PASS, parents=seen)


@paper(STALE)
def an_old_key_is_used_after_it_was_changed() -> None:
    case = at(Phase.VETTING)
    seen = sorted(case.line_heads())
    case.do(Step.OPINION, key_commitment=digest("new key"))
    follow(case, Step.OPINION, parents=seen)


@paper(ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
def an_author_has_seen_a_receipt_this_reader_never_got() -> None:
    follow(at(Phase.VETTING), Step.OPINION, receipt_seen=digest("another receipt"))


# What each step must agree with


@paper(NOT_ALLOWED)
def a_return_leads_elsewhere() -> None:
    follow(at(Phase.RECHECK), Step.RECHECK_RETURN, head={"to": "drafting"})


@paper(NOT_ALLOWED)
def somebody_consults_himself() -> None:
    follow(at(Phase.REVIEW), Step.REVIEW_PASS, head={"consult": [post("bureau.head")]})


@paper(MISMATCH)
def another_recipient_is_signed_than_was_drafted() -> None:
    follow(at(Phase.SIGNING), Step.SIGN_OFF, head={"recipients": bodies("audit")})


@paper(ELEMENTS)
def another_document_is_sealed_than_was_signed() -> None:
    follow(at(Phase.SEALING), Step.SEAL, head={"element_hash": digest("others")})


@paper(NOT_ALLOWED)
def what_was_received_is_registered_by_another_body() -> None:
    case = at(Phase.DISPATCHED)
    case.do(Step.RECEIVE)
    follow(case, Step.REGISTER, "audit.registry", object=case.taken[-1].entry.object)


def sent() -> CaseBuilder:
    case = at(Phase.DISPATCHING)
    case.do(Step.DISPATCH, wraps={body("bureau"): 1, post("bureau.clerk"): 1, FINANCE: 1})
    return case


@paper(NOT_ALLOWED)
def a_key_is_brought_later_to_one_who_has_it() -> None:
    follow(sent(), Step.RESEAL, head={"principal": FINANCE})


@paper(MISMATCH)
def a_key_is_brought_later_to_one_it_was_not_sent_to() -> None:
    follow(sent(), Step.RESEAL, head={"principal": body("inner")})


# Consultation


def reviewed() -> CaseBuilder:
    case = at(Phase.REVIEW)
    case.do(Step.REVIEW_PASS, head={"consult": [FINANCE]})
    return case


FRESH = made(IdKind.BRANCH, "fresh")


@paper(NOT_ALLOWED)
def a_branch_is_of_another_case() -> None:
    follow(reviewed(), Step.CONSULT_OPEN, object=FRESH, head={"asked": FINANCE, "of": made(IdKind.CASE, "x")})


@paper(NOT_ALLOWED)
def somebody_is_asked_whom_the_review_did_not_name() -> None:
    follow(reviewed(), Step.CONSULT_OPEN, object=FRESH, head={"asked": AUDIT})


@paper(NOT_ALLOWED)
def somebody_is_asked_twice() -> None:
    follow(consulting(FINANCE), Step.CONSULT_OPEN, object=FRESH, head={"asked": FINANCE})


@paper(NOT_AUTHORISED)
def another_post_asks_than_reviewed() -> None:
    follow(reviewed(), Step.CONSULT_OPEN, object=FRESH, post=post("bureau.office"))


@paper(STALE)
def a_branch_of_an_earlier_round_is_shown_in_this_one() -> None:
    case = at(Phase.REVIEW)
    before = sorted(case.line_heads())
    case.do(Step.REVIEW_PASS, head={"consult": [FINANCE]})
    follow(case, Step.CONSULT_OPEN, parents=before)


@paper(NOT_AUTHORISED)
def somebody_answers_who_was_not_asked() -> None:
    follow(consulting(FINANCE), Step.CONSULT_REPLY, "audit.desk", object=branch_of(FINANCE))


@paper(NOT_ALLOWED)
def an_answer_is_given_twice() -> None:
    case = consulting(FINANCE)
    case.do(Step.CONSULT_REPLY, head={"verdict": "disagree"})
    follow(case, Step.CONSULT_REPLY)


@paper(NOT_ALLOWED)
def an_answer_is_given_in_an_earlier_round() -> None:
    case = consulting(FINANCE)
    case.do(Step.VET_RETURN)
    case.do(Step.SUBMIT)
    case.do(Step.REVIEW_PASS, head={"consult": [FINANCE]})
    follow(case, Step.CONSULT_REPLY)


@paper(NOT_ALLOWED)
def the_case_goes_on_before_all_have_answered() -> None:
    follow(reviewed(), Step.VET_PASS)


@paper(ErrorCode.DOCUMENTS_RULE_BROKEN)
def the_case_goes_on_against_who_disagrees() -> None:
    case = consulting(FINANCE)
    case.do(Step.CONSULT_REPLY, head={"verdict": "disagree"})
    follow(case, Step.VET_PASS)


# Issue and receipts


@paper(ErrorCode.DOCUMENTS_HEAD_FIELD)
def a_dispatch_names_another_issue_than_it_makes() -> None:
    follow(at(Phase.DISPATCHING), Step.DISPATCH, head={"issue": made(IdKind.ISSUE, "another")})


@paper(ELEMENTS)
def another_pdf_goes_out_than_was_sealed() -> None:
    follow(at(Phase.DISPATCHING), Step.DISPATCH, head={"pdf_hash": digest("another pdf")})


@paper(MISMATCH)
def it_goes_out_under_another_number() -> None:
    follow(at(Phase.DISPATCHING), Step.DISPATCH, head={"number": "云bureau〔2026〕13号"})


@paper(MISMATCH)
def it_goes_out_to_others_than_were_signed() -> None:
    follow(at(Phase.DISPATCHING), Step.DISPATCH, head={"recipients": bodies("finance", "inner")})


@paper(NOT_ALLOWED)
def something_is_received_that_was_never_issued() -> None:
    unseen = CaseFile(CASE, DISPATCH_1)
    check(unseen, at(Phase.DISPATCHED).entry(Step.RECEIVE, parents=[]))


@paper(NOT_ALLOWED)
def a_body_receives_twice() -> None:
    case = at(Phase.DISPATCHED)
    case.do(Step.RECEIVE)
    follow(case, Step.REJECT, object=made(IdKind.RECEIPT, "fresh"))


@paper(NOT_AUTHORISED)
def somebody_receives_what_was_not_sent_to_him() -> None:
    follow(at(Phase.DISPATCHED), Step.RECEIVE, "inner.desk")


@paper(MISMATCH)
def a_receipt_is_for_another_pdf() -> None:
    follow(at(Phase.DISPATCHED), Step.RECEIVE, head={"pdf_hash": digest("another pdf")})


# What is taken back, and by which rules (C42)


def second(phase: Phase) -> CaseBuilder:
    return CaseBuilder(DISPATCH_2).until(phase)


@paper(NOT_ALLOWED)
def it_is_taken_back_after_somebody_has_spoken() -> None:
    case = second(Phase.VETTING)
    case.do(Step.OPINION)
    follow(case, Step.TAKE_BACK, "bureau.head", head={"to": "review"})


@paper(NOT_AUTHORISED)
def another_than_who_handed_it_on_takes_it_back() -> None:
    follow(second(Phase.VETTING), Step.TAKE_BACK, head={"to": "review"})


@paper(ErrorCode.CASES_OTHER_PROCEDURE)
def an_entry_names_other_rules_than_its_case_has() -> None:
    entry = CaseBuilder(DISPATCH_2).entry(Step.DRAFT)
    check(CaseFile(CASE, DISPATCH_1), entry)


@paper(STALE)
def somebody_speaks_on_what_was_taken_back() -> None:
    case = second(Phase.REVIEW)
    old = sorted(case.line_heads())
    case.do(Step.TAKE_BACK)
    case.do(Step.SUBMIT)
    follow(case, Step.OPINION, parents=old)
