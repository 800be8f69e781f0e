"""What may follow in a case (C10): heads, phases, turns and bodies, and which error says what does not fit."""

from __future__ import annotations

import pytest

from protocol.cases.history import CaseFile
from protocol.cases.objects import ObjectKind
from protocol.cases.succession import check
from protocol.documents.dispatch import DISPATCH_1
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.document_builder import (
    CASE,
    FIRST_STEPS,
    ISSUE,
    STRAIGHT,
    CaseBuilder,
    branch_of,
    receipt_of,
)
from tests.support.document_town import body, digest, made, post
from tests.support.document_tries import (
    AUDIT,
    FINANCE,
    NOT_ALLOWED,
    NOT_AUTHORISED,
    STALE,
    at,
    consulting,
    refusal,
    tried,
)

ROWS = DISPATCH_1.steps


def test_the_straight_way_goes_through_every_phase() -> None:
    builder = at(Phase.DISPATCHED, FINANCE)
    assert [p.entry.step for p in builder.taken if p.entry.step in STRAIGHT] == list(STRAIGHT)
    builder.do(Step.CLOSE)
    assert builder.file.phase == Phase.CLOSED


@pytest.mark.parametrize("phase", [p for p in Phase if p not in (Phase.VOID, Phase.CLOSED, Phase.ANNULLED)])
def test_where_the_case_stands_decides_what_may_follow(phase: Phase) -> None:
    builder = at(phase)
    for step in FIRST_STEPS:
        row = ROWS[step]
        if row.object.value in ("case", "issue") and not (row.creates and step == Step.DRAFT):
            if row.object.value == "issue" and not row.creates and ISSUE not in builder.file.objects:
                continue  # there is no issue to write into yet
            if step == Step.DISPATCH and ISSUE in builder.file.objects:
                continue  # `sync.id_reused`, below
            refused = tried(builder, step)
            assert (refused is None) == (phase in row.sources), step
            assert refused in (None, NOT_ALLOWED), step


@pytest.mark.parametrize("step", [step for step in STRAIGHT if step != Step.DRAFT])
def test_an_act_on_an_old_head_is_stale_and_on_an_unknown_one_wrong(step: Step) -> None:
    builder = CaseBuilder()
    for before in STRAIGHT[: STRAIGHT.index(step)]:
        builder.do(before)
    old = builder.line_heads()
    builder.do(Step.OPINION)
    assert tried(builder, step, parents=sorted(old)) is STALE
    for wrong in ([], [digest("nothing")], sorted([*builder.line_heads(), digest("nothing")])):
        assert tried(builder, step, parents=wrong) is ErrorCode.DOCUMENTS_WRONG_PARENTS
    assert tried(builder, step) is None


def test_heads_that_stand_side_by_side_are_all_named() -> None:
    builder = at(Phase.VETTING)
    before = sorted(builder.line_heads())
    first, second = (builder.do(Step.OPINION, parents=before) for _ in range(2))
    for seen in ([first.id], [second.id], before):
        assert tried(builder, Step.VET_PASS, parents=seen) is STALE
    assert builder.parents(Step.VET_PASS, CASE) == sorted([first.id, second.id])
    assert tried(builder, Step.VET_PASS) is None


def test_a_concurrent_act_may_be_signed_on_any_head_but_on_one_at_least() -> None:
    builder = at(Phase.SIGNING)
    for placed in builder.taken:
        assert tried(builder, Step.OPINION, parents=[placed.id]) is None
    assert tried(builder, Step.OPINION, parents=[]) is ErrorCode.DOCUMENTS_WRONG_PARENTS


def test_who_acts_on_an_old_head_is_told_so_whatever_the_phase_has_become() -> None:
    builder = at(Phase.REVIEW)
    late = builder.entry(Step.REVIEW_RETURN)
    builder.do(Step.REVIEW_PASS)
    assert refusal(builder.file, late) is STALE


def test_an_entry_belongs_into_the_object_of_its_step_and_into_its_case() -> None:
    builder = at(Phase.VETTING)
    wrong = builder.entry(Step.OPINION, object=branch_of(FINANCE))
    assert refusal(builder.file, wrong) is NOT_ALLOWED
    # What is written into a case is written into that case: another's id cannot be squatted.
    for name in ("case", "object"):
        with pytest.raises(JinshuError) as caught:
            builder.entry(Step.OPINION, **{name: made(IdKind.CASE, "another")})
        assert caught.value.code is ErrorCode.WIRE_MALFORMED
    assert tried(CaseBuilder(), Step.SUBMIT) is ErrorCode.DOCUMENTS_UNKNOWN


def test_an_object_is_made_once_and_with_a_key() -> None:
    builder = at(Phase.VETTING)
    assert tried(builder, Step.DRAFT) is ErrorCode.SYNC_ID_REUSED
    keyless = CaseBuilder().entry(Step.DRAFT, key_commitment=None)
    assert refusal(CaseFile(CASE, DISPATCH_1), keyless) is ErrorCode.KEYS_COMMITMENT_MISMATCH
    # One case, one dispatch, whatever the id.
    sent = at(Phase.DISPATCHED)
    assert tried(sent, Step.DISPATCH) is ErrorCode.SYNC_ID_REUSED
    second = made(IdKind.ISSUE, "second")
    assert tried(sent, Step.DISPATCH, object=second, head={"issue": second}) is NOT_ALLOWED


