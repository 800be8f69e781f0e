"""What `dispatch/2` has that the first version has not: cases that name their rules, 取回, 收文号 from a ledger."""

from __future__ import annotations

from typing import Any

import pytest

from protocol.cases import succession
from protocol.cases.authority import check_authority
from protocol.cases.entries import LATER, DocumentEntry
from protocol.cases.objects import ObjectKind
from protocol.documents.dispatch import DISPATCH_1, DISPATCH_2, SHIPPED, procedure_for_new
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from protocol.features import FEATURES
from tests.support.document_builder import CASE, CaseBuilder, branch_of
from tests.support.document_town import NOW, POSTS, body, digest, organisation, person, post

HANDED = {
    Step.SUBMIT: (Phase.REVIEW, Phase.DRAFTING, "bureau.drafter"),
    Step.REVIEW_PASS: (Phase.VETTING, Phase.REVIEW, "bureau.head"),
    Step.VET_PASS: (Phase.SIGNING, Phase.VETTING, "bureau.office"),
    Step.SIGN_OFF: (Phase.RECHECK, Phase.SIGNING, "bureau.leader"),
    Step.RECHECK_PASS: (Phase.NUMBERING, Phase.RECHECK, "bureau.checker"),
}

BUREAU = [f"bureau.{place}" for place in POSTS["bureau"]]


def at(phase: Phase) -> CaseBuilder:
    return CaseBuilder(DISPATCH_2).until(phase)


def refusal(builder: CaseBuilder, step: Step, who: str | None = None, **said: Any) -> ErrorCode | None:
    try:
        builder.do(step, who, **said)
    except JinshuError as error:
        return error.code
    return None


@pytest.mark.parametrize("step", HANDED)
def test_what_was_handed_on_comes_back_to_the_post_that_did(step: Step) -> None:
    reached, stood, who = HANDED[step]
    builder = at(reached)
    before = at(stood)
    builder.do(Step.TAKE_BACK, who, head={"to": stood.value})
    assert (builder.file.phase, builder.file.turn) == (before.file.phase, before.file.turn)
    assert builder.file.last.keys() - {Step.TAKE_BACK} == before.file.last.keys()
    # And it goes on from there as if it had never been handed on.
    builder.do(step)
    assert builder.file.phase == reached


def test_a_return_is_taken_back_by_whoever_returned_it() -> None:
    builder = at(Phase.VETTING)
    builder.do(Step.VET_RETURN)
    builder.do(Step.TAKE_BACK, "bureau.office", head={"to": "vetting"})
    assert (builder.file.phase, builder.file.turn) == (Phase.VETTING, post("bureau.office"))
    builder.do(Step.VET_PASS)


def test_nobody_else_takes_it_back() -> None:
    builder = at(Phase.VETTING)
    for who in ("bureau.drafter", "bureau.office"):
        assert refusal(builder, Step.TAKE_BACK, who, head={"to": "review"}) is (
            ErrorCode.DOCUMENTS_NOT_AUTHORISED
        )
    assert refusal(builder, Step.TAKE_BACK, "bureau.head", head={"to": "drafting"}) is (
        ErrorCode.DOCUMENTS_NOT_ALLOWED
    )


@pytest.mark.parametrize("step", [Step.OPINION, Step.VET_PASS, Step.TAKE_BACK])
def test_after_the_next_entry_it_is_too_late(step: Step) -> None:
    builder = at(Phase.VETTING)
    if step == Step.TAKE_BACK:
        builder.do(step, "bureau.head", head={"to": "review"})
    else:
        builder.do(step)
    assert refusal(builder, Step.TAKE_BACK, "bureau.head", head={"to": "review"}) is (
        ErrorCode.DOCUMENTS_NOT_ALLOWED
    )


