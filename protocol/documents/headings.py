"""Heading numbers as the national standard writes them (GB/T 9704, 7.3.3) and as people type them.

A Chinese numeral before 、 is a heading number or the first of an enumeration: 一、总体要求 is the one, 一、二级公路 and
三、五个工作日内办结 the other. What the line alone leaves open is settled by its neighbours: a number in its turn among others is
a heading.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from protocol.documents.model import Level

_CHINESE: Final = "一二三四五六七八九十百"
_DIGITS: Final = "0-9０-９"
_ENDS: Final = "。；！？：，、;!?:,.”）"
# What a line's text begins with when it may go on counting; 一二三产业 counts by itself.
_COUNT: Final = re.compile(rf"\s*([{_CHINESE}两]+)")
# Numerals with which nothing is counted: years, and words that stand for one thing whatever comes before.
_NO_COUNT: Final = re.compile(
    r"\s*(?:[一二][〇零○九][〇零○一二三四五六七八九]{2}"
    r"|三农|三公|三资|三重一大|三会一课|三严三实|三线一单|三区三线|两会|两学一做|两优一先|两个确立|两个维护|两新|两重"
    r"|四个意识|四个自信|四个全面|四风|五位一体|五险一金|五保|六稳|六保|七五普法|八五普法|九五普法|八项规定|十[二三四五六]五|二十大|二十届)"
)
# Items of a law: （一）、（二）项, （一）至（三）项, （一）项规定.
_ITEMS: Final = re.compile(
    rf"\s*(?:[、，,和及与至到或—–－～~-]?\s*[（(](?:[{_CHINESE}]{{1,4}}|[{_DIGITS}]{{1,3}})[）)]|项(?!目))"
)
_NEIGHBOURS: Final = 300  # lines among which a number has its turn


@dataclass(frozen=True, slots=True)
class Heading:
    """The number a line begins with.

    `end`: where the number ends in the line as typed; `written`: as the standard writes it; `standard`: the typed form
    gives the line its level already; `sure`: the line alone shows that it is a heading.
    """

    level: Level
    number: int
    end: int
    written: str
    standard: bool = True
    sure: bool = True


@dataclass(frozen=True, slots=True)
class _Form:
    """One way of typing a number; `number` is the group of its digits or of its single sign."""

    pattern: re.Pattern[str]
    level: Level
    standard: bool = True


_FORMS: Final = (
    _Form(re.compile(rf"([{_CHINESE}]{{1,4}})、"), Level.FIRST),
    _Form(
        re.compile(rf"([{_CHINESE}]{{1,4}})[.．]\s*(?=[^\s{_CHINESE}{_DIGITS}])"), Level.FIRST, standard=False
    ),
    _Form(re.compile(rf"[（(]([{_CHINESE}]{{1,4}})[）)]"), Level.SECOND),
    _Form(re.compile(r"([㈠-㈩])"), Level.SECOND),
    _Form(re.compile(rf"([{_DIGITS}]{{1,3}})[.．](?![{_DIGITS}])"), Level.THIRD),
    _Form(re.compile(r"([⒈-⒛])"), Level.THIRD),
    _Form(re.compile(rf"([{_DIGITS}]{{1,3}})、(?=\S)"), Level.THIRD, standard=False),
    _Form(re.compile(rf"[（(]([{_DIGITS}]{{1,3}})[）)]"), Level.FOURTH),
    _Form(re.compile(r"([⑴-⒇])"), Level.FOURTH),
)
_SIGNS: Final = {Level.SECOND: "㈠", Level.THIRD: "⒈", Level.FOURTH: "⑴"}


def headings(lines: Sequence[str]) -> tuple[Heading | None, ...]:
    """The heading number of each line, or None; lines have no space at their ends."""
    found = [_candidate(line) for line in lines]
    for place, heading in enumerate(found):
        if heading is None or heading.sure:
            continue
        before = _number_before(found, place, heading.level)
        after = _numbers_after(found, place, heading.level)
        if before == heading.number - 1 and (
            heading.number + 1 in after or (before > 0 and lines[place][-1] not in _ENDS)
        ):
            found[place] = replace(heading, sure=True)
    return tuple(heading if heading is not None and heading.sure else None for heading in found)


def levels(lines: Sequence[str]) -> tuple[Level, ...]:
    """The level each line has as it is typed."""
    return tuple(
        heading.level if heading is not None and heading.standard else Level.PARAGRAPH
        for heading in headings(lines)
    )


def level_of(line: str) -> Level:
    """The level a line has when nothing is known of its neighbours."""
    return levels((line,))[0]


def _candidate(line: str) -> Heading | None:
    for form in _FORMS:
        if match := form.pattern.match(line):
            number = _value(match[1], form.level)
            end = _end(line, match.end(), form.level)
            return Heading(
                form.level,
                number,
                end,
                _written(form.level, _plain(match[1], number), line[end:]),
                form.standard,
                _is_sure(form.level, number, line[match.end() :], standard=form.standard),
            )
    return None


def _end(line: str, end: int, level: Level) -> int:
    """Past the 、 that some put behind a number in brackets (GB/T 15834 has none there)."""
    bracketed = level in (Level.SECOND, Level.FOURTH)
    return end + 1 if bracketed and line[end : end + 1] == "、" and not _ITEMS.match(line, end) else end


def _is_sure(level: Level, number: int, rest: str, *, standard: bool) -> bool:
    if level is Level.FIRST:
        count = None if _NO_COUNT.match(rest) else _COUNT.match(rest)
        return count is None or _counted(count[1]) <= number
    if level is Level.THIRD:  # 3、4月份 and 2、100万元 look alike
        return standard or not rest[:1].isdigit()
    return _ITEMS.match(rest) is None


def _number_before(found: Sequence[Heading | None], place: int, level: Level) -> int:
    """The number of the last heading of that level, 0 when one above it, or none, came before."""
    for heading in reversed(found[max(place - _NEIGHBOURS, 0) : place]):
        if heading is not None and heading.sure and heading.level <= level:
            return heading.number if heading.level == level else 0
    return 0


def _numbers_after(found: Sequence[Heading | None], place: int, level: Level) -> Iterator[int]:
    for heading in found[place + 1 : place + _NEIGHBOURS]:
        if heading is None or not heading.sure:
            continue
        if heading.level < level:
            return
        if heading.level == level:
            yield heading.number


def _value(sign: str, level: Level) -> int:
    if sign[0].isdecimal():
        return int(sign)
    if sign in _CHINESE or len(sign) > 1:
        return _chinese_value(sign)
    return ord(sign) - ord(_SIGNS[level]) + 1


def _counted(numeral: str) -> int:
    """What is counted with a numeral; the first of several that stand side by side."""
    plain = numeral.replace("两", "二")
    several = re.match(r"[一二三四五六七八九]{2}", plain)
    return _chinese_value(plain[0] if several else plain)


def _chinese_value(sign: str) -> int:
    total = digit = 0
    for char in sign:
        place = _CHINESE.index(char) + 1
        if place < 10:
            digit = place
        else:
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
    return total + digit


def _plain(sign: str, number: int) -> str:
    """The numeral itself, out of a sign or in digits of half width: what was typed as 01 stays 01."""
    if sign in _CHINESE or (len(sign) > 1 and not sign[0].isdecimal()):
        return sign
    if sign[0].isdecimal():
        return unicodedata.normalize("NFKC", sign)
    return _CHINESE[number - 1] if "㈠" <= sign <= "㈩" else str(number)


def _written(level: Level, numeral: str, rest: str) -> str:
    if level is Level.FIRST:
        return f"{numeral}、"
    if level is Level.THIRD:
        return f"{numeral}. " if rest[:1].isdigit() else f"{numeral}."  # never a decimal
    return f"（{numeral}）"