def test_a_receipt_of_the_server_nobody_has_is_no_receipt() -> None:
    builder = at(Phase.VETTING)
    known = builder.taken[0].receipt
    assert tried(builder, Step.OPINION, receipt_seen=known) is None
    assert tried(builder, Step.OPINION, receipt_seen=digest("x")) is ErrorCode.DOCUMENTS_RECEIPT_CHAIN


# Turns and bodies


@pytest.mark.parametrize(
    "step", [step for step in STRAIGHT if ROWS[step].in_turn and step not in (Step.NUMBER, Step.DISPATCH)]
)
def test_only_whose_turn_it_is_goes_on(step: Step) -> None:
    builder = CaseBuilder()
    for before in STRAIGHT[: STRAIGHT.index(step)]:
        builder.do(before)
    assert tried(builder, step, post=post("bureau.another")) is NOT_AUTHORISED
    assert tried(builder, step) is None


def test_a_case_passed_to_the_body_or_to_nobody_is_anybodys_there() -> None:
    builder = at(Phase.DRAFTING)
    builder.do(Step.SUBMIT, head={"next": body("bureau")})
    assert tried(builder, Step.REVIEW_PASS, post=post("bureau.another")) is None
    builder = at(Phase.SIGNING)
    builder.do(Step.SIGN_OFF, head={"next": None})
    assert tried(builder, Step.RECHECK_PASS, post=post("bureau.another")) is None


def test_what_was_rechecked_and_returned_goes_to_who_signed() -> None:
    builder = at(Phase.SIGNING)
    builder.do(Step.SIGN_OFF)
    builder.do(Step.RECHECK_RETURN)
    assert builder.file.turn == post("bureau.leader")
    assert tried(builder, Step.SIGN_OFF, post=post("bureau.another")) is NOT_AUTHORISED
    assert tried(builder, Step.SIGN_OFF) is None


@pytest.mark.parametrize(
    ("phase", "step"),
    [
        (Phase.DRAFTING, Step.REVISE),
        (Phase.DRAFTING, Step.SUBMIT),
        (Phase.DRAFTING, Step.OPINION),
        (Phase.DRAFTING, Step.WITHDRAW),
        (Phase.DISPATCHED, Step.ANNUL),
        (Phase.DISPATCHED, Step.CLOSE),
        (Phase.DISPATCHED, Step.RESEAL),
    ],
)
def test_another_body_does_nothing_to_the_line(phase: Phase, step: Step) -> None:
    builder = at(phase)
    assert tried(builder, step, body=FINANCE) is NOT_AUTHORISED
    assert tried(builder, step) is None


@pytest.mark.parametrize(
    ("phase", "step", "right"),
    [
        (Phase.REVIEW, Step.REVIEW_RETURN, "drafting"),
        (Phase.VETTING, Step.VET_RETURN, "drafting"),
        (Phase.SIGNING, Step.SIGN_RETURN, "drafting"),
        (Phase.RECHECK, Step.RECHECK_RETURN, "signing"),
        (Phase.SEALING, Step.WITHDRAW, "void"),
        (Phase.DISPATCHED, Step.ANNUL, "annulled"),
    ],
)
def test_a_return_says_where_it_leads(phase: Phase, step: Step, right: str) -> None:
    builder = at(phase)
    for to in ("drafting", "signing", "void", "annulled"):
        assert tried(builder, step, head={"to": to}) is (None if to == right else NOT_ALLOWED)
    builder.do(step)
    assert builder.file.phase == right


# Keys


def test_who_writes_after_a_new_key_has_seen_it() -> None:
    builder = at(Phase.VETTING)
    before = sorted(builder.line_heads())
    builder.do(Step.OPINION, key_commitment=digest("new key"))
    assert builder.file.objects[CASE].commitment == digest("new key")
    assert tried(builder, Step.OPINION, parents=before) is STALE
    assert tried(builder, Step.OPINION) is None
    builder.do(Step.OPINION)
    assert tried(builder, Step.OPINION, parents=before) is STALE


# Readers who see a part


def part(builder: CaseBuilder, *objects: str) -> CaseFile:
    """The fold of a reader who gets some objects alone; each entry is checked before it is believed."""
    seen = CaseFile(CASE, DISPATCH_1)
    for placed in builder.taken:
        if placed.entry.object in objects:
            check(seen, placed.entry)
            seen.apply(placed, {})
    return seen


def test_a_recipient_follows_the_issue_without_the_case() -> None:
    builder = at(Phase.DISPATCHED)
    builder.do(Step.RECEIVE)
    builder.do(Step.REGISTER)
    builder.do(Step.ANNUL)
    seen = part(builder, ISSUE, receipt_of(FINANCE))
    assert not seen.complete
    assert seen.phase == Phase.ANNULLED
    assert refusal(seen, builder.entry(Step.RECEIVE, object=made(IdKind.RECEIPT, "2"))) is NOT_ALLOWED
    assert refusal(seen, builder.entry(Step.RECEIVE, "inner.desk")) is NOT_AUTHORISED


def test_a_consulted_bureau_follows_its_branch_alone() -> None:
    builder = consulting(FINANCE, AUDIT)
    builder.do(Step.CONSULT_REPLY)
    seen = part(builder, branch_of(FINANCE))
    assert seen.objects.keys() == {branch_of(FINANCE)}
    assert seen.answer(ObjectKind.BRANCH, FINANCE) == "agree"
    assert refusal(seen, builder.entry(Step.CONSULT_REPLY)) is NOT_ALLOWED
    assert refusal(seen, builder.entry(Step.CONSULT_REPLY, "audit.desk")) is NOT_AUTHORISED
