"""Opening what entries hide, and refusing what does not agree with what they show (C7, C11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from client.documents.casebook import Casebook
from client.documents.ledger import Kept
from protocol import payload
from protocol.cases.entries import DocumentEntry
from protocol.cases.receipts import ServerReceipt
from protocol.crypto.content import (
    ContentContext,
    check_key_commitment,
    derive_object_key,
    is_padded,
    key_commitment,
    open_content,
)
from protocol.crypto.keys import SecretKey
from protocol.crypto.signature import Signed
from protocol.documents.model import Elements, ElementsError, element_hash
from protocol.documents.page_checks import FIELD as PAGE_CHECK
from protocol.documents.page_checks import PageCheck
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from protocol.features import CONTENTS_2, check_switched_on


def _words(value: Any) -> bool:
    """Whatever a writer of any version could send: rows show it with `protocol.text.shown`."""
    return type(value) is str


_WORDS: Final = ("title", "opinion", "reason", "remark")
_FILE: Final = {
    "name": payload.text,
    "media_type": payload.text,
    "size": payload.integer,
    "sha256": payload.HASH,
    "blob": payload.text,
    "key": payload.octets(32),
}
_SHAPES: Final[Mapping[str, payload.Shape]] = {
    **dict.fromkeys(_WORDS, _words),
    "elements": lambda value: type(value) is dict,
    "attachments": payload.list_of(payload.fields(_FILE), at_most=1000),
    "pdf": payload.fields({name: _FILE[name] for name in ("size", "sha256", "blob", "key")}),
    "former_key": payload.octets(32),
    PAGE_CHECK: payload.one_of(*PageCheck),
}


@dataclass(frozen=True, slots=True)
class Forms:
    """Which forms of contents may stand in a case. `lacking`: the site has switched on what this version cannot read; what has no
    shape we know is then of a later version. `features_at`: what was switched on when the log had a size."""

    lacking: bool
    features_at: Callable[[int], frozenset[str]]

    def check(self, kept: Kept) -> None:
        """Return if an entry's content is of a form that the site had switched on when it was received.

        Raises:
            JinshuError: `features.not_switched_on`, `wire.malformed` or `wire.unknown_type`.
        """
        if is_padded(kept.ciphertext) and kept.receipt is not None:
            receipt = ServerReceipt.parse(Signed.parse(kept.receipt).value())
            check_switched_on(CONTENTS_2, self.features_at(receipt.log_size))


@dataclass
class Opened:
    """What could be opened now. `fields`: entry id → (fields, fault code or None)."""

    forms: Forms
    keys: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    fields: dict[bytes, tuple[dict[str, Any], str | None]] = field(default_factory=dict)


def open_all(book: Casebook, found: Mapping[str, Iterable[tuple[bytes, bytes]]], forms: Forms) -> Opened:
    """Open every entry of a case that the keys held, and those just `found` (object → (commitment, key)), can open.

    Raises:
        JinshuError: `keys.commitment_mismatch`, somebody passed on a key that is not the object's.
    """
    opened = Opened(forms)
    keys = {name: dict(held) for name, held in book.keys.items()}

    def learn(object_id: str, commitment: bytes, key: bytes) -> None:
        if commitment not in keys.setdefault(object_id, {}):
            check_key_commitment(object_id, SecretKey(key), commitment)
            keys[object_id][commitment] = key
            opened.keys.setdefault(object_id, {})[commitment] = key

    for object_id, pairs in found.items():
        for commitment, key in pairs:
            learn(object_id, commitment, key)
    # The case first: its key makes those of its branches and its issue.
    for object_id in sorted(book.file.objects, key=lambda name: name != book.file.case):
        _derive(book, object_id, keys, learn)
        _open_object(book, object_id, keys, learn, opened)
    _check_drafts(book, opened)
    return opened


def _derive(book: Casebook, object_id: str, keys: dict[str, dict[bytes, bytes]], learn: Any) -> None:
    found = book.file.objects[object_id]
    rule = book.file.procedure.kinds.get(found.kind)
    if rule is None or not rule.derived_key:
        return
    for case_key in tuple(keys.get(book.file.case, {}).values()):
        made = derive_object_key(SecretKey(case_key), object_id)
        commitment = key_commitment(object_id, made)
        if commitment in found.commitments.values():
            learn(object_id, commitment, bytes(made))


def _open_object(
    book: Casebook, object_id: str, keys: dict[str, dict[bytes, bytes]], learn: Any, opened: Opened
) -> None:
    commitments: list[bytes] = []
    # Newest first: an entry that brought a new key tells the one before.
    in_force: list[tuple[bytes, bytes]] = []
    for placed in book.file.objects[object_id].chain:
        if placed.entry.key_commitment is not None:
            commitments.append(placed.entry.key_commitment)
        in_force.append((placed.id, commitments[-1]))
    for entry_id, commitment in reversed(in_force):
        kept = book.kept[entry_id]
        key = keys.get(object_id, {}).get(commitment)
        if kept.fields is None and key is not None:
            entry = book.entries[entry_id]
            opened.fields[entry_id] = _open(entry, kept, key, opened.forms)
        known = kept.fields or opened.fields.get(entry_id, ({}, None))[0]
        former = known.get("former_key")
        at = commitments.index(commitment)
        if isinstance(former, bytes) and at > 0:
            try:
                learn(object_id, commitments[at - 1], former)
            except JinshuError as error:
                # His who wrote it, and nobody's else: what comes after goes on.
                opened.fields[entry_id] = (known, error.code.value)


def _open(entry: DocumentEntry, kept: Kept, key: bytes, forms: Forms) -> tuple[dict[str, Any], str | None]:
    try:
        forms.check(kept)
        context = ContentContext(entry.object, entry.word, entry.actor)
        fields = open_content(SecretKey(key), context, kept.ciphertext, entry.hidden)
        if entry.step == Step.LATER or (forms.lacking and _is_later(fields)):
            return _told_by_later(fields), ErrorCode.CLIENT_OUTDATED.value
        check_shapes(entry.object, fields)
        check_against_head(entry, fields)
    except JinshuError as error:
        # Sealed in a form of no version known here.
        later = forms.lacking and error.code is ErrorCode.WIRE_UNKNOWN_TYPE
        return {}, (ErrorCode.CLIENT_OUTDATED if later else error.code).value
    return fields, None


def _is_later(fields: Mapping[str, Any]) -> bool:
    """Whether what is hidden has fields, or elements, of no form we know."""
    if any(name not in _SHAPES or not _SHAPES[name](value) for name, value in fields.items()):
        return True
    try:
        if "elements" in fields:
            Elements.from_cbor_value(fields["elements"])
    except ElementsError:
        return True
    return False


def _told_by_later(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What can be shown of it all the same: words are words."""
    return {name: value for name, value in fields.items() if name in _WORDS and _words(value)} | {
        name: value for name, value in fields.items() if name == "former_key" and _SHAPES[name](value)
    }


