"""What a careful clerk would put right in a typed text, each place by the rule that asks for it.

Nothing is changed here: a correction says where, what stands there, what should, and by which rule; the writer decides.
Corrections never overlap, and a text in which all are made has none left.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from protocol.documents.headings import Heading, headings

_HALF_TO_FULL: Final = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_HALF_WIDTH_CHINESE: Final = {"｡": "。", "､": "、", "｢": "「", "｣": "」"}
_NUMERALS: Final = "〇一二三四五六七八九十百千万亿"
_FAR: Final = 64  # characters looked past at most
_DEEPEST: Final = 8  # brackets in brackets; what goes on deeper is no sentence
_CHINESE_LINE: Final = 2  # characters from which on a line is a Chinese one, unless it begins so
_UNITS: Final = ("%", "％", "℃", ")", "）")
_CLOSERS: Final = "\"'”’)）》〉】〕]"
_WIDE: Final = re.compile(
    # Thousands, where zeros or a unit show that it is one number: １，２００，３００ may be three.
    r"(?<![0-9０-９，])[０-９]{1,3}(?:，[０-９]{3})+(?![0-9０-９，])"
    r"(?:(?<=０００)|(?=\s?[元万亿千百多余个人户家件项份亩米公平立吨度台辆次．％%]))"
    r"|[０-９Ａ-Ｚａ-ｚ]+|(?<=[0-9０-９])．(?=[0-9０-９])"
)
_YEAR: Final = re.compile(
    r"(?<=[\u3400-\u9fff])([\[(（〔【［])((?:19|20)[0-9]{2})([\])）〕】］])(?=\s?(?:第\s?)?[0-9]+\s?号"
    r"(?!\s?(?:[楼室线路院井站机车厅门桥库房栋幢泵宗床台]|地块|会议室)))"
)
# What refers to a book, a drawing, a contract: the year behind it is in brackets of its own, and no year of a 代字.
_REFERENCE: Final = re.compile(
    r"(?:文献|书目|资料|参考|参见|图|图纸|表|表格|注|式|例|见|第|号|页|条|款|合同|课题|项目)$"
)
# Each begins where a run of its letters begins, so that a line of letters alone is looked at once.
_ADDRESS: Final = re.compile(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,20}://[!-~]*(?<![,.;:!?)])"
    r"|(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
_MARKS: Final = {"《": "》", "〈": "〉"}
_ANGLES: Final = re.compile(r"<([^<>《》〈〉]+)>")
# What a point belongs to rather than ends: a file's name or a domain, initials, and words cut short.
_POINTED: Final = re.compile(
    r"(?:[A-Za-z0-9-]{0,40}[A-Za-z][A-Za-z0-9-]{0,40}\.[A-Za-z]{1,20}|(?:\b[A-Za-z]\.)[A-Za-z]"
    r"|(?<![A-Za-z])(?:co|ltd|inc|corp|bros|nos?|vol|figs?|eq|sec|ch|art|dr|mrs?|ms|prof|jr|sr|st|ave|rd|tel|etc|vs|al|cf|ca"
    r"|pp|eds?|www))$",
    re.IGNORECASE,
)
# A word or a unit, whose point before Chinese ends a sentence; a single letter may number what follows.
_WORD: Final = re.compile(r"(?:[A-Za-z]{2}[²³]?|[0-9０-９]\s?[A-Za-zμΩ°/·]{1,8}[²³]?)$")
_CHINESE_DOMAINS: Final = ("中国", "公司", "网络", "政务", "公益")
_STOPS: Final = "。！？；：，、….．"
_MOST_ROUNDS: Final = 16


class CorrectionRule(StrEnum):
    """Why something should be another way; `source` is where it is written."""

    HEADING = "heading"
    NUMBER_BRACKETS = "number_brackets"
    WIDTH = "width"
    STOP = "stop"
    ELLIPSIS = "ellipsis"
    BRACKETS = "brackets"
    QUOTES = "quotes"
    TITLE_MARKS = "title_marks"
    DIGITS = "digits"
    SPACE = "space"

    @property
    def source(self) -> str:
        """The clause of GB/T 9704, or the standard of punctuation and of figures."""
        return _SOURCES[self]


_SOURCES: Final = {
    CorrectionRule.HEADING: "GB/T 9704 7.3.3",
    CorrectionRule.NUMBER_BRACKETS: "GB/T 9704 7.2.5",
    CorrectionRule.WIDTH: "GB/T 15834 5.1",
    CorrectionRule.STOP: "GB/T 15834 4.1",
    CorrectionRule.ELLIPSIS: "GB/T 15834 4.11",
    CorrectionRule.BRACKETS: "GB/T 15834 4.9",
    CorrectionRule.QUOTES: "GB/T 15834 4.8",
    CorrectionRule.TITLE_MARKS: "GB/T 15834 4.15",
    CorrectionRule.DIGITS: "GB/T 15835",
    CorrectionRule.SPACE: "GB/T 9704 7.3.3",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """`before`, at `start` of the text, should read `after`."""

    start: int
    before: str
    after: str
    rule: CorrectionRule

    @property
    def end(self) -> int:
        return self.start + len(self.before)


def corrections(text: str) -> tuple[Correction, ...]:
    """Everything to put right, in the order of the text; lines are parted by line feeds.

    One thing put right may bare the next (a mark that is a Chinese one now decides about its neighbour): what was put right
    is looked at again until nothing is left, and what was done to one place is one correction.
    """
    made: list[Correction] = []
    known: dict[tuple[str, Heading | None], tuple[Correction, ...]] = {}
    for _round in range(_MOST_ROUNDS):
        now = corrected(text, made)
        more = _found(now, known)
        if not more:
            break
        made = _joined(text, made, now, more)
    return tuple(made)


def _found(text: str, known: dict[tuple[str, Heading | None], tuple[Correction, ...]]) -> list[Correction]:
    """What is to be put right in a text as it stands. `known`: of lines looked at before, as from place 0."""
    lines = text.split("\n")
    found: list[Correction] = []
    start = 0
    for line, heading in zip(lines, headings([line.strip() for line in lines]), strict=True):
        if (line, heading) not in known:
            known[line, heading] = tuple(_of_line(line, heading))
        found.extend(replace(each, start=start + each.start) for each in known[line, heading])
        start += len(line) + 1
    return sorted([*found, *_empty_lines(lines)], key=lambda each: each.start)


@dataclass(frozen=True, slots=True)
class _Touched:
    """A place of a text between two rounds: `gain` is by how much the round before made it longer, `next` what the next one
    does to it.
    """

    start: int
    end: int
    gain: int
    rule: CorrectionRule
    next: Correction | None = None


def _joined(text: str, made: list[Correction], now: str, more: list[Correction]) -> list[Correction]:
    """As corrections of `text`: what `made` makes of it, which is `now`, and then `more` of that."""
    touched = [_Touched(each.start, each.end, 0, each.rule, each) for each in more]
    shift = 0
    for each in made:
        gain = len(each.after) - len(each.before)
        touched.append(_Touched(each.start + shift, each.start + shift + len(each.after), gain, each.rule))
        shift += gain
    joined: list[Correction] = []
    shift = 0
    for group in _overlapping(sorted(touched, key=lambda each: (each.start, each.end))):
        start, end = group[0].start, max(each.end for each in group)
        gain = sum(each.gain for each in group)
        before = text[start - shift : end - shift - gain]
        edits = [replace(each.next, start=each.start - start) for each in group if each.next is not None]
        after = corrected(now[start:end], edits)
        if before != after:
            joined.append(Correction(start - shift, before, after, group[0].rule))
        shift += gain
    return joined


def _overlapping(touched: list[_Touched]) -> Iterator[list[_Touched]]:
    """Those in order of place, in groups that share characters."""
    group: list[_Touched] = []
    end = 0
    for each in touched:
        if group and each.start >= end:
            yield group
            group = []
        group.append(each)
        end = max(end, each.end)
    if group:
        yield group


def corrected(text: str, chosen: Iterable[Correction]) -> str:
    """The text with those made."""
    pieces: list[str] = []
    at = 0
    for each in sorted(chosen, key=lambda correction: correction.start):
        pieces += [text[at : each.start], each.after]
        at = each.end
    return "".join([*pieces, text[at:]])


class _Line:
    """One line under repair: the first rule that wants a place has it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.now = list(text)  # with what is put right so far, each place as long as it was
        self.edits: dict[int, tuple[int, str, CorrectionRule]] = {}
        self._taken = [False] * len(text)
        self.addresses: set[int] = set()  # where one ends
        first = next(filter(str.isalnum, text), "")
        self.has_chinese = is_chinese_letter(first) or sum(map(is_chinese_letter, text)) >= _CHINESE_LINE

    def put(self, start: int, end: int, after: str, rule: CorrectionRule) -> None:
        if self.text[start:end] != after and not any(self._taken[start:end]):
            self.edits[start] = (end, after, rule)
            self._taken[start:end] = [True] * (end - start)
            self.now[start:end] = [after[:1] or " "] * (end - start)

    def leave(self, start: int, end: int) -> None:
        """Nothing in there is a sentence."""
        self._taken[start:end] = [True] * (end - start)

    def before(self, at: int, skipped: str = "") -> str:
        """The nearest character at the left, but spaces and `skipped`; empty at the beginning."""
        return self._nearest(range(at - 1, -1, -1), skipped)

    def after(self, at: int, skipped: str = "") -> str:
        """The nearest at the right of the one at `at`."""
        return self._nearest(range(at + 1, len(self.now)), skipped)

    def _nearest(self, places: range, skipped: str) -> str:
        """Looked for a little way only: a line may be as long as a document."""
        for place in places[:_FAR]:
            char = self.now[place]
            if not char.isspace() and char not in skipped:
                return char
        return ""


