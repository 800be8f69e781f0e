"""What entries of 公文 may hide, and what of it must agree with what they show, or with others (C7, C11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from client.cases.local_case import LocalCase
from protocol import payload
from protocol.cases.entries import DocumentEntry
from protocol.documents.model import Elements, ElementsError, element_hash
from protocol.documents.page_checks import FIELD as PAGE_CHECK
from protocol.documents.page_checks import PageCheck
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError


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


class PaperContents:
    """The `ContentRules` of 公文: texts, elements, attachments and the sealed page."""

    def check(self, object_id: str, fields: Mapping[str, Any]) -> None:
        check_shapes(object_id, fields)

    def check_against_head(self, entry: DocumentEntry, fields: Mapping[str, Any]) -> None:
        check_against_head(entry, fields)

    def is_later(self, fields: Mapping[str, Any]) -> bool:
        return _is_later(fields)

    def readable(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return _readable(fields)

    def false_claims(
        self, case: LocalCase, fields_of: Callable[[bytes], Mapping[str, Any]]
    ) -> Iterator[tuple[bytes, str]]:
        return _false_claims(case, fields_of)


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


def _readable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What can be shown of it all the same: words are words."""
    return {name: value for name, value in fields.items() if name in _WORDS and _words(value)}


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


def _false_claims(
    book: LocalCase, fields: Callable[[bytes], Mapping[str, Any]]
) -> Iterator[tuple[bytes, str]]:
    """签发 signs, and 会签 is asked about, the draft that stood before it: whoever can read both compares them."""

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
        if not same:
            yield entry_id, ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH.value


def _draft_before(book: LocalCase, entry: DocumentEntry) -> bytes | None:
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
