"""A signed act on a document (C8–C11): the fields everybody may see, and commitments to those nobody but a reader may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, Self

from protocol import payload
from protocol.documents.kinds import Kind
from protocol.documents.model import Label, Urgency
from protocol.documents.page_checks import FIELD as PAGE_CHECK
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.features import PAGE_CHECKS, Feature
from protocol.identifiers import IdKind, is_formed

# 条例 art. 26: what is declared a state secret has no place here, whatever it is called.
_SECRETS: Final = frozenset({"秘密", "机密", "绝密", "secret", "confidential", "top_secret"})
MAX_RECIPIENTS: Final = 1000


class ObjectKind(StrEnum):
    """The objects of a document (C8), each with a key and a chain of its own. LATER: a later version's."""

    CASE = "case"
    BRANCH = "branch"
    ISSUE = "issue"
    RECEIPT = "receipt"
    LATER = ""


_OBJECTS: Final[Mapping[str, ObjectKind]] = {
    IdKind.CASE: ObjectKind.CASE,
    IdKind.BRANCH: ObjectKind.BRANCH,
    IdKind.ISSUE: ObjectKind.ISSUE,
    IdKind.RECEIPT: ObjectKind.RECEIPT,
}
_OTHER_IDS: Final = frozenset(IdKind) - _OBJECTS.keys()


def object_kind(object_id: str) -> ObjectKind:
    """What an object id names; LATER for a prefix this version does not know.

    Raises:
        JinshuError: `wire.malformed`, it is no id, or one of something else.
    """
    prefix = object_id[:3]
    if not is_formed(object_id) or (prefix not in _OBJECTS and prefix in _OTHER_IDS):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="object")
    return _OBJECTS.get(prefix, ObjectKind.LATER)


_BODIES: Final = payload.list_of(payload.identifier(IdKind.BODY), at_most=MAX_RECIPIENTS)
_NEXT: Final = payload.identifier(IdKind.POST, IdKind.BODY)
_MAY_PASS: Final = {"next": payload.optional(_NEXT)}
_BACK: Final = {
    "to": payload.one_of(
        *(phase.value for phase in (Phase.DRAFTING, Phase.SIGNING, Phase.VOID, Phase.ANNULLED))
    )
}
_DRAFT: Final = {
    "kind": payload.one_of(*(kind.value for kind in Kind)),
    "urgency": payload.one_of(*(urgency.value for urgency in Urgency)),
    "label": payload.one_of(*(label.value for label in Label)),
    "deadline": payload.optional(payload.integer),
    "recipients": _BODIES,
    "copies": _BODIES,
}
_SIGNED_OFF: Final = {name: _DRAFT[name] for name in ("kind", "urgency", "label", "recipients", "copies")} | {
    "element_hash": payload.HASH
}
_ISSUED: Final = {
    "issue": payload.identifier(IdKind.ISSUE),
    "pdf_hash": payload.HASH,
    "sender": payload.identifier(IdKind.BODY),
    "dispatch_entry": payload.HASH,
}

# What a step shows in its head; nothing else may stand there (C11).
HEADS: Final[Mapping[Step, Mapping[str, payload.Shape]]] = {
    Step.DRAFT: _DRAFT,
    Step.REVISE: _DRAFT,
    Step.SUBMIT: {"next": _NEXT},
    Step.REVIEW_PASS: {
        "next": _NEXT,
        "consult": payload.list_of(_NEXT, at_most=MAX_RECIPIENTS),
    },
    Step.REVIEW_RETURN: _BACK,
    Step.CONSULT_OPEN: {"of": payload.identifier(IdKind.CASE), "asked": _NEXT},
    Step.CONSULT_REPLY: {"verdict": payload.one_of("agree", "comments", "disagree")},
    Step.VET_PASS: {"next": _NEXT},
    Step.VET_RETURN: _BACK,
    Step.SIGN_OFF: _SIGNED_OFF | _MAY_PASS,
    Step.SIGN_RETURN: _BACK,
    Step.RECHECK_PASS: {"element_hash": payload.HASH} | _MAY_PASS,
    Step.RECHECK_RETURN: _BACK,
    Step.NUMBER: {"number": payload.text, "number_entry": payload.HASH} | _MAY_PASS,
    Step.SEAL: {
        "pdf_hash": payload.HASH,
        "seal": payload.identifier(IdKind.SEAL),
        "element_hash": payload.HASH,
        "case_head": payload.HASH,
    }
    | _MAY_PASS,
    Step.DISPATCH: {
        "issue": payload.identifier(IdKind.ISSUE),
        "pdf_hash": payload.HASH,
        "recipients": _BODIES,
        "copies": _BODIES,
        "number": payload.text,
        "case_head": payload.HASH,
    },
    Step.WITHDRAW: _BACK,
    Step.ANNUL: _BACK,
    Step.CLOSE: {},
    Step.OPINION: {},
    Step.RECEIVE: _ISSUED,
    Step.REJECT: _ISSUED,
    Step.REGISTER: {"number": payload.text},
    Step.RESEAL: {"principal": payload.identifier(IdKind.BODY)},
}