def _of_line(text: str, heading: Heading | None) -> Iterator[Correction]:
    line = _Line(text)
    indent = len(text) - len(text.lstrip())
    if not text.strip():
        return
    line.put(0, indent, "", CorrectionRule.SPACE)
    line.put(len(text.rstrip()), len(text), "", CorrectionRule.SPACE)
    for match in _ADDRESS.finditer(text):
        line.leave(*match.span())
        line.addresses.add(match.end())
    if heading is not None:
        line.put(indent, indent + heading.end, heading.written, CorrectionRule.HEADING)
        line.leave(indent, indent + heading.end)
    made = -1
    while made != len(line.edits):  # one mark put right may decide about the next
        made = len(line.edits)
        for mend in _MENDS:
            mend(line)
    for at, (end, after, rule) in line.edits.items():
        yield Correction(at, text[at:end], after, rule)


def _empty_lines(lines: list[str]) -> Iterator[Correction]:
    """Each goes with the line end before it, those at the beginning with that behind them."""
    start = 0
    written, has_text = False, any(each.strip() for each in lines)
    for line in lines:
        if line.strip():
            written = True
        elif has_text:
            yield (
                Correction(start - 1, f"\n{line}", "", CorrectionRule.SPACE)
                if written
                else Correction(start, f"{line}\n", "", CorrectionRule.SPACE)
            )
        start += len(line) + 1


