"""Each binding of 发文 bites: an entry that breaks it alone is refused with its code, and with the binding taken out it is not (C10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from protocol.cases.procedure import Binding, Procedure
from protocol.documents.dispatch import DISPATCH_2, VERSIONS
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.security.lies_of_documents import follow
from tests.support.document_builder import CaseBuilder, branch_of
from tests.support.document_town import bodies, body, digest, made, post
from tests.support.document_tries import AUDIT, FINANCE, at, consulting


@dataclass(frozen=True)
class Try:
    """An entry that breaks one binding and nothing else. `before`: the case as it stands; `said`: what is wrong in the entry."""

    before: Callable[[], CaseBuilder]
    step: Step
    who: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)

    def make(self, procedure: Procedure) -> None:
        case = self.before()
        case.file.procedure = procedure
        follow(case, self.step, self.who, **self.said)


def _at(phase: Phase, step: Step, **head: Any) -> Try:
    return Try(lambda: at(phase), step, said={"head": head})


def reviewed() -> CaseBuilder:
    case = at(Phase.REVIEW)
    case.do(Step.REVIEW_PASS, head={"consult": [FINANCE]})
    return case


def asked_in_an_earlier_round() -> CaseBuilder:
    case = reviewed()
    case.do(Step.VET_RETURN)
    case.do(Step.SUBMIT)
    case.do(Step.REVIEW_PASS, head={"consult": [FINANCE]})
    return case


def sent() -> CaseBuilder:
    case = at(Phase.DISPATCHING)
    case.do(Step.DISPATCH, wraps={body("bureau"): 1, post("bureau.clerk"): 1, FINANCE: 1})
    return case


def received() -> CaseBuilder:
    case = at(Phase.DISPATCHED)
    case.do(Step.RECEIVE)
    return case


def second(phase: Phase) -> CaseBuilder:
    """A case of the second version, for what the first has not."""
    return CaseBuilder(DISPATCH_2).until(phase)


FRESH: Final = made(IdKind.BRANCH, "fresh")
_ASKS: Final[dict[str, Any]] = {"object": FRESH}


def _before_the_round() -> CaseBuilder:
    return at(Phase.REVIEW)


def asks_on_old_heads() -> Try:
    heads = sorted(_before_the_round().line_heads())
    return Try(reviewed, Step.CONSULT_OPEN, said={"parents": heads, "head": {"asked": FINANCE}})


_RECEIPT: Final[Mapping[str, Mapping[str, Any]]] = {
    "head.issue": {"issue": made(IdKind.ISSUE, "another")},
    "head.pdf_hash": {"pdf_hash": digest("another pdf")},
    "head.sender": {"sender": AUDIT},
    "head.dispatch_entry": {"dispatch_entry": digest("another dispatch")},
}
_OTHER_DRAFT: Final[Mapping[str, Any]] = {
    "kind": "letter",
    "urgency": "urgent",
    "label": "public",
    "recipients": bodies("audit"),
    "copies": [],
}
_BACK: Final = (
    (Phase.REVIEW, Step.REVIEW_RETURN),
    (Phase.VETTING, Step.VET_RETURN),
    (Phase.SIGNING, Step.SIGN_RETURN),
    (Phase.RECHECK, Step.RECHECK_RETURN),
    (Phase.DRAFTING, Step.WITHDRAW),
    (Phase.DISPATCHED, Step.ANNUL),
)
# By the step and what of the entry is bound.
TRIES: Final[Mapping[tuple[str, str], Try]] = {
    ("review_pass", "actor.body"): _at(Phase.REVIEW, Step.REVIEW_PASS, consult=[body("bureau")]),
    ("review_pass", "actor.post"): _at(Phase.REVIEW, Step.REVIEW_PASS, consult=[post("bureau.head")]),
    **{
        (step.value, "head.to"): _at(phase, step, to="void" if step is not Step.WITHDRAW else "drafting")
        for phase, step in _BACK
    },
    ("consult_open", "head.of"): Try(
        reviewed,
        Step.CONSULT_OPEN,
        said=_ASKS | {"head": {"asked": FINANCE, "of": made(IdKind.CASE, "another")}},
    ),
    ("consult_open", "head.asked"): Try(reviewed, Step.CONSULT_OPEN, said=_ASKS | {"head": {"asked": AUDIT}}),
    ("consult_open", "actor.post"): Try(
        reviewed,
        Step.CONSULT_OPEN,
        said=_ASKS | {"post": post("bureau.office"), "head": {"asked": FINANCE}},
    ),
    ("consult_open", "last.review_pass.id"): asks_on_old_heads(),
    ("consult_reply", "first.head.asked"): Try(
        lambda: consulting(FINANCE), Step.CONSULT_REPLY, "audit.desk", {"object": branch_of(FINANCE)}
    ),
    **{
        ("sign_off", f"head.{name}"): _at(Phase.SIGNING, Step.SIGN_OFF, **{name: other})
        for name, other in _OTHER_DRAFT.items()
    },
    ("recheck_pass", "head.element_hash"): _at(
        Phase.RECHECK, Step.RECHECK_PASS, element_hash=digest("others")
    ),
    ("seal", "head.element_hash"): _at(Phase.SEALING, Step.SEAL, element_hash=digest("others")),
    ("dispatch", "head.issue"): _at(Phase.DISPATCHING, Step.DISPATCH, issue=made(IdKind.ISSUE, "another")),
    ("dispatch", "head.pdf_hash"): _at(Phase.DISPATCHING, Step.DISPATCH, pdf_hash=digest("another pdf")),
    ("dispatch", "head.number"): _at(Phase.DISPATCHING, Step.DISPATCH, number="云bureau〔2026〕13号"),
    ("dispatch", "head.recipients"): _at(Phase.DISPATCHING, Step.DISPATCH, recipients=bodies("inner")),
    ("dispatch", "head.copies"): _at(Phase.DISPATCHING, Step.DISPATCH, copies=[]),
    **{
        (step.value, one): Try(lambda: at(Phase.DISPATCHED), step, said={"head": head})
        for step in (Step.RECEIVE, Step.REJECT)
        for one, head in _RECEIPT.items()
    },
    **{
        (step.value, "actor.body"): Try(lambda: at(Phase.DISPATCHED), step, "inner.desk")
        for step in (Step.RECEIVE, Step.REJECT)
    },
    ("reseal", "head.principal"): Try(sent, Step.RESEAL, said={"head": {"principal": FINANCE}}),
    ("reseal", "head.principal sent to"): Try(sent, Step.RESEAL, said={"head": {"principal": body("inner")}}),
    ("register", "actor.body"): Try(
        received, Step.REGISTER, "audit.registry", {"object": made(IdKind.RECEIPT, body("finance"))}
    ),
    ("take_back", "head.to"): Try(
        lambda: second(Phase.VETTING), Step.TAKE_BACK, "bureau.head", {"head": {"to": "drafting"}}
    ),
    ("urge", "head.urged"): Try(
        lambda: second(Phase.VETTING), Step.URGE, said={"head": {"urged": post("bureau.leader")}}
    ),
    ("urge", "actor.post"): Try(lambda: second(Phase.VETTING), Step.URGE, "bureau.office"),
}


def bound() -> list[tuple[Procedure, str, str, Binding]]:
    """Every binding of every step, in the first version that has it, with the name of its try."""
    found = []
    seen: set[tuple[str, Binding]] = set()
    for procedure in VERSIONS:
        for row in procedure.rows:
            names: set[str] = set()
            for binding in row.bindings:
                name = binding.one if binding.one not in names else f"{binding.one} sent to"
                names.add(name)
                if (row.step, binding) not in seen:
                    found.append((procedure, row.step, name, binding))
        seen |= {(row.step, binding) for row in procedure.rows for binding in row.bindings}
    return found


def without(procedure: Procedure, step: str, binding: Binding) -> Procedure:
    """发文 as it would be if a step were not bound so."""
    rows = [
        replace(row, bindings=tuple(each for each in row.bindings if each != binding))
        if row.step == step
        else row
        for row in procedure.rows
    ]
    return replace(procedure, rows=tuple(rows))


def told(attempt: Try, procedure: Procedure) -> ErrorCode | None:
    try:
        attempt.make(procedure)
    except JinshuError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("procedure", "step", "name", "binding"),
    bound(),
    ids=lambda value: value.name if isinstance(value, Procedure) else str(value)[:40],
)
def test_what_breaks_it_is_refused_by_it_alone(
    procedure: Procedure, step: str, name: str, binding: Binding
) -> None:
    attempt = TRIES[step, name]
    assert told(attempt, procedure) is binding.code
    assert told(attempt, without(procedure, step, binding)) is None


def test_there_is_a_try_for_each_binding_and_no_other() -> None:
    assert {(step, name) for _, step, name, _ in bound()} == TRIES.keys()
