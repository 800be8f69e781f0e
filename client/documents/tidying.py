"""整理: what is proposed for a draft's body, and the text that the writer's choice among it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import PurePath

from client.documents.rows import DraftForm, Finding, Suggestion
from protocol.directory.organisation import Body, Organisation
from protocol.documents import plain_text
from protocol.documents.corrections import Correction, corrections
from protocol.documents.parts import FoundPart, Part, parts


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What the parts of a text are compared with: `files` are the names of the draft's attachments."""

    form: DraftForm
    issuer: Body
    organisation: Organisation
    files: frozenset[str]


def suggestions(
    form: DraftForm, issuer: Body, organisation: Organisation, files: Iterable[str]
) -> tuple[Suggestion, ...]:
    """What 整理 proposes for the body text of a form, parts first, each kind in the order of the text."""
    text = form.body_text
    lines = [number for number, line in enumerate(text.split("\n"), start=1) for _ in range(len(line) + 1)]
    made = [_made(each, lines[each.start]) for each in corrections(text)]
    return (*_moves(_Surroundings(form, issuer, organisation, _known(files))), *made)


def printed_twice(
    form: DraftForm, issuer: Body, organisation: Organisation, files: Iterable[str]
) -> tuple[Finding, ...]:
    """Whether lines of the body have a place of their own on the page, and which."""
    around = _Surroundings(form, issuer, organisation, _known(files))
    found = [each for each in _moves(around) if each.advised]
    if not found:
        return ()
    lines = "、".join(str(each.line) for each in found)
    return (Finding("printed_twice", found[0].source, False, {"lines": lines}),)


def tidied(text: str, chosen: Sequence[Suggestion]) -> str:
    """The text with the chosen suggestions made: what lies in a part that moves away goes with it."""
    gone = [False] * len(text)
    moved = [each for each in chosen if each.moves]
    for each in chosen:
        if not each.after:
            start = (
                max(each.start - 1, 0) if each.moves else each.start
            )  # a line goes with the line end before it
            gone[start : each.end] = [True] * (each.end - start)
    pieces: list[str] = []
    at = 0
    for each in sorted(
        (e for e in chosen if e.after and not any(gone[e.start : e.end])), key=lambda e: e.start
    ):
        pieces += [*_left(text, gone, at, each.start), each.after]
        at = each.end
    result = "".join([*pieces, *_left(text, gone, at, len(text))])
    return result.strip("\n") if moved else result


def _moves(around: _Surroundings) -> list[Suggestion]:
    text = around.form.body_text
    starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))
    moved = (
        _moved(found, text[starts[found.first] : starts[found.end] - 1], starts[found.first], around)
        for found in parts(text)
    )
    return [each for each in moved if each is not None]


def _known(files: Iterable[str]) -> frozenset[str]:
    """Names of attachments with and without their endings."""
    return frozenset(name for file in files for name in (file, PurePath(file).stem))


def _left(text: str, gone: Sequence[bool], start: int, end: int) -> list[str]:
    return [text[at] for at in range(start, end) if not gone[at]]


def _made(correction: Correction, line: int) -> Suggestion:
    return Suggestion(
        correction.start, correction.before, correction.after, correction.rule, correction.rule.source, line
    )


def _moved(found: FoundPart, lines: str, start: int, around: _Surroundings) -> Suggestion | None:
    read = _READERS[found.part](found, around)
    if read is None:
        return None
    values, advised, missing = read
    return Suggestion(
        start,
        lines,
        "",
        found.part,
        found.part.source,
        found.first + 1,
        advised=advised,
        values=values,
        missing=missing,
    )


# What goes to the field, whether that is advised, and what in it is known to nobody.
_Reading = tuple[tuple[str, ...], bool, tuple[str, ...]]


def _title(found: FoundPart, around: _Surroundings) -> _Reading:
    title = plain_text.corrected_value(found.values[0])
    return (title,), found.certain and around.form.title.strip() in ("", title), ()


def _recipients(found: FoundPart, around: _Surroundings) -> _Reading | None:
    """Bodies by their name or short name; a line that names none is a sentence."""
    bodies = [body for body in around.organisation.bodies.values() if body.id != around.issuer.id]
    named = [(name, _called(_plain(name), bodies)) for name in found.values]
    ids = tuple(dict.fromkeys(body for _name, body in named if body is not None))
    missing = tuple(name for name, body in named if body is None)
    return (ids, not missing, missing) if ids else None


def _called(name: str, bodies: Sequence[Body]) -> str | None:
    """The only body of that name, or None."""
    found = [body.id for body in bodies if name in (_plain(body.name), _plain(body.short_name))]
    return found[0] if len(found) == 1 else None


def _attachments(found: FoundPart, around: _Surroundings) -> _Reading:
    missing = tuple(name for name in found.values if name not in around.files)
    return found.values, bool(found.values) and not missing, missing


def _signature(found: FoundPart, around: _Surroundings) -> _Reading:
    own = {_plain(around.issuer.name), _plain(around.issuer.short_name)}
    is_own = _plain(found.values[0]) in own
    return found.values, is_own, () if is_own else found.values


def _date(found: FoundPart, _around: _Surroundings) -> _Reading:
    return found.values, True, ()


def _note(found: FoundPart, around: _Surroundings) -> _Reading:
    note = plain_text.corrected_value(found.values[0])
    return (note,), around.form.note.strip() in ("", note), ()


def _plain(name: str) -> str:
    """A body's name however its spaces and brackets were typed."""
    return "".join(name.split()).replace("(", "（").replace(")", "）")


_READERS = {
    Part.TITLE: _title,
    Part.MAIN_RECIPIENTS: _recipients,
    Part.ATTACHMENTS: _attachments,
    Part.SIGNATURE: _signature,
    Part.DATE: _date,
    Part.NOTE: _note,
}
