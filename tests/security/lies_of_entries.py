"""Entries that say what an entry may not, or that their author may not say (C3, C11), and lines no ledger takes (C12)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from protocol.cases.authority import check_authority
from protocol.cases.entries import DocumentEntry
from protocol.cases.objects import object_kind
from protocol.documents.dispatch import DISPATCH_1, DISPATCH_2, SHIPPED
from protocol.documents.numbering import check_succession
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.security.lies_of_documents import paper, parsed
from tests.support.document_builder import CaseBuilder
from tests.support.document_town import NOW, body, digest, made, organisation, person, post
from tests.unit.documents.test_numbering import LAST, LINE


@paper(ErrorCode.WIRE_MALFORMED)
def an_entry_is_written_into_a_person() -> None:
    object_kind(made(IdKind.PERSON, "x"))


@paper(ErrorCode.WIRE_MALFORMED)
def an_entry_is_written_into_a_case_under_the_name_of_another() -> None:
    parsed(Step.OPINION, object=made(IdKind.CASE, "another"))


@paper(ErrorCode.WIRE_MALFORMED)
def an_entry_belongs_to_a_branch() -> None:
    branch = made(IdKind.BRANCH, "a branch")
    parsed(Step.OPINION, case=branch, object=branch)


@paper(ErrorCode.WIRE_MALFORMED)
def an_entry_is_written_into_what_nobody_knows() -> None:
    parsed(Step.OPINION, object="vlt_" + made(IdKind.CASE, "x").partition("_")[2])


@paper(ErrorCode.CASES_UNKNOWN_STEP)
def an_entry_takes_a_step_nobody_knows() -> None:
    DocumentEntry.parse(CaseBuilder().value(Step.OPINION, parents=[]) | {"step": "translate"}, SHIPPED)


@paper(ErrorCode.WIRE_MALFORMED)
def parents_are_named_twice() -> None:
    parsed(Step.OPINION, parents=[bytes(32), bytes(32)])


@paper(ErrorCode.WIRE_MALFORMED)
def a_blob_is_a_path() -> None:
    parsed(Step.DRAFT, blobs=["../" + "a" * 61])


@paper(ErrorCode.DOCUMENTS_CLASSIFIED)
def a_state_secret_is_entered() -> None:
    parsed(Step.DRAFT, head={"label": "机密"})


@paper(ErrorCode.DOCUMENTS_HEAD_FIELD)
def a_title_stands_in_the_open() -> None:
    parsed(Step.DRAFT, head={"title": "关于防汛值守的通知"})


@paper(ErrorCode.DOCUMENTS_HEAD_FIELD)
def a_case_is_passed_to_a_person() -> None:
    parsed(Step.SUBMIT, head={"next": person("bureau.head")})


@paper(ErrorCode.DOCUMENTS_HEAD_FIELD)
def an_opinion_hides_no_opinion() -> None:
    parsed(Step.OPINION, hidden={})


@paper(ErrorCode.CASES_UNKNOWN_PROCEDURE)
def an_entry_names_rules_nobody_knows() -> None:
    rules = {"id": "mine", "version": 1, "hash": digest("my own rules")}
    DocumentEntry.parse(CaseBuilder().value(Step.DRAFT, parents=[]) | {"procedure": rules}, SHIPPED)


# Who may


@paper(ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE)
def a_case_begins_under_rules_the_site_does_not_name() -> None:
    entry = CaseBuilder(DISPATCH_2).entry(Step.DRAFT)
    check_authority(entry, DISPATCH_2, organisation(procedures=(DISPATCH_1,)), NOW)


@paper(ErrorCode.CASES_OTHER_PROCEDURE)
def a_step_of_another_version_is_taken_in_a_case() -> None:
    entry = CaseBuilder(DISPATCH_2).until(Phase.REVIEW).entry(Step.TAKE_BACK)
    check_authority(entry, DISPATCH_1, organisation(), NOW)


def judged(step: Step, who: str | None = None, **said: Any) -> None:
    entry = CaseBuilder().entry(step, who, parents=[], **said)
    check_authority(entry, DISPATCH_1, organisation(), NOW)


@paper(ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED)
def an_act_of_today_cites_the_organisation_of_yesterday() -> None:
    judged(Step.OPINION, org_seq=4)


@paper(ErrorCode.DOCUMENTS_NOT_AUTHORISED)
def a_stranger_acts_in_a_leaders_post() -> None:
    judged(Step.SIGN_OFF, actor=person("audit.registry"))


@paper(ErrorCode.DOCUMENTS_HEAD_FIELD)
def a_receipt_names_a_check_where_that_is_not_switched_on() -> None:
    judged(Step.RECEIVE, head={"dispatch_entry": digest("sent")}, hidden={"page_check": digest("page")})


@paper(ErrorCode.DOCUMENTS_NOT_AUTHORISED)
def an_inner_department_issues() -> None:
    judged(Step.DRAFT, "inner.drafter")


@paper(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH)
def a_case_is_passed_out_of_its_body() -> None:
    judged(Step.SUBMIT, head={"next": post("finance.desk")})


@paper(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH)
def a_body_nobody_knows_is_consulted() -> None:
    judged(Step.REVIEW_PASS, head={"consult": [made(IdKind.BODY, "x")]})


@paper(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH)
def a_body_nobody_knows_is_written_to() -> None:
    judged(Step.SIGN_OFF, head={"recipients": sorted([body("finance"), made(IdKind.BODY, "x")])})


# Ledgers


@paper(ErrorCode.NUMBERS_CONFLICT)
def a_number_is_left_out() -> None:
    check_succession(replace(LINE, n=14, previous=LAST[0]), LAST)


@paper(ErrorCode.NUMBERS_CONFLICT)
def a_second_line_stands_on_another_first() -> None:
    check_succession(replace(LINE, n=13, previous=digest("another line 12")), LAST)
