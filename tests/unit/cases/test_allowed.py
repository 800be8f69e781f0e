"""What is offered and what is accepted are one answer (`succession.allowed`), in every place a case comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from protocol.cases import succession
from protocol.cases.authority import may_take
from protocol.cases.history import CaseFile
from protocol.cases.procedure import StepRule
from protocol.cases.shapes import shape
from protocol.documents.dispatch import DISPATCH_1, DISPATCH_2
from protocol.documents.steps import Phase, Step
from tests.support.document_builder import CaseBuilder, branch_of, receipt_of
from tests.support.document_town import POSTS, organisation, person, post
from tests.support.document_tries import FINANCE, at, consulting, tried

TOWN: Final = organisation()
WHO: Final = [f"{body}.{place}" for body, places in POSTS.items() for place in places]


def answered() -> CaseBuilder:
    case = consulting(FINANCE)
    case.do(Step.CONSULT_REPLY)
    return case


def opposed() -> CaseBuilder:
    case = consulting(FINANCE)
    case.do(Step.CONSULT_REPLY, head={"verdict": "disagree"})
    return case


def received() -> CaseBuilder:
    case = at(Phase.DISPATCHED)
    case.do(Step.RECEIVE)
    return case


def registered() -> CaseBuilder:
    case = received()
    case.do(Step.REGISTER)
    return case


def after(step: Step, phase: Phase) -> Callable[[], CaseBuilder]:
    def made() -> CaseBuilder:
        case = at(phase)
        case.do(step)
        return case

    return made


PLACES: Final[dict[str, Callable[[], CaseBuilder]]] = {
    **{phase.value: lambda phase=phase: at(phase) for phase in list(Phase)[:9]},  # type: ignore[misc]
    "consulting": lambda: consulting(FINANCE),
    "answered": answered,
    "opposed": opposed,
    "received": received,
    "registered": registered,
    "rejected": after(Step.REJECT, Phase.DISPATCHED),
    "closed": after(Step.CLOSE, Phase.DISPATCHED),
    "void": after(Step.WITHDRAW, Phase.VETTING),
    "annulled": after(Step.ANNUL, Phase.DISPATCHED),
    "returned": after(Step.RECHECK_RETURN, Phase.RECHECK),
}


def targets(file: CaseFile, row: StepRule, who: str) -> Iterator[tuple[str, str]]:
    """The objects at which a post would find the step, and what it would be written into."""
    for shown in file.objects:
        found = succession.object_for(file, row, shown, TOWN.posts[post(who)])
        if found is not None:
            yield shown, found


@pytest.mark.parametrize("place", PLACES)
def test_what_is_offered_is_taken_and_what_is_not_is_refused(place: str) -> None:
    case = PLACES[place]()
    offered = 0
    for row in DISPATCH_1.rows:
        if row.step in (Step.CONSULT_OPEN, Step.RESEAL):
            continue  # whom they are for is only in the head
        for who in WHO:
            if not may_take(row, person(who), TOWN.posts[post(who)], TOWN):
                continue
            for shown, found in targets(case.file, row, who):
                step = Step(row.step)
                allowed = succession.allowed(case.file, step, found, person(who), TOWN.posts[post(who)])
                target = {} if row.creates or found == case.file.case else {"object": found}
                # A fresh receipt beside those that are there.
                if row.creates and shown != case.file.case:
                    target = {"object": receipt_of(f"{who} {step}")}
                assert (tried(case, step, who, **target) is None) is allowed, (step, who, shown)
                offered += allowed
    assert offered or place in ("void", "annulled")


def said(case: CaseFile, step: str) -> dict[str, str]:
    """The head an author would write who has seen the case."""
    if step == Step.TAKE_BACK:
        stood = "" if case.moved is None else case.moved.phase
        return {"to": stood if shape(DISPATCH_2.steps[step].head["to"])(stood) else "drafting"}
    return {"urged": case.turn or post("bureau.head")}


@pytest.mark.parametrize("step", [Step.TAKE_BACK, Step.URGE])
@pytest.mark.parametrize("remarked", [False, True])
@pytest.mark.parametrize("phase", list(Phase)[:9])
def test_what_the_second_version_offers_besides_is_taken_too(
    phase: Phase, remarked: bool, step: Step
) -> None:
    case = CaseBuilder(DISPATCH_2).until(phase)
    if remarked and phase is not Phase.DISPATCHED:
        case.do(Step.OPINION)
    row = DISPATCH_2.steps[step]
    for who in WHO:
        acting = TOWN.posts[post(who)]
        if may_take(row, person(who), acting, TOWN):
            allowed = succession.allowed(case.file, step, case.file.case, person(who), acting)
            assert (tried(case, step, who, head=said(case.file, step)) is None) is allowed, (who, step)


@pytest.mark.parametrize("who", ["finance.desk", "audit.desk"])
def test_a_consulted_body_is_offered_its_own_branch_until_it_has_answered(who: str) -> None:
    case = consulting(FINANCE)
    acting = TOWN.posts[post(who)]
    branch, row = branch_of(FINANCE), DISPATCH_1.steps[Step.CONSULT_REPLY]
    assert succession.object_for(case.file, row, branch, acting) == branch
    mine = acting.body == FINANCE
    assert succession.allowed(case.file, row.step, branch, person(who), acting) is mine
    case.do(Step.CONSULT_REPLY)
    assert not succession.allowed(case.file, row.step, branch, person(who), acting)
