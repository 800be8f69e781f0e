"""A signed act in a case (C8–C11): the fields everybody may see, and commitments to those nobody but a reader may.

What a step shows and hides is not said here but in the case's procedure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, Self

from protocol import payload
from protocol.cases.objects import ObjectKind, object_kind
from protocol.cases.procedure import Procedure, ProcedureReference, StepRule
from protocol.cases.shapes import MAX_RECIPIENTS, shape
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.identifiers import IdKind, is_formed

# 条例 art. 26: what is declared a state secret has no place here, whatever it is called.
_SECRETS: Final = frozenset({"秘密", "机密", "绝密", "secret", "confidential", "top_secret"})
# The step of an act of a later version, which this one keeps in its place and cannot read (C41); never in bytes.
LATER: Final = ""
# Where an entry brings a new key: the one before, so that whoever gets the new can read back.
FORMER_KEY: Final = "former_key"


class KnownProcedures(Protocol):
    """The procedures by which a reader judges entries."""

    def find(self, reference: ProcedureReference | None) -> Procedure | None:
        """The one an entry names, or means by naming none; None: it is not known here."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One act. `object` is what it is written into, `case` the dispatch case it belongs to.

    `parents`: ids of every head its author had seen. `hidden`: name → salted commitment (32 bytes). `content`:
    SHA-256 of the ciphertext. `key_commitment`: the object's key where this entry brings a new one. `wraps`: hashes
    of the wrap records. `log_size`, `log_root`: the directory head its author had verified. Times are ms UTC.

    `procedure`: the rules of its case (C42); None in a case of `dispatch/1`, whose entries do not name it.

    The fields here are the core that every later form keeps. An entry that says more than this version reads has the step
    LATER, and `later` is its step in the bytes: it has a place in the case and no meaning.
    """

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "case": is_formed,
        "object": is_formed,
        "step": payload.word,
        "actor": payload.identifier(IdKind.PERSON),
        "post": payload.identifier(IdKind.POST),
        "body": payload.identifier(IdKind.BODY),
        "org_seq": payload.integer,
        "delegation": payload.optional(payload.identifier(IdKind.DELEGATION)),
        "parents": payload.list_of(payload.HASH, at_most=MAX_RECIPIENTS),
        "receipt_seen": payload.optional(payload.HASH),
        "log_size": payload.integer,
        "log_root": payload.HASH,
        "signed_at": payload.integer,
        "offline": payload.boolean,
        "head": payload.map_of(lambda _value: True),
        "hidden": payload.map_of(payload.HASH),
        "content": payload.HASH,
        "key_commitment": payload.optional(payload.HASH),
        "wraps": payload.list_of(payload.HASH, at_most=2 * MAX_RECIPIENTS),
        "blobs": payload.list_of(payload.text, at_most=MAX_RECIPIENTS),
    }
    case: str
    object: str
    step: str
    actor: str
    post: str
    body: str
    org_seq: int
    delegation: str | None
    parents: list[bytes]
    receipt_seen: bytes | None
    log_size: int
    log_root: bytes
    signed_at: int
    offline: bool
    head: dict[str, Any]
    hidden: dict[str, bytes]
    content: bytes
    key_commitment: bytes | None
    wraps: list[bytes]
    blobs: list[str]
    procedure: ProcedureReference | None = None
    later: str | None = None

    @classmethod
    def parse(cls, value: Any, procedures: KnownProcedures, *, tolerant: bool = False) -> Self:
        """Read a decoded payload, head and all, by the rules of the procedure it names; `tolerant`: what says more than those,
        or than this version reads, becomes LATER.

        Raises:
            JinshuError: `wire.malformed`, `documents.head_field`, `cases.unknown_procedure`, `cases.unknown_step`, or
                `documents.classified`.
        """
        fields = payload.check(_without_procedure(value), cls.SHAPES, tolerant=tolerant)
        label = fields["head"].get("label")
        if isinstance(label, str) and label in _SECRETS:
            raise JinshuError(ErrorCode.DOCUMENTS_CLASSIFIED)
        if object_kind(fields["case"]) not in (ObjectKind.CASE, ObjectKind.LATER):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="case")
        word = fields.pop("step")
        reference, fault = _beyond(value, word, fields, procedures)
        if fault is not None and not tolerant:
            raise fault
        step, later = (word, None) if fault is None else (LATER, word)
        entry = cls(**fields, step=step, procedure=reference, later=later)
        if entry.kind is ObjectKind.CASE and entry.object != entry.case:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="object")
        entry._check_order()
        return entry

    @property
    def word(self) -> str:
        """The step as it stands in the bytes."""
        return str(self.step) if self.later is None else self.later

    def value(self) -> dict[str, Any]:
        """What is signed."""
        named = {} if self.procedure is None else {"procedure": self.procedure.value()}
        return {"v": 1} | {name: getattr(self, name) for name in self.SHAPES} | {"step": self.word} | named

    @property
    def kind(self) -> ObjectKind:
        return object_kind(self.object)

    @property
    def next(self) -> str | None:
        """Whose turn it is after this act: a post, or a body."""
        found = self.head.get("next")
        return found if isinstance(found, str) else None

    def _check_order(self) -> None:
        for name in ("parents", "wraps", "blobs"):
            items = getattr(self, name)
            if items != sorted(set(items)):
                raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=name)
        for blob in self.blobs:
            if len(blob) != 64 or not set(blob) <= set("0123456789abcdef"):
                raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="blobs")


def _without_procedure(value: Any) -> Any:
    """A decoded payload without the field that entries of `dispatch/1` do not have."""
    if type(value) is not dict:
        return value
    return {name: item for name, item in value.items() if name != "procedure"}


def _beyond(
    value: Mapping[str, Any], word: str, fields: Mapping[str, Any], procedures: KnownProcedures
) -> tuple[ProcedureReference | None, JinshuError | None]:
    """The procedure an entry names, as far as that can be read, and what of the entry this version does not read."""
    reference = None
    try:
        if "procedure" in value:
            reference = ProcedureReference.parse(value["procedure"])
        procedure = procedures.find(reference)
        if procedure is None:
            raise JinshuError(ErrorCode.CASES_UNKNOWN_PROCEDURE)
        row = procedure.steps.get(word)
        if row is None:
            raise JinshuError(ErrorCode.CASES_UNKNOWN_STEP, step=word)
        field = payload.unknown_field(_without_procedure(value), DocumentEntry.SHAPES)
        if field is None:
            ids = ("case", "object")
            field = next((name for name in ids if object_kind(fields[name]) is ObjectKind.LATER), None)
        if field is not None:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=field)
        _check_head(row, fields["head"])
        _check_hidden(row, fields["hidden"])
    except JinshuError as fault:
        return reference, fault
    return reference, None


def _check_head(row: StepRule, head: Mapping[str, Any]) -> None:
    if head.keys() != row.head.keys():
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_HEAD_FIELD, field=min(head.keys() ^ row.head.keys()))
    for name, word in row.head.items():
        if not shape(word)(head[name]):
            raise RemoteProtocolError(ErrorCode.DOCUMENTS_HEAD_FIELD, field=name)


def _check_hidden(row: StepRule, hidden: Mapping[str, bytes]) -> None:
    may = {*row.must, *row.may, *row.under, FORMER_KEY}
    if not set(row.must) <= hidden.keys() or hidden.keys() - may:
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="hidden")
