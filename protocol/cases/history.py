"""The history of a case as a DAG of signed entries (C10): one fold, the server's and every reader's.

How it works. Every entry names as its parents the heads its author had seen. Entries of the case and of its issue make one *line*:
an act on the line names all heads of it, so two acts that did not know of each other cannot both stand, but for those the procedure
calls concurrent, which move nothing. Objects beside the line (branches, receipts) have chains of their own.
`CaseFile.apply` takes in an entry that was checked and changes what the next one is checked against: the phase, whose turn it is, the
newest entry of each step, for whom there is an object already, and what moved the case last.

What must hold. The server and every reader apply the same entries and must come to the same state, in whatever order readers get
what stands side by side: so nothing here may depend on the order of two entries neither of which is an ancestor of the other.
Therefore a concurrent step leaves no `last`, a round of branches begins with an entry of the line, and what takes an act back
(`_undo`) asks whether anything stands on it, never what came since.

Who sees less. A reader of a branch or of the issued document folds what he has: what the rest would prove he leaves open. So does a
reader older than an entry (C41): an entry of a later version (step LATER) has its place, its parents and its receipt, and moves
nothing. What stands on it can be placed and not judged here; `succession.py` says how far it is checked.

Keep in step: PROTOCOL.md §3 (Procedure, Parents), `bindings.py` (what can be referred to), `tests/support/naive_case.py` (the same
text read by hand).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from protocol.cases.entries import LATER, DocumentEntry
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import NO_PHASE, Procedure, ProcedureReference, StepRule
from protocol.cases.references import said, step_and_rest


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry in its place. `receipt` is the entry id of its server receipt, None while it is pending here."""

    id: bytes
    entry: DocumentEntry
    receipt: bytes | None = None


@dataclass(slots=True)
class ObjectFile:
    """One object: its chain, its heads, where it stands, and to whom its newest key was sealed (principal → generation)."""

    id: str
    kind: ObjectKind
    phase: str = NO_PHASE
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
        return self.first.step == LATER


@dataclass(frozen=True, slots=True)
class Moved:
    """The newest act that moved the case: where it stood before, whose turn it was, and the newest of its step until then.

    Taking an act back (`StepRule.undoes`) puts these in their places again. That is only possible while nothing stands on it,
    so that no more than one act is ever to be remembered.
    """

    placed: Placed
    phase: str
    turn: str | None
    last: Placed | None


