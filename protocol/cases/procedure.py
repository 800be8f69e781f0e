"""A procedure (C42): everything that is said of a kind of case, as data, in one place.

The engine reads it and knows no procedure by name: the server's check, the reader's fold, the client's offers and the tests'
walks all come from these rows. A procedure is a value with a canonical form and a hash, so that an entry can name the rules
it was signed under; the rows and the hash of a version never change, and a new step makes a new version. What the engine
learns later to read of a row stands in its value only where a row says it: the hashes of all rows before stay what they are.

Keep in step: `value` with PROTOCOL.md §3 (Procedure) and with `definitions.py`, which reads it; the references that rows hold
with `bindings.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Final, Self

from protocol import payload
from protocol.cases.objects import ObjectKind
from protocol.crypto import cbor
from protocol.errors import ErrorCode, RemoteProtocolError

# The phase of a case that does not exist yet.
NO_PHASE: Final = ""


class Relation(StrEnum):
    """How what an entry says stands to what is there already."""

    IS = "is"  # the same as the other
    AMONG = "among"  # one of the others' values
    NOT_AMONG = "not_among"


@dataclass(frozen=True, slots=True)
class Binding:
    """What an entry must agree with. `one` and `others` are references (`bindings.py`) into the entry and its case.

    What is out of a reader's sight binds nothing for him; in a case he sees whole, everything must be there.

    Attributes:
        code: of the fault if it does not agree; `field` goes with it.
    """

    one: str
    relation: Relation
    others: tuple[str, ...]
    code: ErrorCode
    field: str = ""

    def value(self) -> dict[str, Any]:
        return {
            "one": self.one,
            "relation": self.relation.value,
            "others": list(self.others),
            "code": self.code.value,
            "field": self.field,
        }


@dataclass(frozen=True, slots=True)
class Join:
    """What a joining step waits for: that everyone asked has answered, and that no answer stops it.

    Attributes:
        asked: reference to the list of those who must answer.
        answer: the head field of an answer that says what it is.
        stops: answers with which the case does not go on, by this article of the rules.
    """

    asked: str
    answer: str
    stops: tuple[str, ...] = ()
    article: int = 0

    def value(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "answer": self.answer,
            "stops": list(self.stops),
            "article": self.article,
        }


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """One kind of object of a procedure.

    Attributes:
        in_line: its entries stand in the line of the case: one chain of decisions, by the body that owns it.
        derived_key: its key can be made by everyone who holds the case's; else it has one of its own.
        begins_on: the step on whose entry alone its first one stands; "" where it stands on the heads of the line.
        one_for: reference to whom it is for; there is one object for each. "": there is one in all.
        round: the step that begins a new round of them; those of earlier rounds are closed.
        join: what a step that joins them waits for.
    """

    kind: ObjectKind
    in_line: bool = False
    derived_key: bool = False
    begins_on: str = ""
    one_for: str = ""
    round: str = ""
    join: Join | None = None

    def value(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "in_line": self.in_line,
            "derived_key": self.derived_key,
            "begins_on": self.begins_on,
            "one_for": self.one_for,
            "round": self.round,
            "join": None if self.join is None else self.join.value(),
        }


class Offer(StrEnum):
    """How the pages put a step before whoever may take it."""

    FORWARD = "forward"  # the way of the case: the first button
    ASIDE = "aside"  # possible, and not what the case waits for
    NEVER = "never"  # taken together with another step, or from a page of its own


@dataclass(frozen=True, slots=True)
class StepRule:
    """One step: who may take it, from where to where, what it shows and hides, and what it must agree with.

    Attributes:
        object: the kind of object the entry is written into.
        sources: phases of the case in which it may be taken.
        target: the phase of the case after it; "" leaves it as it is.
        within: phases of its own object in which it may be taken, where that has a life of its own; () asks for none.
        becomes: the phase of its own object after it; "" leaves it as it is.
        duties: any one of them, in the acting post, gives the right.
        concurrent: may be signed on an old head, because it moves nothing (C10).
        in_turn: only by the post, body or person the case was passed to.
        any_body: also by others than the body that owns the case.
        joins: kind of the objects it waits for, whose heads it names as parents.
        creates: the entry begins its object.
        issuer: only by a body that may issue in its own name (条例 art. 17).
        head: the fields everybody sees, and their shapes; there are no others (C11).
        must: the hidden fields it has; `may`: those it may have; `under`: those it may have where a feature is on.
        names: head fields whose principals must be in the organisation.
        crosses: `next` may name another body's.
        seals_to: head fields naming those to whom the object's key is sealed; of a list, those that have a key.
        turn_back: reference to whose turn it is after a step that names no `next`; "": whoever has the duty.
        known_as: the step it takes the place of in `last`: a revised draft is the draft.
        undoes: steps that it takes back, each as long as nothing stands on it, in the post that took it: the case stands
            where it stood before, and it is the turn of whose turn it was (`history.Moved`). Such a row has no target.
        bindings: what it must agree with.
        outward: reaches new people: stops while the directory log is too old (C45).
        online: cannot be signed without the server.
        offer: how the pages put it; `next_duty`: of those they offer to pass it to.
        article: where the 条例 says so.
    """

    step: str
    object: ObjectKind
    sources: tuple[str, ...]
    target: str = ""
    duties: tuple[str, ...] = ()
    article: int = 0
    within: tuple[str, ...] = ()
    becomes: str = ""
    concurrent: bool = False
    in_turn: bool = False
    any_body: bool = False
    joins: ObjectKind | None = None
    creates: bool = False
    issuer: bool = False
    head: Mapping[str, str] = field(default_factory=dict)
    must: tuple[str, ...] = ()
    may: tuple[str, ...] = ("opinion", "remark")
    under: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    crosses: bool = False
    seals_to: tuple[str, ...] = ()
    turn_back: str = ""
    known_as: str = ""
    bindings: tuple[Binding, ...] = ()
    outward: bool = False
    online: bool = False
    offer: Offer = Offer.ASIDE
    next_duty: str = ""
    undoes: tuple[str, ...] = ()

    @property
    def begins_case(self) -> bool:
        """Whether its entry is the first of a case."""
        return self.creates and self.object is ObjectKind.CASE

    @property
    def fresh(self) -> bool:
        """Whether it cites a fresh head of the case, signed by the server: nothing before it can have been hidden (C10)."""
        return "case_head" in self.head

    @property
    def reasoned(self) -> bool:
        """Whether whoever takes it says why."""
        return "reason" in self.must

    @property
    def passes_on(self) -> bool:
        """Whether it names whose turn comes next."""
        return "next" in self.head

    def value(self) -> dict[str, Any]:
        undoes = {"undoes": sorted(self.undoes)} if self.undoes else {}
        return undoes | {
            "step": self.step,
            "object": self.object.value,
            "sources": sorted(self.sources),
            "target": self.target,
            "duties": sorted(self.duties),
            "article": self.article,
            "within": sorted(self.within),
            "becomes": self.becomes,
            "concurrent": self.concurrent,
            "in_turn": self.in_turn,
            "any_body": self.any_body,
            "joins": None if self.joins is None else self.joins.value,
            "creates": self.creates,
            "issuer": self.issuer,
            "head": dict(self.head),
            "must": sorted(self.must),
            "may": sorted(self.may),
            "under": dict(self.under),
            "names": sorted(self.names),
            "crosses": self.crosses,
            "seals_to": sorted(self.seals_to),
            "turn_back": self.turn_back,
            "known_as": self.known_as,
            "bindings": [binding.value() for binding in self.bindings],
            "outward": self.outward,
            "online": self.online,
            "offer": self.offer.value,
            "next_duty": self.next_duty,
        }


@dataclass(frozen=True, slots=True)
class ProcedureReference:
    """How an entry names the rules it was signed under. `hash`: SHA-256 of the procedure's value, 32 bytes."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "id": payload.word,
        "version": payload.between(1, 1_000_000),
        "hash": payload.HASH,
    }
    id: str
    version: int
    hash: bytes

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Read a decoded reference.

        Raises:
            JinshuError: `wire.malformed`.
        """
        if not payload.fields(cls.SHAPES)(value):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="procedure")
        return cls(**value)

    def value(self) -> dict[str, Any]:
        return {"id": self.id, "version": self.version, "hash": self.hash}


@dataclass(frozen=True)
class Procedure:
    """`id` and `version` name it; its hash says what it is. Two with one hash are the same procedure."""

    id: str
    version: int
    objects: tuple[ObjectRule, ...]
    rows: tuple[StepRule, ...]

    @cached_property
    def steps(self) -> Mapping[str, StepRule]:
        """The rows by their step."""
        return {row.step: row for row in self.rows}

    @cached_property
    def kinds(self) -> Mapping[ObjectKind, ObjectRule]:
        """The objects by their kind."""
        return {rule.kind: rule for rule in self.objects}

    def value(self) -> dict[str, Any]:
        """What is hashed, and what a definition signs."""
        return {
            "v": 1,
            "id": self.id,
            "version": self.version,
            "objects": [rule.value() for rule in self.objects],
            "steps": [row.value() for row in self.rows],
        }

    @cached_property
    def hash(self) -> bytes:
        """SHA-256 of the canonical CBOR of `value`."""
        return hashlib.sha256(cbor.encode(self.value())).digest()

    @property
    def name(self) -> str:
        """Such as `dispatch/1`."""
        return f"{self.id}/{self.version}"

    @property
    def reference(self) -> ProcedureReference:
        return ProcedureReference(self.id, self.version, self.hash)

    def in_line(self, kind: ObjectKind) -> bool:
        """Whether entries into this kind of object stand in the line of the case."""
        rule = self.kinds.get(kind)
        return rule is not None and rule.in_line

    def stands_on_line(self, row: StepRule) -> bool:
        """Whether an entry of this step names the heads of the line: it stands in it, or opens something beside it."""
        return self.in_line(row.object) or (row.creates and not self.kinds[row.object].begins_on)
