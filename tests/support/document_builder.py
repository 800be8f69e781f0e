"""Next entries of a case with the right parents, heads and keys, in the fold alone: no signature, no server."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from protocol.cases.entries import DocumentEntry
from protocol.cases.history import Placed
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import Procedure
from protocol.cases.succession import check
from protocol.crypto import cbor
from protocol.documents.dispatch import DISPATCH_1, SHIPPED
from protocol.documents.steps import Phase, Step
from protocol.identifiers import IdKind
from tests.support.document_town import NOW, bodies, body, digest, made, person, post

CASE: Final = made(IdKind.CASE, "case")
ISSUE: Final = made(IdKind.ISSUE, "issue")
NUMBER: Final = "云bureau〔2026〕12号"

# Who takes a step when the test does not say who, by `body.post`.
WHO: Final[Mapping[Step, str]] = {
    Step.DRAFT: "bureau.drafter",
    Step.REVISE: "bureau.drafter",
    Step.SUBMIT: "bureau.drafter",
    Step.REVIEW_PASS: "bureau.head",
    Step.REVIEW_RETURN: "bureau.head",
    Step.CONSULT_OPEN: "bureau.head",
    Step.CONSULT_REPLY: "finance.desk",
    Step.VET_PASS: "bureau.office",
    Step.VET_RETURN: "bureau.office",
    Step.SIGN_OFF: "bureau.leader",
    Step.SIGN_RETURN: "bureau.leader",
    Step.RECHECK_PASS: "bureau.checker",
    Step.RECHECK_RETURN: "bureau.checker",
    Step.NUMBER: "bureau.clerk",
    Step.SEAL: "bureau.keeper",
    Step.DISPATCH: "bureau.clerk",
    Step.WITHDRAW: "bureau.drafter",
    Step.ANNUL: "bureau.leader",
    Step.CLOSE: "bureau.clerk",
    Step.OPINION: "bureau.office",
    Step.RECEIVE: "finance.desk",
    Step.REJECT: "finance.desk",
    Step.REGISTER: "finance.desk",
    Step.RESEAL: "bureau.clerk",
    Step.TAKE_BACK: "bureau.drafter",
    Step.URGE: "bureau.drafter",
}
_DRAFT: Final[Mapping[str, Any]] = {
    "kind": "notice",
    "urgency": "none",
    "label": "internal",
    "recipients": bodies("finance"),
    "copies": bodies("audit"),
}
_ISSUED: Final[Mapping[str, Any]] = {
    "issue": ISSUE,
    "pdf_hash": digest("pdf"),
    "sender": body("bureau"),
    "dispatch_entry": digest("no dispatch"),
}
# A head for each step, right for the straight way of a case.
HEAD: Final[Mapping[Step, Mapping[str, Any]]] = {
    Step.DRAFT: {**_DRAFT, "deadline": None},
    Step.REVISE: {**_DRAFT, "deadline": None},
    Step.SUBMIT: {"next": post("bureau.head")},
    Step.REVIEW_PASS: {"next": post("bureau.office"), "consult": []},
    Step.REVIEW_RETURN: {"to": "drafting"},
    Step.CONSULT_OPEN: {"of": CASE, "asked": body("finance")},
    Step.CONSULT_REPLY: {"verdict": "agree"},
    Step.VET_PASS: {"next": post("bureau.leader")},
    Step.VET_RETURN: {"to": "drafting"},
    Step.SIGN_OFF: {**_DRAFT, "element_hash": digest("elements"), "next": post("bureau.checker")},
    Step.SIGN_RETURN: {"to": "drafting"},
    Step.RECHECK_PASS: {"element_hash": digest("elements"), "next": None},
    Step.RECHECK_RETURN: {"to": "signing"},
    Step.NUMBER: {"number": NUMBER, "number_entry": digest("line"), "next": post("bureau.keeper")},
    Step.SEAL: {
        "pdf_hash": digest("pdf"),
        "seal": made(IdKind.SEAL, "seal"),
        "element_hash": digest("elements"),
        "case_head": digest("head"),
        "next": None,
    },
    Step.DISPATCH: {
        "issue": ISSUE,
        "pdf_hash": digest("pdf"),
        "recipients": _DRAFT["recipients"],
        "copies": _DRAFT["copies"],
        "number": NUMBER,
        "case_head": digest("head"),
    },
    Step.WITHDRAW: {"to": "void"},
    Step.ANNUL: {"to": "annulled"},
    Step.CLOSE: {},
    Step.OPINION: {},
    Step.RECEIVE: _ISSUED,
    Step.REJECT: _ISSUED,
    Step.REGISTER: {"number": "收〔2026〕7号"},
    Step.RESEAL: {"principal": body("audit")},
    Step.TAKE_BACK: {"to": "drafting"},
    Step.URGE: {"urged": post("bureau.office")},
}
# What later versions of 发文 show besides.
MORE: Final[Mapping[Step, Mapping[str, Any]]] = {Step.REGISTER: {"number_entry": digest("line")}}
# The steps of the first version, which most tests walk; what later ones have more stands in `test_second_version.py`.
FIRST_STEPS: Final = tuple(Step(row.step) for row in DISPATCH_1.rows)
_DRAFTED: Final = ("title", "elements", "attachments")
_REASON: Final = ("reason",)
HIDDEN: Final[Mapping[Step, tuple[str, ...]]] = {
    Step.DRAFT: _DRAFTED,
    Step.REVISE: _DRAFTED,
    Step.CONSULT_OPEN: _DRAFTED,
    Step.SEAL: ("pdf",),
    Step.DISPATCH: ("title", "elements", "pdf", "attachments"),
    Step.REVIEW_RETURN: _REASON,
    Step.VET_RETURN: _REASON,
    Step.SIGN_RETURN: _REASON,
    Step.RECHECK_RETURN: _REASON,
    Step.WITHDRAW: _REASON,
    Step.ANNUL: _REASON,
    Step.REJECT: _REASON,
    Step.URGE: _REASON,
    Step.OPINION: ("opinion",),
}
_BRANCH_STEPS: Final = frozenset({Step.CONSULT_OPEN, Step.CONSULT_REPLY})
_RECEIPT_STEPS: Final = frozenset({Step.RECEIVE, Step.REJECT, Step.REGISTER})
_ISSUE_STEPS: Final = frozenset({Step.DISPATCH, Step.ANNUL, Step.RESEAL})
_CREATES: Final = frozenset({Step.DRAFT, Step.CONSULT_OPEN, Step.DISPATCH, Step.RECEIVE, Step.REJECT})
STRAIGHT: Final = (
    Step.DRAFT,
    Step.SUBMIT,
    Step.REVIEW_PASS,
    Step.VET_PASS,
    Step.SIGN_OFF,
    Step.RECHECK_PASS,
    Step.NUMBER,
    Step.SEAL,
    Step.DISPATCH,
)
_AFTER: Final = (
    Phase.DRAFTING,
    Phase.REVIEW,
    Phase.VETTING,
    Phase.SIGNING,
    Phase.RECHECK,
    Phase.NUMBERING,
    Phase.SEALING,
    Phase.DISPATCHING,
    Phase.DISPATCHED,
)


def branch_of(asked: str) -> str:
    """The branch in which somebody is asked."""
    return made(IdKind.BRANCH, asked)


def receipt_of(acting: str) -> str:
    """The receipt case of a body, by id."""
    return made(IdKind.RECEIPT, acting)


def entry_id(entry: DocumentEntry) -> bytes:
    """An id by what the entry says, as a signature's would be."""
    return hashlib.sha256(cbor.encode(entry.value())).digest()


class CaseBuilder:
    """A case in the making. What it knows of heads and parents it reckons itself, not by the fold it tests."""

    def __init__(self, procedure: Procedure = DISPATCH_1) -> None:
        self.file = SHIPPED.file_for(CASE, procedure)
        self.taken: list[Placed] = []
        self.clock = NOW

    def heads(self, *kinds: ObjectKind, object_id: str | None = None) -> set[bytes]:
        """Ids of entries nothing of the same chain names as a parent."""
        of = [p for p in self.taken if p.entry.kind in kinds and object_id in (None, p.entry.object)]
        named = {parent for p in of for parent in p.entry.parents}
        return {p.id for p in of} - named

    def line_heads(self) -> set[bytes]:
        return self.heads(ObjectKind.CASE, ObjectKind.ISSUE)

    def find(self, step: Step) -> Placed:
        """The newest entry of a step."""
        return next(p for p in reversed(self.taken) if p.entry.step == step)

    def asked(self) -> tuple[str, ...]:
        """Who is asked in this round."""
        rounds = [p.entry.head["consult"] for p in self.taken if p.entry.step == Step.REVIEW_PASS]
        return tuple(rounds[-1]) if rounds else ()

    def parents(self, step: Step, object_id: str, asked: tuple[str, ...] = ()) -> list[bytes]:
        """Every head an author who has seen all would name."""
        if step == Step.DRAFT:
            return []
        if step in (Step.RECEIVE, Step.REJECT):
            return [self.find(Step.DISPATCH).id]
        if step == Step.REGISTER or step == Step.CONSULT_REPLY:
            return sorted(self.heads(*ObjectKind, object_id=object_id))
        named = self.line_heads()
        for target in asked:
            named |= self.heads(ObjectKind.BRANCH, object_id=branch_of(target))
        return sorted(named)

    def value(self, step: Step, who: str | None = None, *, head: Any = None, **fields: Any) -> dict[str, Any]:
        """The payload of a next entry; `head` changes fields of the head, `fields` those of the payload."""
        who = who or WHO[step]
        acting = body(who.split(".")[0])
        more = MORE.get(step, {}) if self.file.reference is not None else {}
        said = {**HEAD[step], **more, **(head or {})}
        if step in (Step.RECEIVE, Step.REJECT) and "dispatch_entry" not in (head or {}):
            said["dispatch_entry"] = self.find(Step.DISPATCH).id
        object_id = fields.pop("object", None) or self._object(step, said, acting)
        asked = self.asked() if step == Step.VET_PASS else ()
        self.clock += 1
        return {
            "v": 1,
            "case": CASE,
            "object": object_id,
            "step": step.value,
            "actor": person(who),
            "post": post(who),
            "body": acting,
            "org_seq": 5,
            "delegation": None,
            "parents": fields.pop("parents") if "parents" in fields else self.parents(step, object_id, asked),
            "receipt_seen": None,
            "log_size": 9,
            "log_root": digest("root"),
            "signed_at": self.clock,
            "offline": False,
            "head": said,
            "hidden": {name: digest(name) for name in HIDDEN.get(step, ())},
            "content": digest(f"content {self.clock}"),
            "key_commitment": digest(object_id) if step in _CREATES else None,
            "wraps": [],
            "blobs": [],
            **({} if self.file.reference is None else {"procedure": self.file.reference.value()}),
            **fields,
        }

    def entry(self, step: Step, who: str | None = None, **said: Any) -> DocumentEntry:
        return DocumentEntry.parse(self.value(step, who, **said), SHIPPED)

    def take(self, entry: DocumentEntry, wraps: Mapping[str, int] | None = None) -> Placed:
        """Fold an entry in, unchecked."""
        placed = Placed(entry_id(entry), entry, digest(f"receipt {len(self.taken)}"))
        self.file.apply(placed, wraps or {})
        self.taken.append(placed)
        return placed

    def do(
        self, step: Step, who: str | None = None, *, wraps: Mapping[str, int] | None = None, **said: Any
    ) -> Placed:
        """Check an entry and fold it in."""
        entry = self.entry(step, who, **said)
        check(self.file, entry)
        return self.take(entry, wraps)

    def until(self, phase: Phase, *, consult: tuple[str, ...] = ()) -> CaseBuilder:
        """Go on along the straight way; who is consulted is asked and agrees, when the case goes on from there."""
        for step, after in zip(STRAIGHT, _AFTER, strict=True):
            if self.taken and _AFTER.index(self.file.phase or phase) >= _AFTER.index(after):
                continue
            self.do(step, head={"consult": sorted(consult)} if step == Step.REVIEW_PASS else None)
            if self.file.phase == phase:
                break
            if step == Step.REVIEW_PASS:
                for target in consult:
                    self.ask(target)
                    self.do(Step.CONSULT_REPLY, object=branch_of(target))
        return self

    def ask(self, target: str, **said: Any) -> Placed:
        return self.do(Step.CONSULT_OPEN, head={"asked": target}, object=branch_of(target), **said)

    def _object(self, step: Step, said: Mapping[str, Any], acting: str) -> str:
        if step in _BRANCH_STEPS:
            return branch_of(said.get("asked", body("finance")))
        if step in _RECEIPT_STEPS:
            return receipt_of(acting)
        return ISSUE if step in _ISSUE_STEPS else CASE
