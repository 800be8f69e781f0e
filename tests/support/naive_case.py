"""A case as the text has it (PROTOCOL.md §3, gongwen §2.1): a plain reading of the sentences, without the table of the product."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from protocol.documents.steps import Step
from tests.support.document_builder import CASE, ISSUE
from tests.support.document_town import POSTS, body, post

_BEFORE_DISPATCH: Final = [
    "drafting",
    "review",
    "vetting",
    "signing",
    "recheck",
    "numbering",
    "sealing",
    "dispatching",
]
_OUT: Final = ("dispatched", "closed")
# The way of the paper: where it lies, what is done to it, where it lies then.
_MOVES: Final = {
    "draft": ("∅", "drafting"),
    "revise": ("drafting", "drafting"),
    "submit": ("drafting", "review"),
    "review_pass": ("review", "vetting"),
    "review_return": ("review", "drafting"),
    "vet_pass": ("vetting", "signing"),
    "vet_return": ("vetting", "drafting"),
    "sign_off": ("signing", "recheck"),
    "sign_return": ("signing", "drafting"),
    "recheck_pass": ("recheck", "numbering"),
    "recheck_return": ("recheck", "signing"),
    "number": ("numbering", "sealing"),
    "seal": ("sealing", "dispatching"),
    "dispatch": ("dispatching", "dispatched"),
    "close": ("dispatched", "closed"),
}
# Only by whom it was passed to.
_IN_TURN: Final = [
    "review_pass",
    "review_return",
    "vet_pass",
    "vet_return",
    "sign_off",
    "sign_return",
    "recheck_pass",
    "recheck_return",
    "number",
    "seal",
    "dispatch",
]
_DUTY: Final = {
    "draft": "draft", "revise": "draft", "submit": "draft", "withdraw": "draft sign",
    "review_pass": "review", "review_return": "review", "consult_open": "review", "consult_reply": "consult",
    "vet_pass": "vet", "vet_return": "vet", "sign_off": "sign", "sign_return": "sign", "annul": "sign",
    "recheck_pass": "recheck", "recheck_return": "recheck", "number": "number", "seal": "seal",
    "dispatch": "dispatch", "close": "dispatch", "reseal": "dispatch",
    "receive": "receive", "reject": "receive", "register": "registry",
    "take_back": "draft review vet sign recheck",
    "urge": "draft review vet sign recheck number seal dispatch",
}  # fmt: skip
# What can be taken back (取回): it handed the paper on, or back, and has spent neither a number nor a seal.
_HANDED: Final = [
    "submit",
    "review_pass",
    "review_return",
    "vet_pass",
    "vet_return",
    "sign_off",
    "sign_return",
    "recheck_pass",
    "recheck_return",
]
RECIPIENTS: Final = ("finance", "audit")


@dataclass(frozen=True)
class Handed:
    """The newest act that moved the paper, and where it lay before."""

    id: bytes
    who: str
    step: str
    phase: str
    turn: str | None
    reviewer: str
    asked: list[str]
    review: bytes | None
    signer: str


@dataclass(frozen=True)
class Act:
    """What somebody tries. `who` is `body.post`; `head` what differs from the straight way."""

    step: Step
    who: str
    object: str
    parents: frozenset[bytes]
    head: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> str:
        return self.who.split(".")[0]


class NaiveCase:
    """What the paper would know: where it lies, whose turn it is, who was asked, who has it."""

    def __init__(self, keyless: set[str] | None = None, can_reseal: bool = True) -> None:
        self.phase = "∅"
        self.turn: str | None = None
        self.body = ""
        self.signer = ""
        self.reviewer = ""
        self.review: bytes | None = None
        self.asked: list[str] = []  # in this round
        self.branches: dict[str, str] = {}  # object → who is asked there, in this round
        self.verdicts: dict[str, str] = {}  # branch → what was said
        self.receipts: dict[str, str] = {}  # body → receive, reject or register
        self.keyless = set(keyless or ())
        self.can_reseal = can_reseal
        self.chains: dict[str, dict[bytes, frozenset[bytes]]] = {}  # object → entry → parents
        self.dispatch: bytes | None = None
        self.handed: Handed | None = None
        self.taken_back: dict[bytes, bytes] = {}  # what was → the act that took it back

    # Heads

    def line(self) -> dict[bytes, frozenset[bytes]]:
        return self.chains.get(CASE, {}) | self.chains.get(ISSUE, {})

    @staticmethod
    def heads(chain: dict[bytes, frozenset[bytes]]) -> frozenset[bytes]:
        return frozenset(chain) - frozenset().union(*chain.values())

    def all_heads(self, step: str, object_id: str) -> frozenset[bytes]:
        """What somebody who has seen everything names."""
        if step in ("receive", "reject"):
            return frozenset({self.dispatch}) if self.dispatch is not None else frozenset()
        if step in ("consult_reply", "register"):
            return self.heads(self.chains.get(object_id, {}))
        joined = [self.heads(self.chains[branch]) for branch in self.branches] if step == "vet_pass" else []
        return self.heads(self.line()).union(*joined)

    # What may be done

    def allows(self, act: Act) -> bool:
        return self._duty(act) and self._place(act) and self._parents(act)

    def _duty(self, act: Act) -> bool:
        place = act.who.split(".")[1]
        duties = {duty.value for duty in POSTS[act.body][place]}
        passed = act.head.get("next")
        if passed is not None and passed not in {
            body(act.body),
            *(post(f"{act.body}.{p}") for p in POSTS[act.body]),
        }:
            return False
        if act.step.value == "draft" and act.body == "inner":
            return False
        return act.step.value == "opinion" or bool(duties & set(_DUTY[act.step.value].split()))

    def _place(self, act: Act) -> bool:
        step = act.step.value
        if step in ("receive", "reject", "register", "consult_reply"):
            return self._elsewhere(act, step)
        if step != "draft" and act.body != self.body:
            return False
        if step in _IN_TURN and self.turn not in (None, post(act.who), body(act.body)):
            return False
        if step == "take_back":
            return self._may_take_back(act)
        if step == "urge":
            # Somebody in particular has it, and nobody urges himself.
            has_it = self.turn is not None and act.head["urged"] == self.turn
            return self.phase in _BEFORE_DISPATCH and has_it and self.turn != post(act.who)
        if step in _MOVES:
            return self.phase == _MOVES[step][0] and (step != "vet_pass" or self._all_agree())
        if step == "consult_open":
            asked = act.head["asked"]
            waiting = asked in self.asked and asked not in self.branches.values()
            return self.phase == "vetting" and waiting and act.who == self.reviewer
        if step == "reseal":
            return self.can_reseal and self.phase in _OUT and act.head["principal"] in self.keyless
        return self.phase in (_OUT if step == "annul" else _BEFORE_DISPATCH)

    def _elsewhere(self, act: Act, step: str) -> bool:
        if step == "consult_reply":
            asked = self.branches.get(act.object)
            mine = asked in (post(act.who), body(act.body))
            return self.phase in _BEFORE_DISPATCH and mine and act.object not in self.verdicts
        if self.phase not in _OUT or act.body not in RECIPIENTS:
            return False
        return self.receipts.get(act.body) == ("receive" if step == "register" else None)

    def _may_take_back(self, act: Act) -> bool:
        """By the post that handed it on, as long as nobody has done anything since."""
        handed = self.handed
        if handed is None or handed.step not in _HANDED or act.who != handed.who:
            return False
        since = [parents for chain in self.chains.values() for parents in chain.values()]
        return not any(handed.id in parents for parents in since)

    def _all_agree(self) -> bool:
        said = {asked: self.verdicts.get(branch) for branch, asked in self.branches.items()}
        return set(said) == set(self.asked) and not {None, "disagree"} & set(said.values())

    def _parents(self, act: Act) -> bool:
        step = act.step.value
        before = self._before(act.parents)
        if any(undone in before and by not in before for undone, by in self.taken_back.items()):
            return False  # its author has not seen that it was taken back
        if step in ("opinion", "consult_open", "reseal", "urge"):
            round_of = [self.chains[branch] for branch in self.branches]
            known = set(self.line()).union(*round_of)
            if step == "consult_open" and self.review not in self._before(act.parents):
                return False  # it belongs to this round
            return bool(act.parents) and act.parents <= known
        if step == "consult_reply":
            return bool(act.parents) and act.parents <= self.chains[act.object].keys()
        return act.parents == self.all_heads(step, act.object)

    def _before(self, parents: frozenset[bytes]) -> set[bytes]:
        everything: dict[bytes, frozenset[bytes]] = {}
        for chain in self.chains.values():
            everything |= chain
        found: set[bytes] = set()
        waiting = list(parents)
        while waiting:
            current = waiting.pop()
            found.add(current)
            waiting.extend(everything.get(current, frozenset()) - found)
        return found

    # What comes of it

    def takes(self, act: Act, entry_id: bytes) -> None:
        step = act.step.value
        self.chains.setdefault(act.object, {})[entry_id] = act.parents
        self._moves(act, step, entry_id)
        if step == "draft":
            self.body = act.body
        elif step == "review_pass":
            self.reviewer, self.asked, self.branches = act.who, list(act.head["consult"]), {}
            self.review = entry_id
        elif step == "consult_open":
            self.branches[act.object] = act.head["asked"]
        elif step == "consult_reply":
            self.verdicts[act.object] = act.head["verdict"]
        elif step == "sign_off":
            self.signer = post(act.who)
        elif step == "dispatch":
            self.dispatch = entry_id
        elif step in ("receive", "reject", "register"):
            self.receipts[act.body] = step
        elif step == "reseal":
            self.keyless.discard(act.head["principal"])

    def _moves(self, act: Act, step: str, entry_id: bytes) -> None:
        """Where the paper lies after it, and whose turn it is."""
        if step == "take_back":
            assert self.handed is not None
            self.taken_back[self.handed.id] = entry_id
            self._goes_back()
        if step in _MOVES or step in ("withdraw", "annul"):
            self.handed = Handed(
                entry_id,
                act.who,
                step,
                self.phase,
                self.turn,
                self.reviewer,
                self.asked,
                self.review,
                self.signer,
            )
            self.phase = (
                _MOVES[step][1] if step in _MOVES else {"withdraw": "void", "annul": "annulled"}[step]
            )
            self.turn = self.signer if step == "recheck_return" else act.head.get("next")

    def _goes_back(self) -> None:
        """The paper lies again where it lay, as if it had not been handed on."""
        handed = self.handed
        assert handed is not None
        self.phase, self.turn, self.handed = handed.phase, handed.turn, None
        self.reviewer, self.asked, self.review = handed.reviewer, handed.asked, handed.review
        self.signer = handed.signer