def test_who_was_asked_keeps_it_from_being_taken_back() -> None:
    builder = at(Phase.REVIEW)
    builder.do(Step.REVIEW_PASS, head={"consult": [body("finance")]})
    builder.ask(body("finance"))
    assert refusal(builder, Step.TAKE_BACK, "bureau.head", head={"to": "review"}) is (
        ErrorCode.DOCUMENTS_NOT_ALLOWED
    )
    assert builder.file.objects[branch_of(body("finance"))].chain


X = "finance"


def twice_asked() -> CaseBuilder:
    """核稿 passed, taken back, and passed again; whoever is asked then names both as what it stands on."""
    builder = at(Phase.REVIEW)
    first = builder.do(Step.REVIEW_PASS, head={"consult": [body(X)]})
    builder.do(Step.TAKE_BACK, "bureau.head", head={"to": "review"})
    second = builder.do(Step.REVIEW_PASS, head={"consult": [body(X)]})
    builder.ask(body(X), parents=sorted([first.id, second.id]))
    return builder


def test_a_reader_who_gets_the_branch_before_the_line_is_not_stopped_by_it() -> None:
    builder = twice_asked()
    seen = SHIPPED.file_for(CASE, DISPATCH_2)
    branch = [placed for placed in builder.taken if placed.entry.object != CASE]
    for placed in [*branch, *(each for each in builder.taken if each not in branch)]:
        succession.check(seen, placed.entry)
        seen.apply(placed, {})
    assert seen.phase == builder.file.phase
    assert seen.made == builder.file.made


@pytest.mark.parametrize("step", [Step.OPINION, Step.URGE])
def test_nothing_more_stands_on_what_was_taken_back(step: Step) -> None:
    builder = at(Phase.REVIEW)
    old = builder.line_heads()
    builder.do(Step.TAKE_BACK)
    builder.do(Step.SUBMIT)
    who = "bureau.drafter" if step == Step.URGE else None
    head = {"urged": post("bureau.head")} if step == Step.URGE else None
    assert refusal(builder, step, who, head=head, parents=sorted(old)) is ErrorCode.DOCUMENTS_STALE_HEAD
    assert refusal(builder, step, who, head=head) is None


def test_who_was_asked_before_is_asked_again_when_the_next_round_is_taken_back() -> None:
    builder = at(Phase.REVIEW)
    builder.do(Step.REVIEW_PASS, head={"consult": [body(X)]})
    builder.ask(body(X))
    builder.do(Step.VET_RETURN)
    builder.do(Step.SUBMIT)
    before = dict(builder.file.made[ObjectKind.BRANCH])
    builder.do(Step.REVIEW_PASS, head={"consult": []})
    builder.do(Step.TAKE_BACK, "bureau.head", head={"to": "review"})
    assert builder.file.made[ObjectKind.BRANCH] == before


def test_an_entry_of_another_version_is_refused_before_its_step_is_looked_up() -> None:
    taken_back = at(Phase.REVIEW).entry(Step.TAKE_BACK)
    with pytest.raises(JinshuError) as refused:
        check_authority(taken_back, DISPATCH_1, organisation(procedures=(DISPATCH_2,)), NOW)
    assert refused.value.code is ErrorCode.CASES_OTHER_PROCEDURE


@pytest.mark.parametrize("phase", [Phase.DRAFTING, Phase.SEALING, Phase.DISPATCHING, Phase.DISPATCHED])
def test_what_spent_a_number_or_a_seal_stays(phase: Phase) -> None:
    builder = at(phase)
    who = {Phase.SEALING: "bureau.clerk", Phase.DISPATCHING: "bureau.keeper"}.get(phase, "bureau.clerk")
    with pytest.raises(JinshuError):
        builder.do(Step.TAKE_BACK, who, head={"to": "recheck"})


def offered(builder: CaseBuilder, who: str) -> bool:
    """Whether a page would offer to urge."""
    acting = organisation().posts[post(who)]
    return succession.allowed(builder.file, Step.URGE, CASE, person(who), acting)