class CaseFile:
    """Everything seen of one case, by the rules of its procedure: the line, and the objects beside it.

    Attributes:
        procedure: its rules; `reference`: how every entry of it names them.
        phase: where the line stands; `turn`: whose it is, None: anybody's with the duty; `body`: whose case it is.
        moved: what moved it last, unless that was taken back; `undone`: each act that was → the entry that took it back.
        last: the newest entry of each step of the line that is not concurrent.
        made: kind of object → for whom → its id; of a kind that comes in rounds, this round's.
        line: ids of the entries in it; `line_heads`: those no other of them names as a parent.
        later: ids of entries of a later version than this.
    """

    def __init__(self, case: str, procedure: Procedure, reference: ProcedureReference | None = None) -> None:
        self.case = case
        self.procedure = procedure
        self.reference = reference
        self.objects: dict[str, ObjectFile] = {}
        self.phase = NO_PHASE
        self.turn: str | None = None
        self.moved: Moved | None = None
        self.undone: dict[bytes, bytes] = {}
        self.body: str | None = None
        self.last: dict[str, Placed] = {}
        self.made: dict[ObjectKind, dict[str, str]] = {kind: {} for kind in procedure.kinds}
        self.line_heads: set[bytes] = set()
        self.parents: dict[bytes, tuple[bytes, ...]] = {}
        self.line: set[bytes] = set()
        self.receipts_seen: set[bytes] = set()
        self.later: set[bytes] = set()

    @property
    def complete(self) -> bool:
        """Whether the case itself is in view, not only what stands beside it."""
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

    def rule(self, step: str) -> StepRule:
        """The row of a step of this case's procedure."""
        return self.procedure.steps[step]

    def target(self, row: StepRule) -> str | None:
        """The phase a step leads to; what takes an act back leads to where the case stood before it. None: not in view."""
        if not row.undoes:
            return row.target
        return None if self.moved is None else self.moved.phase

    def asked(self, kind: ObjectKind) -> tuple[str, ...]:
        """Those who must answer in objects of a kind before the line goes on."""
        join = self.procedure.kinds[kind].join
        if join is None:
            return ()
        step, what = step_and_rest(join.asked)
        placed = self.last.get(step)
        return tuple(said(placed.entry, what)) if placed is not None else ()

    def answer(self, kind: ObjectKind, asked: str) -> str | None:
        """What somebody asked in this round has answered."""
        join, found = self.procedure.kinds[kind].join, self.objects.get(self.made[kind].get(asked, ""))
        if join is None or found is None:
            return None
        answers = (placed.entry.head.get(join.answer) for placed in found.chain)
        return next((str(answer) for answer in answers if answer is not None), None)

    def unanswered(self, kind: ObjectKind) -> tuple[str, ...]:
        """Those asked in this round who have not answered."""
        return tuple(target for target in self.asked(kind) if self.answer(kind, target) is None)

    def parents_for(self, step: str, object_id: str | None = None) -> frozenset[bytes]:
        """The heads an entry of this step names as its parents now."""
        row = self.rule(step)
        if row.begins_case:
            return frozenset()
        if self.procedure.stands_on_line(row):
            joined = self.made[row.joins].values() if row.joins is not None else ()
            return frozenset(self.line_heads).union(*(self.objects[each].heads for each in joined))
        if row.creates:
            begun = self.last.get(self.procedure.kinds[row.object].begins_on)
            return frozenset({begun.id}) if begun is not None else frozenset()
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
        if self.procedure.in_line(entry.kind):
            self.line.add(placed.id)
            self.line_heads = (self.line_heads - set(entry.parents)) | {placed.id}
        if entry.step == LATER:
            self.later.add(placed.id)
        else:
            self._take(placed, found)

    def _take(self, placed: Placed, found: ObjectFile) -> None:
        entry, row = placed.entry, self.rule(placed.entry.step)
        if row.target:
            self.moved = Moved(placed, self.phase, self.turn, self.last.get(row.known_as or row.step))
            self.phase = row.target
            self.turn = entry.next if row.passes_on else self._turn_back(row)
        if row.becomes:
            found.phase = row.becomes
        self._take_object(placed, row)
        if row.creates and self.procedure.stands_on_line(row):
            self.body = entry.body
        # What stands side by side has no last: readers may get it in any order.
        if self.procedure.in_line(row.object) and not row.concurrent:
            self.last[row.known_as or row.step] = placed
        if row.undoes:
            self._undo(placed)

    def _undo(self, placed: Placed) -> None:
        """Put the case where it stood before the newest act that moved it."""
        if self.moved is None:
            return
        undone, self.moved = self.moved, None
        self.undone[undone.placed.id] = placed.id
        self.phase, self.turn = undone.phase, undone.turn
        row = self.rule(undone.placed.entry.step)
        step = row.known_as or row.step
        if undone.last is None:
            self.last.pop(step, None)
        else:
            self.last[step] = undone.last
        # The round it began is over; the one before goes on.
        for kind, rule in self.procedure.kinds.items():
            if rule.round == row.step:
                self.made[kind] = (
                    {} if undone.last is None else self._made_on(undone.last.id, kind, rule.one_for)
                )

    def _turn_back(self, row: StepRule) -> str | None:
        """Whose turn it is by the entry the row refers to."""
        if not row.turn_back:
            return None
        step, what = step_and_rest(row.turn_back)
        placed = self.last.get(step)
        return None if placed is None else str(said(placed.entry, what))

    def _take_object(self, placed: Placed, row: StepRule) -> None:
        entry = placed.entry
        for kind, rule in self.procedure.kinds.items():
            if rule.round == row.step:
                self.made[kind] = self._made_on(placed.id, kind, rule.one_for)
        rule = self.procedure.kinds[row.object]
        if not row.creates or not rule.one_for:
            return
        begun = self.last.get(rule.round)
        # Readers may get an object of an earlier round after the step that began this one.
        if begun is None or begun.id in self.ancestors(entry.parents):
            self.made[row.object][said(entry, rule.one_for)] = entry.object

    def _made_on(self, begun: bytes, kind: ObjectKind, one_for: str) -> dict[str, str]:
        """The objects of a round that are here already: a reader of one of them may get the line, or take a round back, later."""
        found = (each for each in self.objects.values() if each.kind is kind and not each.begun_later)
        return {
            said(each.first, one_for): each.id
            for each in found
            if begun in self.ancestors(each.first.parents)
        }