def _mend_years(line: _Line) -> None:
    for match in _YEAR.finditer(line.text):
        if _REFERENCE.search(line.text[max(match.start() - _FAR, 0) : match.start()]):
            continue
        line.put(match.start(1), match.end(1), "〔", CorrectionRule.NUMBER_BRACKETS)
        line.put(match.start(3), match.end(3), "〕", CorrectionRule.NUMBER_BRACKETS)
        line.leave(match.start(), match.end())


def _mend_digits(line: _Line) -> None:
    for match in _WIDE.finditer(line.text):
        line.put(
            match.start(), match.end(), unicodedata.normalize("NFKC", match.group()), CorrectionRule.DIGITS
        )


def _mend_ellipses(line: _Line) -> None:
    for match in re.finditer(r"\.{3,6}|。{3,6}|(?<!…)…(?!…)", line.text):
        if is_chinese(line.before(match.start())) or is_chinese(line.after(match.end() - 1)):
            line.put(match.start(), match.end(), "……", CorrectionRule.ELLIPSIS)


def _mend_title_marks(line: _Line) -> None:
    """《》 outside, 〈〉 inside. A pair of < and > is meant so inside others only, and with nothing but Chinese in it: elsewhere
    they compare (a<b且c>d) or name a key. A line with a mark that has no partner is left as it is.
    """
    opened: list[int] = []
    pairs: list[tuple[int, int, int]] = []
    for at, char in enumerate(line.text):
        if char in _MARKS:
            opened.append(at)
        elif char in _MARKS.values():
            if not opened or _MARKS[line.text[opened[-1]]] != char:
                return
            pairs.append((opened.pop(), at, len(opened)))
        elif opened and (end := _end_of_angles(line.text, at)):
            pairs.append((at, end, len(opened)))
        if len(opened) > _DEEPEST:
            return
    if opened:
        return
    for start, end, depth in pairs:
        if depth or line.text[start] == "<":
            opening, closing = ("〈", "〉") if depth % 2 else ("《", "》")
            line.put(start, start + 1, opening, CorrectionRule.TITLE_MARKS)
            line.put(end, end + 1, closing, CorrectionRule.TITLE_MARKS)


