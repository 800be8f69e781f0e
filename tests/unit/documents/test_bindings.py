"""What each step must agree with (C8–C13): consultation, what was signed, numbered and sealed, receipts."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.cases.succession import check
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.document_builder import branch_of, receipt_of
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
    refusal,
    tried,
)

# Consultation


def test_the_case_waits_until_all_who_were_asked_have_answered() -> None:
    builder = at(Phase.REVIEW)
    builder.do(Step.REVIEW_PASS, head={"consult": sorted([FINANCE, AUDIT])})
    assert tried(builder, Step.VET_PASS) is NOT_ALLOWED  # nobody was asked yet
    builder.ask(FINANCE)
    builder.do(Step.CONSULT_REPLY, object=branch_of(FINANCE))
    assert tried(builder, Step.VET_PASS) is NOT_ALLOWED
    builder.ask(AUDIT)
    assert tried(builder, Step.VET_PASS) is NOT_ALLOWED
    builder.do(Step.CONSULT_REPLY, "audit.desk", object=branch_of(AUDIT), head={"verdict": "comments"})
    # It joins: without a branch's head it has not been seen.
    assert tried(builder, Step.VET_PASS, parents=sorted(builder.line_heads())) is STALE
    builder.do(Step.VET_PASS)
    assert builder.file.phase == Phase.SIGNING


def test_who_disagrees_stops_it_by_article_16() -> None:
    builder = consulting(FINANCE)
    builder.do(Step.CONSULT_REPLY, head={"verdict": "disagree"})
    with pytest.raises(JinshuError) as caught:
        check(builder.file, builder.entry(Step.VET_PASS))
    assert caught.value.code is ErrorCode.DOCUMENTS_RULE_BROKEN
    assert caught.value.params == {"article": "16"}
    # A new round, after the draft came back, asks anew.
    builder.do(Step.VET_RETURN)
    builder.do(Step.SUBMIT)
    builder.do(Step.REVIEW_PASS)
    builder.do(Step.VET_PASS)


def test_who_passed_it_asks_whom_he_named_and_once() -> None:
    builder = at(Phase.REVIEW)
    builder.do(Step.REVIEW_PASS, head={"consult": [FINANCE]})
    fresh = made(IdKind.BRANCH, "fresh")
    ask: dict[str, Any] = {"head": {"asked": FINANCE}, "object": fresh}
    assert tried(builder, Step.CONSULT_OPEN, **{**ask, "head": {"asked": AUDIT}}) is NOT_ALLOWED
    assert tried(builder, Step.CONSULT_OPEN, **ask, post=post("bureau.office")) is NOT_AUTHORISED
    assert tried(builder, Step.CONSULT_OPEN, **ask, body=FINANCE) is NOT_AUTHORISED
    other = {"asked": FINANCE, "of": made(IdKind.CASE, "other")}
    assert tried(builder, Step.CONSULT_OPEN, object=fresh, head=other) is NOT_ALLOWED
    builder.ask(FINANCE)
    assert tried(builder, Step.CONSULT_OPEN, **ask) is NOT_ALLOWED


def test_a_branch_is_opened_after_the_review_that_asks_for_it() -> None:
    builder = at(Phase.REVIEW)
    before = sorted(builder.line_heads())
    builder.do(Step.REVIEW_PASS, head={"consult": [FINANCE]})
    assert tried(builder, Step.CONSULT_OPEN, parents=before) is STALE
    builder.do(Step.OPINION)
    assert tried(builder, Step.CONSULT_OPEN, parents=[builder.find(Step.REVIEW_PASS).id]) is None
    assert tried(builder, Step.CONSULT_OPEN) is None


def test_nobody_consults_himself() -> None:
    for target in (body("bureau"), post("bureau.head")):
        builder = at(Phase.REVIEW)
        assert tried(builder, Step.REVIEW_PASS, head={"consult": [target]}) is NOT_ALLOWED


def test_only_who_was_asked_answers_and_once() -> None:
    builder = consulting(FINANCE, post("audit.desk"))
    reply: dict[str, Any] = {"object": branch_of(FINANCE)}
    assert tried(builder, Step.CONSULT_REPLY, "audit.desk", **reply) is NOT_AUTHORISED
    assert tried(builder, Step.CONSULT_REPLY, post=post("finance.another"), **reply) is None
    to_post: dict[str, Any] = {"object": branch_of(post("audit.desk"))}
    assert tried(builder, Step.CONSULT_REPLY, "audit.desk", **to_post) is None
    assert tried(builder, Step.CONSULT_REPLY, "audit.registry", **to_post) is NOT_AUTHORISED
    builder.do(Step.CONSULT_REPLY, **reply)
    assert tried(builder, Step.CONSULT_REPLY, **reply) is NOT_ALLOWED
    foreign = sorted(builder.line_heads())
    assert tried(builder, Step.CONSULT_REPLY, "audit.desk", **to_post, parents=foreign) is (
        ErrorCode.DOCUMENTS_WRONG_PARENTS
    )


def test_a_branch_of_an_earlier_round_counts_no_more() -> None:
    builder = consulting(FINANCE)
    builder.do(Step.VET_RETURN)
    builder.do(Step.SUBMIT)
    builder.do(Step.REVIEW_PASS, head={"consult": [FINANCE]})
    old = branch_of(FINANCE)
    assert tried(builder, Step.CONSULT_REPLY, object=old) is NOT_ALLOWED
    assert tried(builder, Step.VET_PASS, parents=sorted(builder.line_heads())) is NOT_ALLOWED
    second = made(IdKind.BRANCH, "second")
    builder.do(Step.CONSULT_OPEN, object=second)
    builder.do(Step.CONSULT_REPLY, object=second)
    heads = builder.line_heads() | {builder.find(Step.CONSULT_REPLY).id}
    builder.do(Step.VET_PASS, parents=sorted(heads))


# What each step must agree with


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kind", "letter"),
        ("urgency", "urgent"),
        ("label", "public"),
        ("recipients", bodies("audit")),
        ("copies", []),
    ],
)
def test_who_signs_signs_what_was_drafted(name: str, said: object) -> None:
    assert tried(at(Phase.SIGNING), Step.SIGN_OFF, head={name: said}) is MISMATCH
    builder = at(Phase.DRAFTING)
    builder.do(Step.REVISE, head={name: said})
    builder.until(Phase.SIGNING)
    assert tried(builder, Step.SIGN_OFF) is MISMATCH
    assert tried(builder, Step.SIGN_OFF, head={name: said}) is None


@pytest.mark.parametrize(("phase", "step"), [(Phase.RECHECK, Step.RECHECK_PASS), (Phase.SEALING, Step.SEAL)])
def test_nothing_has_changed_since_it_was_signed(phase: Phase, step: Step) -> None:
    wrong = {"element_hash": digest("others")}
    assert tried(at(phase), step, head=wrong) is ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ({"number": "云bureau〔2026〕13号"}, MISMATCH),
        ({"recipients": bodies("finance", "audit")}, MISMATCH),
        ({"copies": []}, MISMATCH),
        ({"pdf_hash": digest("another pdf")}, ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH),
        ({"issue": made(IdKind.ISSUE, "another")}, ErrorCode.DOCUMENTS_HEAD_FIELD),
    ],
)
def test_what_goes_out_is_what_was_signed_numbered_and_sealed(head: dict[str, Any], code: ErrorCode) -> None:
    assert tried(at(Phase.DISPATCHING), Step.DISPATCH, head=head) is code


# Receipts


@pytest.mark.parametrize("step", [Step.RECEIVE, Step.REJECT])
def test_a_recipient_answers_for_itself_and_once(step: Step) -> None:
    builder = at(Phase.DISPATCHED)
    assert tried(builder, step, "inner.desk") is NOT_AUTHORISED
    assert tried(builder, step, "bureau.clerk") is NOT_AUTHORISED
    builder.do(step, "audit.desk")
    builder.do(step)
    for again in (Step.RECEIVE, Step.REJECT):
        fresh = made(IdKind.RECEIPT, "fresh")
        assert tried(builder, again, object=fresh) is NOT_ALLOWED


def test_a_receipt_comes_while_the_document_is_out() -> None:
    builder = at(Phase.DISPATCHED)
    early = builder.entry(Step.RECEIVE)
    builder.do(Step.CLOSE)
    assert tried(builder, Step.RECEIVE) is None
    builder.do(Step.ANNUL)
    assert tried(builder, Step.RECEIVE) is NOT_ALLOWED
    before = at(Phase.DISPATCHING)
    assert refusal(before.file, early) is ErrorCode.DOCUMENTS_WRONG_PARENTS


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("issue", made(IdKind.ISSUE, "another")),
        ("pdf_hash", digest("another pdf")),
        ("sender", AUDIT),
        ("dispatch_entry", digest("another dispatch")),
    ],
)
def test_a_receipt_binds_what_was_sent(name: str, said: object) -> None:
    assert tried(at(Phase.DISPATCHED), Step.RECEIVE, head={name: said}) is MISMATCH


def test_a_receipt_follows_the_dispatch_and_nothing_else() -> None:
    builder = at(Phase.DISPATCHED)
    sealed = [builder.find(Step.SEAL).id]
    assert tried(builder, Step.RECEIVE, parents=sealed) is ErrorCode.DOCUMENTS_WRONG_PARENTS
    assert tried(builder, Step.RECEIVE, parents=[]) is ErrorCode.DOCUMENTS_WRONG_PARENTS


def test_what_was_received_is_registered_once_and_there() -> None:
    builder = at(Phase.DISPATCHED)
    assert tried(builder, Step.REGISTER) is ErrorCode.DOCUMENTS_UNKNOWN
    builder.do(Step.RECEIVE)
    elsewhere: dict[str, Any] = {"object": receipt_of(FINANCE)}
    assert tried(builder, Step.REGISTER, "audit.registry", **elsewhere) is NOT_ALLOWED
    builder.do(Step.REGISTER)
    assert tried(builder, Step.REGISTER) is NOT_ALLOWED
    builder.do(Step.REJECT, "audit.desk")
    assert tried(builder, Step.REGISTER, "audit.registry") is NOT_ALLOWED


def test_a_key_is_brought_later_to_a_recipient_that_had_none() -> None:
    builder = at(Phase.DISPATCHING)
    builder.do(Step.DISPATCH, wraps={body("bureau"): 1, post("bureau.clerk"): 1, FINANCE: 1})
    assert tried(builder, Step.RESEAL, head={"principal": FINANCE}) is NOT_ALLOWED
    assert tried(builder, Step.RESEAL, head={"principal": body("inner")}) is MISMATCH
    builder.do(Step.RESEAL, wraps={AUDIT: 1})
    assert tried(builder, Step.RESEAL) is NOT_ALLOWED
    builder.do(Step.ANNUL)
    assert builder.file.phase == Phase.ANNULLED
