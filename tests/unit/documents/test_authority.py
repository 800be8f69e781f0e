"""Who may take which step (C3): the post must have the duty, the author the post, and the snapshot must be in force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from protocol.cases.authority import bodies_of, check_authority, may_take
from protocol.cases.entries import DocumentEntry
from protocol.directory.organisation import Delegation, Duty, Entry, Organisation, Post
from protocol.documents.dispatch import DISPATCH_1, SHIPPED
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.document_builder import FIRST_STEPS, HEAD, WHO, CaseBuilder
from tests.support.document_town import (
    DAY,
    DELEGATION,
    DEPUTY,
    NOW,
    POSTS,
    bodies,
    body,
    digest,
    entries,
    made,
    organisation,
    person,
    post,
)

ROWS: Final = DISPATCH_1.steps
ORGANISATION: Final = organisation()
# PROTOCOL.md §3, the column "duty".
DUTY: Final[dict[Step, set[Duty]]] = {
    Step.DRAFT: {Duty.DRAFT},
    Step.REVISE: {Duty.DRAFT},
    Step.SUBMIT: {Duty.DRAFT},
    Step.REVIEW_PASS: {Duty.REVIEW},
    Step.REVIEW_RETURN: {Duty.REVIEW},
    Step.CONSULT_OPEN: {Duty.REVIEW},
    Step.CONSULT_REPLY: {Duty.CONSULT},
    Step.VET_PASS: {Duty.VET},
    Step.VET_RETURN: {Duty.VET},
    Step.SIGN_OFF: {Duty.SIGN},
    Step.SIGN_RETURN: {Duty.SIGN},
    Step.RECHECK_PASS: {Duty.RECHECK},
    Step.RECHECK_RETURN: {Duty.RECHECK},
    Step.NUMBER: {Duty.NUMBER},
    Step.SEAL: {Duty.SEAL},
    Step.DISPATCH: {Duty.DISPATCH},
    Step.WITHDRAW: {Duty.DRAFT, Duty.SIGN},
    Step.ANNUL: {Duty.SIGN},
    Step.CLOSE: {Duty.DISPATCH},
    Step.OPINION: set(Duty),
    Step.RECEIVE: {Duty.RECEIVE},
    Step.REJECT: {Duty.RECEIVE},
    Step.RESEAL: {Duty.DISPATCH},
    Step.REGISTER: {Duty.REGISTRY},
}


def entry(step: Step, who: str | None = None, **said: Any) -> DocumentEntry:
    if "dispatch_entry" in HEAD[step]:
        said["head"] = {"dispatch_entry": digest("d")} | said.get("head", {})
    # Whoever acts, the case is passed on within his own body.
    if "next" in HEAD[step] and who is not None and "next" not in said.get("head", {}):
        said["head"] = {"next": body(who.split(".")[0])} | said.get("head", {})
    return DocumentEntry.parse(CaseBuilder().value(step, who, **{"parents": [], **said}), SHIPPED)


def refusal(wanted: DocumentEntry, by: Organisation = ORGANISATION, at: int = NOW) -> ErrorCode | None:
    try:
        check_authority(wanted, DISPATCH_1, by, at)
    except JinshuError as error:
        return error.code
    return None


def changed(*extra: Entry, without: str = "", org_seq: int = 5) -> Organisation:
    """The organisation with entries replaced, added or gone."""
    new = {item.id: item for item in (*entries(), *extra)}
    new.pop(without, None)
    return Organisation(org_seq, [new[name] for name in sorted(new)])


@pytest.mark.parametrize("step", FIRST_STEPS)
@pytest.mark.parametrize("duty", Duty)
def test_a_step_wants_its_duty_in_the_acting_post(step: Step, duty: Duty) -> None:
    one = Post(post("bureau.one"), body("bureau"), "一岗", (duty,), 1)
    who = "bureau.one"
    holder = ORGANISATION.holdings[made(IdKind.HOLDING, "bureau.drafter")]
    by = changed(one, replace(holder, post=one.id))
    wanted = entry(step, who, actor=person("bureau.drafter"))
    assert refusal(wanted, by) == (None if duty in DUTY[step] else ErrorCode.DOCUMENTS_NOT_AUTHORISED)
    assert may_take(ROWS[step], person("bureau.drafter"), one, by) == (duty in DUTY[step])


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_who_takes_it_on_the_straight_way_may(step: Step) -> None:
    assert refusal(entry(step)) is None


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_a_post_is_used_by_its_holder_alone(step: Step) -> None:
    assert refusal(entry(step, actor=person("audit.registry"))) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    assert refusal(entry(step, actor=made(IdKind.PERSON, "nobody"))) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    gone = changed(without=made(IdKind.HOLDING, WHO[step]))
    assert refusal(entry(step), gone) is ErrorCode.DOCUMENTS_NOT_AUTHORISED


@pytest.mark.parametrize("step", FIRST_STEPS)
def test_a_post_acts_for_its_own_body_alone(step: Step) -> None:
    other = "audit" if WHO[step].startswith("finance") else "finance"
    assert refusal(entry(step, body=body(other))) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    assert refusal(entry(step, post=post("no.such"))) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    assert refusal(entry(step, body=made(IdKind.BODY, "no such"))) is ErrorCode.DOCUMENTS_NOT_AUTHORISED


@pytest.mark.parametrize("step", [Step.SIGN_OFF, Step.SIGN_RETURN, Step.ANNUL, Step.WITHDRAW])
def test_a_delegate_signs_until_the_delegation_ends(step: Step) -> None:
    by_deputy = entry(step, "bureau.leader", actor=DEPUTY, delegation=DELEGATION)
    assert refusal(by_deputy, at=NOW + DAY) is None
    assert refusal(by_deputy, at=NOW + DAY + 1) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    assert refusal(replace(by_deputy, delegation=None)) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    another = replace(by_deputy, delegation=made(IdKind.DELEGATION, "another"))
    assert refusal(another) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    another_person = replace(by_deputy, actor=person("bureau.office"))
    assert refusal(another_person) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    assert refusal(by_deputy, changed(without=DELEGATION)) is ErrorCode.DOCUMENTS_NOT_AUTHORISED


def test_a_delegation_gives_its_duties_and_its_post_alone() -> None:
    for step in FIRST_STEPS:
        if Duty.SIGN not in DUTY[step]:
            wanted = entry(step, actor=DEPUTY, delegation=DELEGATION)
            assert refusal(wanted) is ErrorCode.DOCUMENTS_NOT_AUTHORISED, step
    # It cannot give what the post itself has not got.
    wide = Delegation(DELEGATION, post("bureau.leader"), DEPUTY, (Duty.SEAL, Duty.SIGN), NOW + DAY)
    wanted = entry(Step.SEAL, "bureau.leader", actor=DEPUTY, delegation=DELEGATION)
    assert refusal(wanted, changed(wide)) is ErrorCode.DOCUMENTS_NOT_AUTHORISED


@pytest.mark.parametrize(
    ("cited", "offline", "expected"),
    [
        (5, False, None),
        (5, True, None),
        (4, True, None),
        (0, True, None),
        (4, False, ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED),
        (6, False, ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED),
        (6, True, ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED),
    ],
)
def test_an_old_snapshot_serves_only_who_was_offline(
    cited: int, offline: bool, expected: ErrorCode | None
) -> None:
    assert refusal(entry(Step.REVIEW_PASS, org_seq=cited, offline=offline)) is expected


def test_who_was_offline_counts_only_while_he_is_still_authorised() -> None:
    wanted = entry(Step.SIGN_OFF, org_seq=4, offline=True)
    dismissed = changed(without=made(IdKind.HOLDING, "bureau.leader"))
    assert refusal(wanted, dismissed) is ErrorCode.DOCUMENTS_NOT_AUTHORISED


def test_an_inner_department_begins_no_case() -> None:
    assert refusal(entry(Step.DRAFT, "inner.drafter")) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    assert not may_take(
        ROWS[Step.DRAFT], person("inner.drafter"), ORGANISATION.posts[post("inner.drafter")], ORGANISATION
    )
    assert refusal(entry(Step.REVISE, "inner.drafter")) is None


@pytest.mark.parametrize("step", [step for step in FIRST_STEPS if "next" in HEAD[step]])
def test_a_case_is_passed_on_within_its_body_alone(step: Step) -> None:
    for good in (post("bureau.head"), body("bureau")):
        assert refusal(entry(step, head={"next": good})) is None
    for foreign in (post("finance.desk"), body("finance"), made(IdKind.POST, "x"), made(IdKind.BODY, "x")):
        wanted = entry(step, head={"next": foreign})
        assert refusal(wanted) is ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH


def test_only_whom_the_organisation_knows_is_asked_and_written_to() -> None:
    known = sorted([body("finance"), post("audit.desk")])
    assert refusal(entry(Step.REVIEW_PASS, head={"consult": known})) is None
    unknown = (made(IdKind.BODY, "x"), made(IdKind.POST, "x"))
    for target in unknown:
        asked = [entry(Step.REVIEW_PASS, head={"consult": sorted([*known, target])})]
        asked.append(entry(Step.CONSULT_OPEN, head={"asked": target}))
        assert {refusal(wanted) for wanted in asked} == {ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH}
    for step in (Step.DRAFT, Step.REVISE, Step.SIGN_OFF, Step.DISPATCH):
        for name in ("recipients", "copies"):
            wanted = entry(step, head={name: sorted([*bodies("finance"), unknown[0]])})
            assert refusal(wanted) is ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH


def test_a_principal_belongs_to_bodies_or_to_none() -> None:
    for principal in (body("finance"), post("finance.desk"), person("finance.desk")):
        assert bodies_of(principal, ORGANISATION) == {body("finance")}
    for other in (made(IdKind.BODY, "x"), made(IdKind.POST, "x"), made(IdKind.PERSON, "x"), ""):
        assert bodies_of(other, ORGANISATION) == set()


def test_the_posts_of_this_test_have_every_duty_of_the_table() -> None:
    held = {duty for posts in POSTS.values() for duties in posts.values() for duty in duties}
    assert held >= {duty for step, duties in DUTY.items() if step != Step.OPINION for duty in duties}