def _end_of_angles(text: str, at: int) -> int:
    """Where the > of a < at that place stands; 0 when no title is meant, or there is no < ."""
    match = _ANGLES.match(text, at)
    if match is None or not all(map(is_chinese_letter, match[1])):
        return 0
    beside = text[max(at - 1, 0) : at] + text[match.end() : match.end() + 1]
    return 0 if any(c.isalnum() and not is_chinese_letter(c) for c in beside) else match.end() - 1


def _mend_brackets(line: _Line) -> None:
    """A pair with Chinese in it, or behind Chinese, is of full width; so is one half of which is."""
    opened: list[int] = []
    for at, char in enumerate(line.text):
        if len(opened) > _DEEPEST:
            return
        if char in "(（":
            opened.append(at)
        elif char in ")）" and opened:
            start = opened.pop()
            chinese = any(map(is_chinese_letter, line.text[start:at])) or is_chinese(line.before(start))
            if chinese or line.text[start] + char in ("(）", "（)"):
                line.put(start, start + 1, "（", CorrectionRule.BRACKETS)
                line.put(at, at + 1, "）", CorrectionRule.BRACKETS)


def _mend_quotes(line: _Line) -> None:
    """Only when every quotation mark of the line finds its partner: a wrong guess would be worse than none."""
    for straight, opening, closing in (('"', "“", "”"), ("'", "‘", "’")):
        places = [
            at
            for at, char in enumerate(line.text)
            if char in (straight, opening, closing) and not _is_apostrophe(line.text, at)
        ]
        pairs = _paired([line.text[at] for at in places], opening, closing)
        if pairs is None:
            continue
        for first, second in pairs:
            start, end = places[first], places[second]
            chinese = any(map(is_chinese, line.text[start + 1 : end]))
            if chinese or is_chinese(line.before(start)) or is_chinese(line.after(end)):
                line.put(start, start + 1, opening, CorrectionRule.QUOTES)
                line.put(end, end + 1, closing, CorrectionRule.QUOTES)


def _is_apostrophe(text: str, at: int) -> bool:
    """Or the sign of feet, minutes and inches: behind a figure, with no other mark near that it could close."""
    before = text[at - 1 : at]
    if text[at] == '"':
        return before.isdecimal() and '"' not in text[max(at - _FAR, 0) : at]
    return text[at] == "'" and before.isascii() and before.isalnum()


