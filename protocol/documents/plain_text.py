"""Reads text as people type it into a title and levelled blocks, and puts punctuation right as a careful clerk would.

No text is lost: every change is recorded with its place, and `restore` undoes them all.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from protocol.documents.model import Block, Level, is_clean_text

_HALF_TO_FULL = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_HEADINGS = (
    (Level.FIRST, re.compile(r"[一二三四五六七八九十百]{1,4}、")),
    (Level.SECOND, re.compile(r"（[一二三四五六七八九十百]{1,4}）")),
    (Level.THIRD, re.compile(r"[0-9]{1,3}\.(?![0-9])")),
    (Level.FOURTH, re.compile(r"（[0-9]{1,3}）")),
)
_TYPED_THIRD = re.compile(r"([0-9]{1,3})([、．])(?=\S)")
_TYPED_BRACKETS = re.compile(r"\(([一二三四五六七八九十百]{1,4}|[0-9]{1,3})\)")
_SENTENCE_END = "。；：？！，、"
_LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Change:
    """One replacement: `after` stands at `column` of line `line` of the result where `before` was typed."""

    line: int
    column: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlainText:
    """What was read: the title (may be empty), the body, and every change of punctuation. Line 0 is the title."""

    title: str
    blocks: tuple[Block, ...]
    changes: tuple[Change, ...]


def parse(text: str) -> PlainText:
    """Read typed text. Spaces at line ends, empty lines and control characters are not text and are dropped."""
    lines = [line for line in (_squeeze(raw) for raw in text.splitlines()) if line]
    has_title = bool(lines) and _looks_like_title(lines[0])
    title, changes = _normalise(lines.pop(0), 0) if has_title else ("", [])
    blocks: list[Block] = []
    for number, line in enumerate(lines, start=1):
        fixed, made = _normalise(line, number)
        changes.extend(made)
        blocks.append(Block(level_of(fixed), fixed))
    return PlainText(title, tuple(blocks), tuple(changes))


def level_of(line: str) -> Level:
    """The level its heading number gives a line."""
    for level, pattern in _HEADINGS:
        if pattern.match(line):
            return level
    return Level.PARAGRAPH


def restore(result: PlainText) -> str:
    """The typed text again, line by line, but for spaces and empty lines."""
    lines = [result.title, *(block.text for block in result.blocks)]
    for change in reversed(result.changes):
        line, end = lines[change.line], change.column + len(change.after)
        lines[change.line] = line[: change.column] + change.before + line[end:]
    return "\n".join(lines)


def _squeeze(raw: str) -> str:
    clean = "".join(c if c.isspace() or is_clean_text(c) else "" for c in unicodedata.normalize("NFC", raw))
    return unicodedata.normalize("NFC", " ".join(clean.replace("\ufeff", "").split()))


def _looks_like_title(line: str) -> bool:
    fixed, _ = _normalise(line, 0)
    return (
        len(fixed) <= _LONGEST_TITLE and fixed[-1] not in _SENTENCE_END and level_of(fixed) is Level.PARAGRAPH
    )


class _Line:
    """One line under repair; positions are in the text as typed until `done`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._edits: dict[int, tuple[str, str]] = {}

    def put(self, at: int, before: str, after: str) -> None:
        if before != after:
            self._edits.setdefault(at, (before, after))

    def done(self, number: int) -> tuple[str, list[Change]]:
        pieces: list[str] = []
        changes: list[Change] = []
        at = length = 0
        while at < len(self.text):
            before, after = self._edits.get(at, (self.text[at], self.text[at]))
            if at in self._edits:
                changes.append(Change(number, length, before, after))
            pieces.append(after)
            length += len(after)
            at += len(before)
        return "".join(pieces), changes


def _normalise(text: str, number: int) -> tuple[str, list[Change]]:
    line = _Line(text)
    _fix_heading(line)
    _fix_ellipses(line)
    _fix_brackets(line)
    _fix_quotes(line)
    for at, char in enumerate(text):
        if char in _HALF_TO_FULL and _joins_chinese(text, at):
            line.put(at, char, _HALF_TO_FULL[char])
        elif char == "." and _ends_chinese(text, at):
            line.put(at, char, "。")
    return line.done(number)


def _fix_heading(line: _Line) -> None:
    if match := _TYPED_THIRD.match(line.text):
        line.put(match.start(2), match.group(2), ".")
    elif match := _TYPED_BRACKETS.match(line.text):
        line.put(0, "(", "（")
        line.put(match.end() - 1, ")", "）")


def _fix_ellipses(line: _Line) -> None:
    for match in re.finditer(r"\.{3,6}", line.text):
        if _beside_chinese(line.text, match.start(), match.end()):
            line.put(match.start(), match.group(), "……")


def _fix_brackets(line: _Line) -> None:
    opened: list[int] = []
    for at, char in enumerate(line.text):
        if char == "(":
            opened.append(at)
        elif char == ")" and opened:
            start = opened.pop()
            inside = line.text[start + 1 : at]
            if any(map(_is_chinese, inside)) or (
                not inside.strip() and _beside_chinese(line.text, start, at + 1)
            ):
                line.put(start, "(", "（")
                line.put(at, ")", "）")


def _fix_quotes(line: _Line) -> None:
    """Straight quotes beside Chinese close an open pair, else open one."""
    for straight, opening, closing in (('"', "“", "”"), ("'", "‘", "’")):
        is_open = False
        for at, char in enumerate(line.text):
            if char in (opening, closing):
                is_open = char == opening
            elif char == straight and _beside_chinese(line.text, at, at + 1):
                line.put(at, char, closing if is_open else opening)
                is_open = not is_open


def _is_chinese(char: str) -> bool:
    return (
        "\u3400" <= char <= "\u9fff"
        or char >= "\U00020000"
        or char in "〇，。、；：？！）》〉」』】〕”’（《〈「『【〔“‘…—"
    )


def _beside_chinese(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else ""
    after = text[end] if end < len(text) else ""
    return bool(before and _is_chinese(before)) or bool(after and _is_chinese(after))


def _joins_chinese(text: str, at: int) -> bool:
    """A comma or colon belongs to Chinese when Chinese stands before it, or after it unless a figure precedes."""
    before = text[at - 1] if at else ""
    after = text[at + 1] if at + 1 < len(text) else ""
    if before and (_is_chinese(before) or before in ")\"'"):
        return _is_chinese(before) or bool(after and _is_chinese(after))
    return bool(before and after) and _is_chinese(after)


def _ends_chinese(text: str, at: int) -> bool:
    before = text[at - 1] if at else ""
    after = text[at + 1] if at + 1 < len(text) else ""
    return bool(before) and _is_chinese(before) and (not after or _is_chinese(after))
