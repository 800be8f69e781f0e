"""The texts of a draft's form: as they lie on disk, as they would be signed, and what in them cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from client.documents.rows import DraftForm, Finding
from protocol import text
from protocol.text import FaultKind, Field

_FIELDS: Final[Mapping[str, Field]] = {
    "title": Field.TITLE,
    "body_text": Field.BODY,
    "publicity_reason": Field.NOTE,
    "note": Field.NOTE,
}
_ARTICLE: Final = "9"
_BEFORE: Final = 6  # characters by which its writer finds the place


def as_typed(form: DraftForm) -> DraftForm:
    """As it lies on disk: its writer may still need what is not fit to be signed."""
    return _each(form, text.clean_piece)


def clean(form: DraftForm) -> DraftForm:
    """As it would be signed."""
    return _each(form, text.clean)


def findings(form: DraftForm) -> Iterator[Finding]:
    """What in the texts of a clean form cannot be signed, by field, line and character."""
    for name, field in _FIELDS.items():
        value: str = getattr(form, name)
        for fault in text.faults(value, field):
            if fault.kind is FaultKind.TOO_LONG:
                yield Finding("text_too_long", _ARTICLE, True, {"field": name, "most": str(fault.most)})
                continue
            begun = value.rfind("\n", 0, fault.at) + 1
            place = {
                "field": name,
                "line": str(value.count("\n", 0, fault.at) + 1),
                "before": value[max(begun, fault.at - _BEFORE) : fault.at],
                "character": f"U+{ord(fault.characters[0]):04X}",
            }
            yield Finding(f"text_{fault.kind.value}", _ARTICLE, True, place)


def check(form: DraftForm) -> None:
    """Refuse what `findings` names.

    Raises:
        JinshuError: `text.too_long`, `text.unknown_character` or `text.marks`.
    """
    for name, field in _FIELDS.items():
        if getattr(form, name):
            text.check(getattr(form, name), field)


def _each(form: DraftForm, make: Callable[[str, Field], str]) -> DraftForm:
    return replace(
        form,
        title=make(form.title, _FIELDS["title"]),
        body_text=make(form.body_text, _FIELDS["body_text"]),
        publicity_reason=make(form.publicity_reason, _FIELDS["publicity_reason"]),
        note=make(form.note, _FIELDS["note"]),
    )
