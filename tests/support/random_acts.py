"""Random acts on a case for the walks: mostly what comes next, often wrong in one way or another."""

from __future__ import annotations

import random
from typing import Any, Final

from protocol.cases.procedure import Procedure
from protocol.documents.dispatch import DISPATCH_1
from protocol.documents.steps import Step
from protocol.identifiers import IdKind
from tests.support.document_builder import CASE, ISSUE, WHO, receipt_of
from tests.support.document_town import POSTS, body, digest, made, post
from tests.support.naive_case import Act, NaiveCase

_NEXT: Final = {
    "submit": "bureau.head",
    "review_pass": "bureau.office",
    "vet_pass": "bureau.leader",
    "sign_off": "bureau.checker",
    "recheck_pass": "bureau.clerk",
    "number": "bureau.keeper",
    "seal": "bureau.clerk",
}
_USUAL: Final = {
    "∅": "draft",
    "drafting": "submit submit revise opinion",
    "review": "review_pass review_pass review_return",
    "vetting": "vet_pass vet_pass consult_open consult_open consult_reply consult_reply vet_return opinion",
    "signing": "sign_off sign_off sign_off sign_return",
    "recheck": "recheck_pass recheck_pass recheck_return",
    "numbering": "number",
    "sealing": "seal opinion",
    "dispatching": "dispatch",
    "dispatched": "receive reject register close reseal annul",
    "closed": "receive register reject annul reseal",
    "void": "opinion revise",
    "annulled": "receive register close",
}
_EVERYBODY: Final = [f"{name}.{place}" for name, posts in POSTS.items() for place in posts]


class Chooser:
    """Random acts: mostly what comes next, done right; often by the wrong hand, out of time or on an old head."""

    def __init__(self, chance: random.Random, case: NaiveCase, procedure: Procedure = DISPATCH_1) -> None:
        self.steps = [Step(row.step) for row in procedure.rows]
        self.chance = chance
        self.case = case
        self.before: list[frozenset[bytes]] = []
        self.made = 0

    def act(self) -> Act:
        if Step.TAKE_BACK in self.steps and self.case.handed is not None and self.chance.random() < 0.15:
            return self._take_back(self.case.handed.who)
        urges = Step.URGE in self.steps and self.case.turn is not None and self.chance.random() < 0.1
        usual = self.chance.random() < 0.75
        step = (
            Step.URGE
            if urges
            else Step(self.chance.choice(_USUAL[self.case.phase].split()))
            if usual
            else self.chance.choice(self.steps)
        )
        head = self._head(step)
        object_id, asked = self._object(step)
        who = self._who(step, asked)
        if step in (Step.RECEIVE, Step.REJECT, Step.REGISTER):
            object_id = receipt_of(body(who.split(".")[0]))
        parents = self.case.all_heads(step.value, object_id)
        self.before.append(self.case.heads(self.case.line()))
        if self.chance.random() < 0.2:
            parents = self._other_parents(parents)
        return Act(step, who, object_id, frozenset() if step == Step.DRAFT else parents, head)

    def _take_back(self, handed_by: str) -> Act:
        """Mostly by whoever handed it on, mostly on what stands now."""
        who = handed_by if self.chance.random() < 0.8 else self.chance.choice(_EVERYBODY)
        parents = self.case.all_heads(Step.TAKE_BACK, CASE)
        self.before.append(parents)
        if self.chance.random() < 0.2:
            parents = self._other_parents(parents)
        return Act(Step.TAKE_BACK, who, CASE, parents)

    def _head(self, step: Step) -> dict[str, Any]:
        head: dict[str, Any] = {}
        name = step.value
        if name in _NEXT:
            usual = self.chance.random() < 0.8
            choices = [post("bureau.head"), body("bureau"), post("finance.desk")]
            head["next"] = post(_NEXT[name]) if usual else self.chance.choice(choices)
        if step == Step.REVIEW_PASS:
            possible = [[], [], [body("finance")], [body("finance"), post("audit.desk")]]
            head["consult"] = sorted(self.chance.choice(possible))
        elif step == Step.CONSULT_OPEN:
            head["asked"] = self.chance.choice(self.case.asked or [body("finance")])
        elif step == Step.CONSULT_REPLY:
            head["verdict"] = self.chance.choice(["agree", "agree", "comments", "disagree"])
        elif step == Step.RESEAL:
            head["principal"] = self.chance.choice([body("finance"), body("audit")])
        elif step == Step.URGE:
            right = self.case.turn or post("bureau.head")
            others = [post("bureau.leader"), post("finance.desk"), body("bureau")]
            head["urged"] = right if self.chance.random() < 0.8 else self.chance.choice(others)
        return head

    def _object(self, step: Step) -> tuple[str, str | None]:
        if step == Step.CONSULT_OPEN:
            self.made += 1
            return made(IdKind.BRANCH, f"branch {self.made}"), None
        if step == Step.CONSULT_REPLY:
            every = [name for name in self.case.chains if name.startswith("brn_")]
            chosen = self.chance.choice(sorted(every) or [made(IdKind.BRANCH, "none")])
            return chosen, self.case.branches.get(chosen)
        return (ISSUE if step in (Step.DISPATCH, Step.ANNUL, Step.RESEAL) else CASE), None

    def _who(self, step: Step, asked: str | None) -> str:
        if self.chance.random() < 0.15:
            return self.chance.choice(_EVERYBODY)
        if asked == post("audit.desk"):
            return "audit.desk"
        if step in (Step.RECEIVE, Step.REJECT, Step.REGISTER) and self.chance.random() < 0.5:
            return "audit.registry" if step == Step.REGISTER else "audit.desk"
        return WHO[step]

    def _other_parents(self, right: frozenset[bytes]) -> frozenset[bytes]:
        known = sorted(self.case.line())
        return self.chance.choice(
            [
                self.chance.choice(self.before),
                frozenset(self.chance.sample(known, min(len(known), 2))),
                frozenset(),
                frozenset({digest("unknown")}),
                right | {digest("unknown")},
                frozenset(sorted(right)[:1]),
            ]
        )