_MUST: Final[Mapping[Step, frozenset[str]]] = {
    Step.DRAFT: frozenset({"title", "elements", "attachments"}),
    Step.REVISE: frozenset({"title", "elements", "attachments"}),
    Step.CONSULT_OPEN: frozenset({"title", "elements", "attachments"}),
    Step.SEAL: frozenset({"pdf"}),
    Step.DISPATCH: frozenset({"title", "elements", "pdf", "attachments"}),
    **{
        step: frozenset({"reason"})
        for step in (
            Step.REVIEW_RETURN,
            Step.VET_RETURN,
            Step.SIGN_RETURN,
            Step.RECHECK_RETURN,
            Step.WITHDRAW,
            Step.ANNUL,
            Step.REJECT,
        )
    },
    Step.OPINION: frozenset({"opinion"}),
}
# `former_key`: where an entry brings a new key, the one before, so that whoever gets the new can read back.
_MAY: Final = frozenset({"opinion", "remark", "former_key"})
# And what only these steps may hide, where the site has switched its feature on.
UNDER_FEATURES: Final[Mapping[Step, Mapping[str, Feature]]] = {Step.RECEIVE: {PAGE_CHECK: PAGE_CHECKS}}


@dataclass(frozen=True, slots=True)
class DocumentEntry(payload.Payload):
    """One act. `object` is what it is written into, `case` the dispatch case it belongs to.

    `parents`: ids of every head its author had seen. `hidden`: name → salted commitment (32 bytes). `content`:
    SHA-256 of the ciphertext. `key_commitment`: the object's key where this entry brings a new one. `wraps`: hashes
    of the wrap records. `log_size`, `log_root`: the directory head its author had verified. Times are ms UTC.

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
    step: Step
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
    later: str | None = None

    @classmethod
    def parse(cls, value: Any, *, tolerant: bool = False) -> Self:
        """Read a decoded payload, head and all; `tolerant`: what says more than this version reads becomes LATER.

        Raises:
            JinshuError: `wire.malformed`, `documents.head_field`, `cases.unknown_step`, or `documents.classified`.
        """
        fields = payload.check(value, cls.SHAPES, tolerant=tolerant)
        label = fields["head"].get("label")
        if isinstance(label, str) and label in _SECRETS:
            raise JinshuError(ErrorCode.DOCUMENTS_CLASSIFIED)
        if object_kind(fields["case"]) not in (ObjectKind.CASE, ObjectKind.LATER):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="case")
        word = fields.pop("step")
        fault = _beyond(value, word, fields)
        if fault is not None and not tolerant:
            raise fault
        step, later = (Step(word), None) if fault is None else (Step.LATER, word)
        entry = cls(**fields, step=step, later=later)
        if entry.kind is ObjectKind.CASE and entry.object != entry.case:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="object")
        entry._check_order()
        return entry

    @property
    def word(self) -> str:
        """The step as it stands in the bytes."""
        return self.step.value if self.later is None else self.later

    def value(self) -> dict[str, Any]:
        """What is signed."""
        return {"v": 1} | {name: getattr(self, name) for name in self.SHAPES} | {"step": self.word}

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


def _beyond(value: Mapping[str, Any], word: str, fields: Mapping[str, Any]) -> JinshuError | None:
    """What of an entry this version does not read; None: all of it is read."""
    try:
        if word not in HEADS:
            raise JinshuError(ErrorCode.CASES_UNKNOWN_STEP, step=word)
        field = payload.unknown_field(value, DocumentEntry.SHAPES)
        if field is None:
            ids = ("case", "object")
            field = next((name for name in ids if object_kind(fields[name]) is ObjectKind.LATER), None)
        if field is not None:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=field)
        _check_head(Step(word), fields["head"])
        _check_hidden(Step(word), fields["hidden"])
    except JinshuError as fault:
        return fault
    return None


def _check_head(step: Step, head: Mapping[str, Any]) -> None:
    shapes = HEADS[step]
    if head.keys() != shapes.keys():
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_HEAD_FIELD, field=min(head.keys() ^ shapes.keys()))
    for name, shape in shapes.items():
        value = head[name]
        if not shape(value) or (isinstance(value, list) and value != sorted(set(value))):
            raise RemoteProtocolError(ErrorCode.DOCUMENTS_HEAD_FIELD, field=name)


def _check_hidden(step: Step, hidden: Mapping[str, bytes]) -> None:
    must = _MUST.get(step, frozenset())
    may = must | _MAY | UNDER_FEATURES.get(step, {}).keys()
    if must - hidden.keys() or hidden.keys() - may:
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="hidden")
