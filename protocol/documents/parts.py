"""Parts of a whole official document inside a typed text, which have fields of their own and would be printed twice.

They are recognised by their place and form alone: whether a name is that of a body is for those to say who know the
bodies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.documents.headings import level_of
from protocol.documents.kinds import Kind
from protocol.documents.model import Level

_SENTENCE_END: Final = "。；：？！，、;:?!,"
_LONGEST_TITLE: Final = 80
_TITLE_LINES: Final = 3
_LONGEST_NAME: Final = 40
_KINDS: Final = "|".join(sorted({name for kind in Kind for name in re.findall(r"[^（）]+", kind.chinese)}))
_ENDS_AS_TITLE: Final = re.compile(rf"(?:{_KINDS})(?:[（(][^（()）]+[）)])?$")
_ADDRESSED: Final = re.compile(r"[^。；！？;!?]{2,600}[：:]$")
_INTRODUCES: Final = re.compile(r"如下|以下|下列|[要请]求|通知|包括|即[：:]")
_ATTACHED: Final = re.compile(r"附\s*件?\s*[：:]\s*(.*)$")
_NUMBERED: Final = re.compile(r"[0-9０-９]{1,2}\s*[.．、]\s*")
_DATE: Final = re.compile(
    r"(?:[12][0-9]{3}|[〇○零一二三四五六七八九]{4})\s*年\s*(?:[0-9]{1,2}|[一二三四五六七八九十]{1,2})\s*月"
    r"\s*(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})\s*日"
)
_NOTE: Final = re.compile(r"[（(](.{2,200})[）)]$")
_TAIL: Final = 4  # lines in which the end of a document is looked for, its attachments aside


class Part(StrEnum):
    """What a line of the text is, if it is not body."""

    TITLE = "title"
    MAIN_RECIPIENTS = "main_recipients"
    ATTACHMENTS = "attachments"
    SIGNATURE = "signature"
    DATE = "date"
    NOTE = "note"

    @property
    def source(self) -> str:
        """The clause of GB/T 9704 that gives it its place."""
        return _SOURCES[self]


_SOURCES: Final = {
    Part.TITLE: "GB/T 9704 7.3.1",
    Part.MAIN_RECIPIENTS: "GB/T 9704 7.3.2",
    Part.ATTACHMENTS: "GB/T 9704 7.3.4",
    Part.SIGNATURE: "GB/T 9704 7.3.5",
    Part.DATE: "GB/T 9704 7.3.5",
    Part.NOTE: "GB/T 9704 7.3.6",
}


@dataclass(frozen=True, slots=True)
class FoundPart:
    """Lines `first` to before `end` of the text; `values` is what its field would hold.

    `certain`: its form allows nothing else. A short first line may be a title, and may be text.
    """

    part: Part
    first: int
    end: int
    values: tuple[str, ...]
    certain: bool = True


def parts(text: str) -> tuple[FoundPart, ...]:
    """What is found, in the order of the text."""
    lines = [line.strip() for line in text.split("\n")]
    places = [number for number, line in enumerate(lines) if line]
    title = _title(lines, places)
    rest = [place for place in places if title is None or place >= title.end]
    found = [title, _recipients(lines, rest), *_closing(lines, rest)]
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.first))


def _title(lines: list[str], places: list[int]) -> FoundPart | None:
    """The first line, or the first few that together end with a kind of document."""
    for count in range(1, min(_TITLE_LINES, len(places)) + 1):
        taken = [lines[place] for place in places[:count]]
        joined = "".join(taken)
        if not all(map(_may_be_title, taken)) or len(joined) > _LONGEST_TITLE:
            break
        if _ENDS_AS_TITLE.search(joined):
            return FoundPart(Part.TITLE, places[0], places[count - 1] + 1, (joined,))
    if len(places) > 1 and _may_be_title(lines[places[0]]):
        return FoundPart(Part.TITLE, places[0], places[0] + 1, (lines[places[0]],), certain=False)
    return None


def _may_be_title(line: str) -> bool:
    return len(line) <= _LONGEST_TITLE and line[-1] not in _SENTENCE_END and level_of(line) is Level.PARAGRAPH


def _recipients(lines: list[str], places: list[int]) -> FoundPart | None:
    """The line under the title that ends with a colon and introduces nothing."""
    if not places or len(places) < 2:
        return None
    first = lines[places[0]]
    if not _ADDRESSED.match(first) or _INTRODUCES.search(first) or level_of(first) is not Level.PARAGRAPH:
        return None
    names = _names(first[:-1])
    if not all(0 < len(name) <= _LONGEST_NAME for name in names):
        return None
    return FoundPart(Part.MAIN_RECIPIENTS, places[0], places[0] + 1, names)


def _names(line: str) -> tuple[str, ...]:
    """Names between commas; those in brackets, as in 各县（市、区）, part nothing."""
    names, depth = [""], 0
    for char in line:
        depth += (char in "（(") - (char in "）)")
        if char in "，,、" and depth <= 0:
            names.append("")
        else:
            names[-1] += char
    return tuple(name.strip() for name in names)


def _closing(lines: list[str], places: list[int]) -> list[FoundPart | None]:
    """Note, date, signature and attachments, from the end upwards."""
    left = list(places)
    note = date = signature = None
    tail = left[-_TAIL:]
    dated = next((place for place in reversed(tail) if _DATE.fullmatch(lines[place])), None)
    if left and (match := _NOTE.match(lines[left[-1]])) and (dated is not None or "此件" in match[1]):
        note = FoundPart(Part.NOTE, left[-1], left[-1] + 1, (match[1],))
        left.pop()
    if dated is not None:
        date = FoundPart(Part.DATE, dated, dated + 1, (lines[dated],))
        left = [place for place in left if place < dated]
        if left and _may_sign(lines[left[-1]]):
            signature = FoundPart(Part.SIGNATURE, left[-1], left[-1] + 1, (lines[left[-1]],))
            left.pop()
    return [_attachments(lines, left), signature, date, note]


def _may_sign(line: str) -> bool:
    return (
        len(line) <= _LONGEST_NAME
        and line[-1] not in _SENTENCE_END + "）)"
        and level_of(line) is Level.PARAGRAPH
    )


def _attachments(lines: list[str], places: list[int]) -> FoundPart | None:
    """附件： with its names, at the end of the body."""
    for number in range(len(places) - 1, -1, -1):
        line = lines[places[number]]
        if match := _ATTACHED.match(line):
            following = places[number + 1 :]
            if not all(_NUMBERED.match(lines[place]) for place in following):
                return None
            names = [match[1], *(lines[place] for place in following)]
            values = tuple(
                name for name in (_NUMBERED.sub("", each, count=1).strip() for each in names) if name
            )
            return FoundPart(Part.ATTACHMENTS, places[number], places[-1] + 1, values)
        if not _NUMBERED.match(line):
            return None
    return None