def _paired(marks: list[str], opening: str, closing: str) -> list[tuple[int, int]] | None:
    """Partners, straight ones taken as they fit; None when one is left over. Of ” and “ the wrong way round, by turns."""
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    for number, mark in enumerate(marks):
        closes = mark == closing or (mark not in (opening, closing) and bool(opened))
        if not closes:
            opened.append(number)
        elif opened:
            pairs.append((opened.pop(), number))
        else:
            break
    else:
        if not opened:
            return pairs
    by_turns = (len(marks) % 2 == 0 and len(set(marks)) > 1) or set(marks) in ({opening}, {closing})
    if not by_turns or len(marks) % 2:
        return None
    return [(number, number + 1) for number in range(0, len(marks), 2)]


def _mend_stops(line: _Line) -> None:
    for at, char in enumerate(line.text):
        if char in _HALF_WIDTH_CHINESE:
            line.put(at, at + 1, _HALF_WIDTH_CHINESE[char], CorrectionRule.WIDTH)
        elif char in _HALF_TO_FULL and (_joins_chinese(line, at) or _ends_line(line, at)):
            line.put(at, at + 1, _HALF_TO_FULL[char], CorrectionRule.WIDTH)
        elif char in ".．" and _ends_sentence(line, at):
            line.put(at, at + 1, "。", CorrectionRule.STOP)


def _joins_chinese(line: _Line, at: int) -> bool:
    """A comma or colon belongs to Chinese when Chinese stands before it, or after it unless a figure precedes."""
    before, after = line.before(at, "\"'”’)）"), line.after(at, "\"'“‘(（")
    return is_chinese(before) or (bool(before) and is_chinese(after))


def _ends_line(line: _Line, at: int) -> bool:
    """The last of a Chinese line, whatever figure or Latin word stands before it."""
    return line.has_chinese and not line.after(at, _CLOSERS) and bool(line.before(at))


def _ends_sentence(line: _Line, at: int) -> bool:
    """A point behind Chinese, or behind anything at the end of a Chinese line; never one inside a number or a name, nor one
    that belongs to what stands before it.
    """
    before, after = line.before(at, "\"'”’"), line.after(at, _CLOSERS)
    if not before or before in _STOPS or _belongs_before(line, at):
        return False
    if not after:
        return line.has_chinese or is_chinese(before)
    if is_chinese(before):
        in_number = before in _NUMERALS and (after in _NUMERALS or after.isdecimal())
        direct = line.text[at + 1]
        return not in_number and not (direct.isascii() and direct.isalpha())
    return is_chinese(after) and (before in _UNITS or _ends_word(line.text, at))


def _belongs_before(line: _Line, at: int) -> bool:
    """Whether a point is part of an address, a file's name or a word cut short, which a stop would change."""
    return at in line.addresses or _POINTED.search(line.text[max(at - _FAR, 0) : at]) is not None


def _ends_word(text: str, at: int) -> bool:
    """Whether a point between Latin letters and Chinese ends a word or a unit: one letter alone may number what follows."""
    return _WORD.search(text[max(at - _FAR, 0) : at]) is not None and not text.startswith(
        _CHINESE_DOMAINS, at + 1
    )


_MENDS: Final = (
    _mend_years,
    _mend_digits,
    _mend_ellipses,
    _mend_title_marks,
    _mend_brackets,
    _mend_quotes,
    _mend_stops,
)


def is_chinese_letter(char: str) -> bool:
    return bool(char) and ("\u3400" <= char <= "\u9fff" or char >= "\U00020000" or char == "〇")


def is_chinese(char: str) -> bool:
    """Of Chinese text, its marks included."""
    return is_chinese_letter(char) or (
        char != "" and char in "，、。；：？！）》〉」』】〕”’（《〈「『【〔“‘…—"
    )
