"""What may stand in which field (C43): one rule for the hand that writes and the eye that reads.

`clean` makes of what was typed, pasted or dropped what will be sent, before its writer's eyes; `faults` says what of it cannot
go; `check` is both, for services. `shown` makes fit to be seen whatever any version's writer could send: it never refuses, and
never changes what was signed. `file_name` makes of a stranger's name one under which a disk takes a file.

What `clean` returns without a fault is text every version of the program reads, and `shown` leaves it as it is (but for closing
off writing from right to left).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol import characters
from protocol.characters import Kind, kind_of
from protocol.errors import ErrorCode, JinshuError


class Field(StrEnum):
    """What a text is for."""

    TITLE = "title"  # of a document
    NAME = "name"  # of a person, post, body or device
    NOTE = "note"  # a line that explains: 附注, a reason
    BODY = "body"  # of a document, one paragraph a line
    OPINION = "opinion"
    MESSAGE = "message"
    FILE_NAME = "file_name"
    GROUP_NAME = "group_name"  # of a conversation or a meeting


@dataclass(frozen=True, slots=True)
class Rule:
    """At most so many characters; one line or many; whether nothing at all is no text for this field."""

    most: int
    lines: bool = False
    required: bool = True


RULES: Final[Mapping[Field, Rule]] = {
    Field.TITLE: Rule(200),
    Field.NAME: Rule(100),
    Field.NOTE: Rule(500, required=False),
    Field.BODY: Rule(200_000, lines=True, required=False),
    Field.OPINION: Rule(2_000, lines=True, required=False),
    Field.MESSAGE: Rule(20_000, lines=True),
    Field.FILE_NAME: Rule(200),
    Field.GROUP_NAME: Rule(60),
}
# Written languages put up to six marks on a letter (Tibetan, pointed Hebrew); piles of thousands cover the lines around them.
MOST_MARKS: Final = 8
_ON_A_LETTER: Final = frozenset({Kind.MARK, Kind.SELECTOR, Kind.JOINER})
_CUT: Final = "…"
_FIRST_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_LONGEST_SUFFIX: Final = 12
_LONGEST_LINE: Final = 4_000  # of a name somebody else gave is looked at before it is cut

_NOT_IN_FILE_NAMES: Final = frozenset('/\\:*?"<>|')
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", "clock$", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"]
)
# A disk takes 255 bytes; the rest is for what is put behind a name while its file is written.
_FILE_NAME_BYTES: Final = 220


class FaultKind(StrEnum):
    """Why a text cannot go."""

    TOO_LONG = "too_long"
    UNKNOWN_CHARACTER = "unknown_character"
    MARKS = "marks"  # more on one letter than any language has


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot go: `characters` at place `at` of the clean text. `most`: how many may be there (0 for characters)."""

    kind: FaultKind
    at: int
    characters: str
    most: int = 0


# The writer's side


def clean(text: str, field: Field) -> str:
    """The text as it will be sent.

    In NFC; a tab or any odd space is a space, every line end "\\n" (a space where a field has one line), a GBK private-use
    character its Unicode twin; marks nobody sees are dropped; no white space at the ends, nor runs of it in one line.
    """
    piece = clean_piece(text, field)
    if RULES[field].lines:
        return "\n".join(line.rstrip() for line in piece.split("\n")).strip("\n ").rstrip()
    return _squeeze(piece)


def clean_piece(text: str, field: Field) -> str:
    """`clean` for what is pasted or typed between other characters: white space stays where it is."""
    lines = RULES[field].lines
    if characters.are_plain(text, lines=lines):
        return text
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    plain = "".join(_visible(normal, lines))
    return unicodedata.normalize("NFC", plain)


def faults(text: str, field: Field) -> tuple[Fault, ...]:
    """What of a clean text cannot go, each kind of character once, in the order of the text."""
    most = RULES[field].most
    found: dict[str, Fault] = {}
    if len(text) <= most and characters.are_plain(text, lines=True):
        return ()
    for at, char in enumerate(text):
        if kind_of(char) is Kind.UNKNOWN:
            found.setdefault(char, Fault(FaultKind.UNKNOWN_CHARACTER, at, char))
    piled = next(_piles(text), None)
    if piled is not None:
        start, end = piled
        found[""] = Fault(FaultKind.MARKS, start, text[start:end], MOST_MARKS)
    if len(text) > most:
        found["\n"] = Fault(FaultKind.TOO_LONG, most, text[most:], most)
    return tuple(sorted(found.values(), key=lambda fault: fault.at))


