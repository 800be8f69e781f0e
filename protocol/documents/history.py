"""The history of a case as a DAG of signed entries (C10): one fold, the server's and every reader's.

A reader who holds only a branch or only the issued document folds what he sees: what the rest would prove he leaves open.
So does a reader older than an entry (C41): an entry of a later version (step LATER) has its place, its parents and its receipt,
and moves nothing. What stands on it can be placed and not judged here; `succession.py` says how far it is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from protocol.documents.entries import DocumentEntry, ObjectKind
from protocol.documents.states import TABLE
from protocol.documents.steps import Phase, Step

# The line of the case: what the issuing body does to the case and to what it issues.
LINE: Final = frozenset({ObjectKind.CASE, ObjectKind.ISSUE})
_BODY_STEPS: Final = frozenset({Step.DRAFT, Step.REVISE, Step.CONSULT_OPEN, Step.DISPATCH})
_REMEMBERED: Final[Mapping[Step, str]] = {
    Step.DRAFT: "drafted",
    Step.REVISE: "drafted",
    Step.REVIEW_PASS: "reviewed",
    Step.SIGN_OFF: "signed_off",
    Step.NUMBER: "numbered",
    Step.SEAL: "sealed",
    Step.DISPATCH: "dispatched",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry in its place. `receipt` is the entry id of its server receipt, None while it is pending here."""

    id: bytes
    entry: DocumentEntry
    receipt: bytes | None = None


@dataclass(slots=True)
class ObjectFile:
    """One object: its chain, its heads, and to whom its newest key was sealed (principal → generation)."""

    id: str
    kind: ObjectKind
    chain: list[Placed] = field(default_factory=list)
    heads: set[bytes] = field(default_factory=set)
    keyed_by: bytes = b""
    commitments: dict[bytes, bytes] = field(default_factory=dict)  # entry that brought it → key commitment
    wrapped: dict[str, int] = field(default_factory=dict)

    @property
    def commitment(self) -> bytes:
        """The commitment to the key in force."""
        return self.commitments[self.keyed_by]

    @property
    def first(self) -> DocumentEntry:
        return self.chain[0].entry

    @property
    def begun_later(self) -> bool:
        """Whether the entry that began it is of a later version than this: nothing of its head can be told."""
        return self.first.step is Step.LATER


class CaseFile:
    """Everything seen of one dispatch case, its branches, its issue and the receipts."""

    def __init__(self, case: str) -> None:
        self.case = case
        self.objects: dict[str, ObjectFile] = {}
        self.phase: Phase | None = None
        self.turn: str | None = None
        self.body: str | None = None
        self.drafted: Placed | None = None
        self.reviewed: Placed | None = None
        self.branches: dict[str, str] = {}  # asked in this round → branch
        self.signed_off: Placed | None = None
        self.numbered: Placed | None = None
        self.sealed: Placed | None = None
        self.dispatched: Placed | None = None
        self.receipts: dict[str, str] = {}  # body → receipt case
        self.line_heads: set[bytes] = set()
        self.parents: dict[bytes, tuple[bytes, ...]] = {}
        self.line: set[bytes] = set()
        self.receipts_seen: set[bytes] = set()
        self.later: set[bytes] = set()  # entries of a later version than this

    @property
    def complete(self) -> bool:
        """Whether the dispatch case itself is in view, not only a branch or the issue."""
        return self.case in self.objects

    def ancestors(self, start: Iterable[bytes]) -> set[bytes]:
        """`start` and everything before it, as far as it is in view."""
        found: set[bytes] = set()
        waiting = list(start)
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(self.parents.get(current, ()))
        return found

    def stands_on_later(self, parents: Iterable[bytes]) -> bool:
        """Whether an entry with these parents stands on one that this version cannot read."""
        return bool(self.later) and not self.later.isdisjoint(self.ancestors(parents))

    def unanswered(self) -> tuple[str, ...]:
        """Those asked in this round who have not answered."""
        asked = self.reviewed.entry.head["consult"] if self.reviewed is not None else []
        return tuple(target for target in asked if self.verdict(target) is None)

    def verdict(self, asked: str) -> str | None:
        """What somebody asked in this round has said."""
        branch = self.objects.get(self.branches.get(asked, ""))
        replies = (
            [p for p in branch.chain if p.entry.step is Step.CONSULT_REPLY] if branch is not None else []
        )
        return str(replies[0].entry.head["verdict"]) if replies else None

    def parents_for(self, step: Step, object_id: str | None = None) -> frozenset[bytes]:
        """The heads an entry of this step names as its parents now."""
        row = TABLE[step]
        if step is Step.DRAFT:
            return frozenset()
        if row.object is ObjectKind.RECEIPT and row.creates:
            return frozenset({self.dispatched.id}) if self.dispatched is not None else frozenset()
        if row.object in LINE or row.creates:
            branches = self.branches.values() if row.joins else ()
            return frozenset(self.line_heads).union(*(self.objects[b].heads for b in branches))
        return frozenset(self.objects[object_id].heads) if object_id in self.objects else frozenset()

    # What follows

    def apply(self, placed: Placed, wraps: Mapping[str, int]) -> None:
        """Take in an entry that was checked. `wraps`: principals its key was sealed to, with the generation."""
        entry = placed.entry
        found = self.objects.setdefault(entry.object, ObjectFile(entry.object, entry.kind))
        found.chain.append(placed)
        found.heads = (found.heads - set(entry.parents)) | {placed.id}
        if entry.key_commitment is not None:
            found.keyed_by, found.wrapped = placed.id, {}
            found.commitments[placed.id] = entry.key_commitment
        found.wrapped.update(wraps)
        self.parents[placed.id] = tuple(entry.parents)
        if placed.receipt is not None:
            self.receipts_seen.add(placed.receipt)
        if entry.kind in LINE:
            self.line.add(placed.id)
            self.line_heads = (self.line_heads - set(entry.parents)) | {placed.id}
        if entry.step is Step.LATER:
            self.later.add(placed.id)
        else:
            self._take(placed)

    def _take(self, placed: Placed) -> None:
        entry, row = placed.entry, TABLE[placed.entry.step]
        if row.target is not None:
            self.phase = row.target
            self.turn = entry.next
        if entry.step is Step.REVIEW_PASS:
            self.branches = {}
        elif entry.step is Step.CONSULT_OPEN:
            # Readers may get a branch of an earlier round after the review that began this one.
            if self.reviewed is None or self.reviewed.id in self.ancestors(entry.parents):
                self.branches[entry.head["asked"]] = entry.object
        elif entry.step is Step.RECHECK_RETURN and self.signed_off is not None:
            self.turn = self.signed_off.entry.post
        elif entry.step in (Step.RECEIVE, Step.REJECT):
            self.receipts[entry.body] = entry.object
        if entry.step in _BODY_STEPS:
            self.body = entry.body
        if entry.step in _REMEMBERED:
            setattr(self, _REMEMBERED[entry.step], placed)