def test_a_page_offers_it_where_the_server_takes_it() -> None:
    builder, by = at(Phase.VETTING), organisation().posts

    def offered(who: str) -> bool:
        return succession.allowed(builder.file, Step.TAKE_BACK, CASE, person(who), by[post(who)])

    assert offered("bureau.head")
    assert not offered("bureau.office")
    builder.do(Step.OPINION)
    assert not offered("bureau.head")


# 催办


@pytest.mark.parametrize(
    ("phase", "has_it"),
    [
        (Phase.REVIEW, "bureau.head"),
        (Phase.VETTING, "bureau.office"),
        (Phase.SIGNING, "bureau.leader"),
        (Phase.RECHECK, "bureau.checker"),
        (Phase.SEALING, "bureau.keeper"),
    ],
)
def test_whose_turn_it_is_is_urged_and_nothing_moves(phase: Phase, has_it: str) -> None:
    builder = at(phase)
    before = (builder.file.phase, builder.file.turn, dict(builder.file.last))
    for who in BUREAU:
        wanted = ErrorCode.DOCUMENTS_NOT_ALLOWED if who == has_it else None
        assert refusal(builder, Step.URGE, who, head={"urged": post(has_it)}) is wanted, who
        assert offered(builder, who) is (wanted is None), who
    assert (builder.file.phase, builder.file.turn, builder.file.last) == before


@pytest.mark.parametrize(
    "phase", [Phase.DRAFTING, Phase.NUMBERING, Phase.DISPATCHING, Phase.DISPATCHED, Phase.CLOSED]
)
def test_where_it_is_nobodys_turn_or_it_is_out_nobody_is_urged(phase: Phase) -> None:
    builder = at(Phase.DISPATCHED if phase is Phase.CLOSED else phase)
    if phase is Phase.CLOSED:
        builder.do(Step.CLOSE)
    assert builder.file.turn is None
    for who in BUREAU:
        assert not offered(builder, who)
        for urged in (post("bureau.clerk"), body("bureau")):
            assert refusal(builder, Step.URGE, who, head={"urged": urged}) is (
                ErrorCode.DOCUMENTS_NOT_ALLOWED
            )


def test_a_body_whose_turn_it_is_is_urged_by_its_own_posts_and_by_no_other_body() -> None:
    builder = at(Phase.RECHECK)
    builder.do(Step.RECHECK_PASS, head={"next": body("bureau")})
    builder.do(Step.URGE, head={"urged": body("bureau")})
    for who in ("finance.head", "finance.leader"):
        assert refusal(builder, Step.URGE, who, head={"urged": body("bureau")}) is (
            ErrorCode.DOCUMENTS_NOT_AUTHORISED
        )


def test_on_an_old_head_whose_turn_it_is_now_is_urged() -> None:
    builder = at(Phase.VETTING)
    before = sorted(builder.line_heads())
    builder.do(Step.VET_PASS)
    assert refusal(builder, Step.URGE, head={"urged": post("bureau.office")}, parents=before) is (
        ErrorCode.DOCUMENTS_NOT_ALLOWED
    )
    builder.do(Step.URGE, head={"urged": post("bureau.leader")}, parents=before)


def test_what_was_urged_is_not_taken_back() -> None:
    builder = at(Phase.VETTING)
    builder.do(Step.URGE)
    assert refusal(builder, Step.TAKE_BACK, "bureau.head", head={"to": "review"}) is (
        ErrorCode.DOCUMENTS_NOT_ALLOWED
    )


def test_the_first_version_has_nobody_urged() -> None:
    value = at(Phase.VETTING).value(Step.URGE)
    del value["procedure"]
    with pytest.raises(JinshuError) as refused:
        DocumentEntry.parse(value, SHIPPED)
    assert refused.value.code is ErrorCode.CASES_UNKNOWN_STEP


# Which rules a case has


def first(procedure: Any = DISPATCH_2, **said: Any) -> DocumentEntry:
    return CaseBuilder(procedure).entry(Step.DRAFT, **said)


@pytest.mark.parametrize(
    ("procedure", "in_force", "refused"),
    [
        (DISPATCH_1, (), None),
        (DISPATCH_2, (DISPATCH_2,), None),
        (DISPATCH_1, (DISPATCH_2,), ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE),
        (DISPATCH_2, (), ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE),
        (DISPATCH_2, (DISPATCH_1,), ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE),
    ],
)
def test_a_case_begins_under_rules_the_site_names(
    procedure: Any, in_force: Any, refused: ErrorCode | None
) -> None:
    try:
        check_authority(first(procedure), procedure, organisation(procedures=in_force), NOW)
        code = None
    except JinshuError as error:
        code = error.code
    assert code is refused


def test_a_case_under_way_keeps_its_rules() -> None:
    entry = CaseBuilder(DISPATCH_1).until(Phase.DRAFTING).entry(Step.SUBMIT)
    check_authority(entry, DISPATCH_1, organisation(procedures=(DISPATCH_2,)), NOW)


@pytest.mark.parametrize("named", [None, {"id": "dispatch", "version": 1, "hash": DISPATCH_1.hash}])
def test_an_entry_names_the_rules_of_its_case_and_no_others(named: Any) -> None:
    builder = at(Phase.DRAFTING)
    value = builder.value(Step.SUBMIT)
    del value["procedure"]
    if named is not None:
        with pytest.raises(JinshuError) as refused:
            DocumentEntry.parse(value | {"procedure": named}, SHIPPED)
        assert refused.value.code is ErrorCode.CASES_UNKNOWN_PROCEDURE
        return
    with pytest.raises(JinshuError) as refused:
        succession.check(builder.file, DocumentEntry.parse(value, SHIPPED))
    assert refused.value.code is ErrorCode.CASES_OTHER_PROCEDURE


def test_an_entry_of_the_first_version_is_not_folded_into_the_second() -> None:
    builder, other = at(Phase.DRAFTING), CaseBuilder(DISPATCH_1).until(Phase.DRAFTING)
    later = builder.entry(Step.OPINION, parents=sorted(other.line_heads()))
    with pytest.raises(JinshuError) as refused:
        succession.check(other.file, later)
    assert refused.value.code is ErrorCode.CASES_OTHER_PROCEDURE


def test_the_name_of_the_rules_is_signed_with_the_entry() -> None:
    entry = first()
    assert entry.value()["procedure"] == {"id": "dispatch", "version": 2, "hash": DISPATCH_2.hash}
    assert DocumentEntry.parse(entry.value(), SHIPPED) == entry
    for wrong in ({"id": "dispatch"}, {"id": "dispatch", "version": 0, "hash": digest("x")}, "dispatch/2"):
        with pytest.raises(JinshuError) as refused:
            DocumentEntry.parse(entry.value() | {"procedure": wrong}, SHIPPED)
        assert refused.value.code is ErrorCode.WIRE_MALFORMED
        # A later form of naming them: kept in its place where the site has what this program lacks.
        assert DocumentEntry.parse(entry.value() | {"procedure": wrong}, SHIPPED, tolerant=True).step == LATER


def test_new_cases_take_the_newest_version_once_it_is_switched_on() -> None:
    assert procedure_for_new(()) is DISPATCH_1
    assert procedure_for_new(frozenset(FEATURES)) is DISPATCH_2


def test_the_second_version_begins_with_the_rows_of_the_first() -> None:
    first_rows = {row.step: row.value() for row in DISPATCH_1.rows}
    second = {row.step: row.value() for row in DISPATCH_2.rows}
    assert {step for step in second if first_rows.get(step) != second[step]} == {
        Step.TAKE_BACK.value,
        Step.URGE.value,
        Step.REGISTER.value,
    }