def check(text: str, field: Field) -> str:
    """The clean text, if it may go.

    Raises:
        JinshuError: `text.empty`, `text.too_long`, `text.unknown_character` or `text.marks`, with the field's name.
    """
    wanted = clean(text, field)
    if RULES[field].required and not wanted:
        raise JinshuError(ErrorCode.TEXT_EMPTY, field=field.value)
    for fault in faults(wanted, field):
        raise JinshuError(_CODES[fault.kind], field=field.value)
    return wanted


def fits(text: str, field: Field) -> bool:
    """Whether a text is clean and may go, as it is."""
    return bool(text) and clean(text, field) == text and not faults(text, field)


_CODES: Final = {
    FaultKind.TOO_LONG: ErrorCode.TEXT_TOO_LONG,
    FaultKind.UNKNOWN_CHARACTER: ErrorCode.TEXT_UNKNOWN_CHARACTER,
    FaultKind.MARKS: ErrorCode.TEXT_MARKS,
}


class _Written:
    """What stands already where a text is written anew, as far as it decides what may follow."""

    __slots__ = ("base", "last")

    def __init__(self) -> None:
        self.last = ""  # the character directly before
        self.base = ""  # the last one that is no mark

    def add(self, kept: str) -> None:
        if not kept:
            return
        self.last = kept[-1]
        if len(kept) > 1 or kind_of(self.last) is not Kind.MARK:
            self.base = self.last


def _visible(text: str, lines: bool) -> Iterator[str]:
    """The characters of a text that are seen, each as it is written here."""
    written = _Written()
    for piece, after in characters.pieces(text):
        kept = piece if len(piece) > 1 else _kept(piece, written, after, lines)
        yield kept
        written.add(kept)


def _kept(char: str, written: _Written, after: str, lines: bool) -> str:
    char = characters.TWINS.get(char, char)
    match kind_of(char):
        case Kind.LINE_END:
            return "\n" if lines else " "
        case Kind.WHITE:
            return " "
        case Kind.JOINER:
            return char if characters.joins(written.base, after) else ""
        case Kind.SELECTOR:
            return char if characters.selects(written.last, char) else ""
        case Kind.QUIET | Kind.HIDDEN:
            return ""
    return char


def _squeeze(text: str) -> str:
    """Without white space at the ends, and with one where there was a run of it."""
    trimmed = text.strip()
    return "".join(
        char for at, char in enumerate(trimmed) if not (char.isspace() and trimmed[at - 1].isspace())
    )