def check_shapes(object_id: str, fields: Mapping[str, Any]) -> None:
    """Return if hidden fields have their shapes: whoever signs nonsense harms nobody but himself.

    Raises:
        JinshuError: `content.header_mismatch`.
    """
    for name, value in fields.items():
        shape = _SHAPES.get(name)
        if shape is None or not shape(value):
            raise JinshuError(ErrorCode.CONTENT_HEADER_MISMATCH, object=object_id)


def check_against_head(entry: DocumentEntry, fields: Mapping[str, Any]) -> None:
    """Return if what an entry hides is what it shows.

    Raises:
        JinshuError: `content.header_mismatch`.
    """
    fault = JinshuError(ErrorCode.CONTENT_HEADER_MISMATCH, object=entry.object)
    if "elements" in fields:
        try:
            elements = Elements.from_cbor_value(fields["elements"])
        except ElementsError:
            raise fault from None
        if fields.get("title") != elements.title or elements.issuer_body_id != entry.body:
            raise fault
        listed = [(a.name, a.media_type, a.size, a.sha256) for a in elements.attachments]
        if listed != [_attachment(value) for value in fields.get("attachments", [])]:
            raise fault
        if entry.step in (Step.DRAFT, Step.REVISE) and entry.head != entry.head | head_of(elements):
            raise fault
    if "pdf" in fields and fields["pdf"].get("sha256") != entry.head.get("pdf_hash"):
        raise fault


def head_of(elements: Elements) -> dict[str, Any]:
    """What of the elements everybody may see (C11)."""
    return {
        "kind": elements.kind.value,
        "urgency": elements.urgency.value,
        "label": elements.label.value,
        "recipients": sorted({each.body_id for each in elements.main_recipients}),
        "copies": sorted({each.body_id for each in elements.copy_recipients}),
    }


def _check_drafts(book: Casebook, opened: Opened) -> None:
    """签发 signs, and 会签 is asked about, the draft that stood before it: whoever can read both compares them."""

    def fields(entry_id: bytes) -> Mapping[str, Any]:
        found = opened.fields.get(entry_id)
        return found[0] if found is not None else (book.kept[entry_id].fields or {})

    for entry_id, entry in book.entries.items():
        if entry.step not in (Step.SIGN_OFF, Step.CONSULT_OPEN):
            continue
        draft = _draft_before(book, entry)
        value = fields(draft).get("elements") if draft is not None else None
        said = fields(entry_id)
        if value is None or (entry.step == Step.CONSULT_OPEN and "elements" not in said):
            continue
        if entry.step == Step.SIGN_OFF:
            same = element_hash(Elements.from_cbor_value(value)) == entry.head["element_hash"]
        else:
            same = said["elements"] == value
        if not same and book.kept[entry_id].fault is None:
            opened.fields[entry_id] = (dict(said), ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH.value)


def _draft_before(book: Casebook, entry: DocumentEntry) -> bytes | None:
    """The newest draft among everything an entry stands on."""
    case = book.file.objects.get(book.file.case)
    before = book.file.ancestors(entry.parents)
    drafts = (
        [p.id for p in case.chain if p.entry.step in (Step.DRAFT, Step.REVISE)] if case is not None else []
    )
    return next((entry_id for entry_id in reversed(drafts) if entry_id in before), None)


def _attachment(value: Any) -> tuple[str, str, int, bytes] | None:
    shape = {"name": str, "media_type": str, "size": int, "sha256": bytes, "blob": str, "key": bytes}
    if not isinstance(value, dict) or {name: type(item) for name, item in value.items()} != shape:
        return None
    return value["name"], value["media_type"], value["size"], value["sha256"]