def _piles(text: str) -> Iterator[tuple[int, int]]:
    """Where more marks stand on one letter than `MOST_MARKS`: from the first too many to the end."""
    for start, end in _runs(text):
        if end - start > MOST_MARKS:
            yield start + MOST_MARKS, end


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Where marks, selectors and joiners stand on one letter."""
    start = 0
    for at in range(len(text) + 1):
        if at < len(text) and kind_of(text[at]) in _ON_A_LETTER:
            continue
        if at > start:
            yield start, at
        start = at + 1


# The reader's side


def shown(text: str, field: Field) -> str:
    """A text of somebody else as it may be drawn; whatever it is, something comes back, and the same for what came back.

    What would not be seen is drawn as `[U+202E]` (a run of it once, with the number of the rest), piles of marks are cut, one
    line stays one line and of bounded length (a file's name keeps its ending), and writing from right to left is closed off
    from what is put beside it.
    """
    rule = RULES[field]
    if not rule.lines:
        text = _shortened(text, _LONGEST_LINE, field)
    elif characters.are_plain(text, lines=True):
        return text
    normal = unicodedata.normalize("NFC", _opened(text.replace("\r\n", "\n")))
    told = "".join(_drawn(_thinned(normal), field))
    told = _without_piles(unicodedata.normalize("NFC", told))
    if rule.lines:
        return told
    told = _shortened(_squeeze(told), rule.most, field)
    if any(map(characters.is_right_to_left, told)):
        return f"{_FIRST_ISOLATE}{told}{_POP_ISOLATE}"
    return told


def file_name(name: str) -> str:
    """A stranger's name, or a title, as a name for a file on this disk or another: no folder, no device, nothing that Windows
    or Linux refuses or changes, and short enough."""
    safe = _disk_name(_opened(name.replace("\n", "_")))
    while (
        again := _disk_name(safe)
    ) != safe:  # what is cut or taken away may bare something: it gets shorter each time
        safe = again
    return safe


def _disk_name(name: str) -> str:
    safe = "".join(map(_on_disk, clean(name, Field.FILE_NAME)))
    safe = safe.lstrip(". ").rstrip(". ")
    if safe.partition(".")[0].rstrip().casefold() in _DEVICES:
        safe = f"_{safe}"
    return _within(safe, _FILE_NAME_BYTES) or "_"


def _drawn(text: str, field: Field) -> Iterator[str]:
    """The pieces of a text with everything unseen drawn."""
    written, hidden = _Written(), ""
    for piece, after in characters.pieces(text):
        seen = piece if len(piece) > 1 else _seen(piece, written, after, field)
        if seen is None:
            hidden += piece
            written.add("]")
            continue
        if hidden:
            yield _sign(hidden)
            hidden = ""
        yield seen
        written.add(seen)
    if hidden:
        yield _sign(hidden)


def _seen(char: str, written: _Written, after: str, field: Field) -> str | None:
    """What is drawn for one character; None: a sign that it is there."""
    char = characters.TWINS.get(char, char)
    kind, lines = kind_of(char), RULES[field].lines
    if kind is Kind.UNKNOWN or (kind is Kind.LINE_END and field is Field.FILE_NAME):
        return None
    kept = _kept(char, written, after, lines)
    return kept if kept or (lines and kind in (Kind.QUIET, Kind.JOINER)) else None


def _sign(hidden: str) -> str:
    more = f" +{len(hidden) - 1}" if len(hidden) > 1 else ""
    return f"[U+{ord(hidden[0]):04X}{more}]"


def _opened(text: str) -> str:
    """Without the isolate that `shown` puts around a text."""
    closed = text.startswith(_FIRST_ISOLATE) and text.endswith(_POP_ISOLATE)
    return text[1:-1] if closed and len(text) > 1 else text


def _thinned(text: str) -> str:
    """With no more than `MOST_MARKS` marks on a letter, and nothing between those of a pile: drawn one by one, the selectors
    in it would make a screen of it.
    """
    pieces: list[str] = []
    end = 0
    for first, last in _runs(text):
        marks = [char for char in text[first:last] if kind_of(char) is Kind.MARK]
        if len(marks) > MOST_MARKS:
            pieces += [text[end:first], *marks[:MOST_MARKS], _CUT]
            end = last
    return "".join(pieces) + text[end:]


def _without_piles(text: str) -> str:
    pieces: list[str] = []
    end = 0
    for first, last in _piles(text):
        pieces += [text[end:first], _CUT]
        end = last
    return "".join(pieces) + text[end:]


def _shortened(text: str, most: int, field: Field) -> str:
    if len(text) <= most:
        return text
    suffix = _suffix(text) if field is Field.FILE_NAME else ""
    left = text[: most - len(suffix) - 1]
    while left and kind_of(left[-1]) is Kind.JOINER:  # nothing is left that it joins
        left = left[:-1]
    return f"{left}{_CUT}{suffix}"


def _suffix(name: str) -> str:
    """The ending of a file's name with its dot, when it has one of the usual length."""
    _stem, dot, suffix = name.rpartition(".")
    return f".{suffix}" if dot and len(suffix) <= _LONGEST_SUFFIX else ""


def _on_disk(char: str) -> str:
    return "_" if char in _NOT_IN_FILE_NAMES or kind_of(char) is Kind.UNKNOWN else char


def _within(name: str, most: int) -> str:
    """The name in at most so many bytes of UTF-8; its ending stays."""
    suffix = _suffix(name)
    stem = name[: len(name) - len(suffix)]
    room = most - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix
