"""What kinds of characters there are for a text that people write to each other: what ends a line, what is white, what
cannot be seen, and what has no meaning outside one font.

Judged character by character, so that every rule in `protocol.text` is one table look-up or two.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final


class Kind(StrEnum):
    """What a character is to a text."""

    SEEN = "seen"
    LINE_END = "line_end"  # for whatever program wrote it
    WHITE = "white"  # written as an ordinary space
    MARK = "mark"  # drawn onto the one before it
    JOINER = "joiner"
    SELECTOR = "selector"  # chooses among the forms of the one before it
    QUIET = "quiet"  # neither seen nor of any effect
    HIDDEN = "hidden"  # not seen, but does or tells something: directions, tags, annotations, controls
    UNKNOWN = "unknown"  # means something in one font or program alone: private use, half of a pair, not in Unicode yet


# GBK 0xFE50–0xFEA0 in order: 80 ideographs and components that Windows' GBK fonts and IMEs still write as U+E815–U+E864.
# Fourteen of them (𠂇 𠂉 𠃌 龴 龵 龶 龷 𡗗 龸 𢦏 龹 龺 𤇾 龻) are private-use in GB 18030-2005 as well.
_IDEOGRAPHS: Final = (
    "⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱"
    "䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻"
)
# GB 18030-2005 0xA6D9–0xA6DF, 0xA6EC, 0xA6ED, 0xA6F3: the ten vertical punctuation marks, U+E78D–U+E796.
_VERTICAL: Final = "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19"

TWINS: Final[Mapping[str, str]] = {
    **{chr(0xE815 + place): twin for place, twin in enumerate(_IDEOGRAPHS)},
    **{chr(0xE78D + place): twin for place, twin in enumerate(_VERTICAL)},
    "\ue7c7": "\u1e3f",  # ḿ, which GB 18030-2000 wrote so
    "\ue7c8": "\u01f9",  # ǹ
    "\ue5e5": "\u3000",  # 0xA3A0, which old files use for a wide space
}

_LINE_ENDS: Final = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
# Beside Unicode's spaces: tab, the end of a cell in Word, and letters that are drawn as nothing but have a width.
_WHITE: Final = frozenset("\t\x07\x1f\u00a0\u115f\u1160\u1680\u202f\u205f\u2800\u3164\uffa0") | frozenset(
    map(chr, range(0x2000, 0x200B))
)
# Not seen, and of no effect on what stands beside them: pages and programs leave them behind without anybody's doing.
_QUIET: Final = frozenset("\u00ad\u034f\u17b4\u17b5\u200b\u2060\u2061\u2062\u2063\u2064\ufeff")
# Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties, the same from 9.0 to 17.0): a font that lacks one of them
# draws nothing, whether Unicode has given it a meaning yet or not. Frozen here, for no library says it: what stands in no
# other list is HIDDEN.
_IGNORABLE: Final = (
    range(0x00AD, 0x00AE),
    range(0x034F, 0x0350),
    range(0x061C, 0x061D),
    range(0x115F, 0x1161),
    range(0x17B4, 0x17B6),
    range(0x180B, 0x1810),
    range(0x200B, 0x2010),
    range(0x202A, 0x202F),
    range(0x2060, 0x2070),
    range(0x3164, 0x3165),
    range(0xFE00, 0xFE10),
    range(0xFEFF, 0xFF00),
    range(0xFFA0, 0xFFA1),
    range(0xFFF0, 0xFFF9),
    range(0x1BCA0, 0x1BCA4),
    range(0x1D173, 0x1D17B),
    range(0xE0000, 0xE1000),
)
# Drawn as nothing or as what one program puts there, though Unicode does not list them: the place of an object, a note
# without a head, a letter of Khitan that only fills a place.
_EMPTY: Final = frozenset("\ufffc\U0001d159\U00016fe4")
# Where what this Python's Unicode does not know yet can only be a picture or an ideograph, which phones and input methods
# write as soon as there is a font: the blocks of emoji, the two planes of ideographs (the extensions I, H and J are newer
# than Python 3.11), the strokes and the signs that describe ideographs.
_COMING: Final = (
    range(0x2FF0, 0x3000),
    range(0x31C0, 0x31F0),
    range(0x1F000, 0x1FB00),
    range(0x20000, 0x2FFFE),
    range(0x30000, 0x3FFFE),
)
# Of Unicode's format characters those that are drawn: they stand before or around figures.
_DRAWN: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
_JOINERS: Final = frozenset("\u180e\u200c\u200d")
_IDEOGRAPHIC_SELECTORS: Final = range(0xE0100, 0xE01F0)
_PICTURE_SELECTORS: Final = range(0xFE0E, 0xFE10)
_MONGOLIAN_SELECTORS: Final = frozenset(map(ord, "\u180b\u180c\u180d\u180f"))
_SELECTORS: Final = (range(0xFE00, 0xFE10), _IDEOGRAPHIC_SELECTORS, _MONGOLIAN_SELECTORS)
_LISTED: Final = {
    Kind.LINE_END: _LINE_ENDS,
    Kind.WHITE: _WHITE,
    Kind.QUIET: _QUIET,
    Kind.JOINER: _JOINERS,
    Kind.SEEN: _DRAWN,
    Kind.HIDDEN: _EMPTY,
}
_BY_CATEGORY: Final = {
    "Cc": Kind.HIDDEN,
    "Cf": Kind.HIDDEN,
    "Cn": Kind.UNKNOWN,
    "Co": Kind.UNKNOWN,
    "Cs": Kind.UNKNOWN,
    "Mn": Kind.MARK,
    "Me": Kind.MARK,
}
# Scripts whose letters change with their neighbours, so that a joiner between them is spelling.
_JOINING: Final = (
    range(0x0600, 0x0900),  # Arabic (Uyghur, Kazakh), Syriac, N'Ko
    range(0x0900, 0x0E00),  # the Indic scripts
    range(0x0F00, 0x10A0),  # Tibetan, Myanmar
    range(0x1780, 0x1800),  # Khmer
    range(0x1800, 0x18B0),  # Mongolian
    range(0x1950, 0x1AB0),  # Tai Le, New Tai Lue, Tai Tham
    range(0xFB50, 0xFE00),
    range(0xFE70, 0xFEFD),
)
_MONGOLIAN: Final = (range(0x1807, 0x1808), range(0x1820, 0x1879), range(0x1880, 0x18AB))
_IDEOGRAPHS_IN: Final = (
    range(0x3005, 0x3008),
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),
    range(0x20000, 0x2FFFE),
    range(0x30000, 0x3FFFE),
)
_SKIN: Final = range(0x1F3FB, 0x1F400)
_PICTURES: Final = range(0x1F000, 0x1FB00)
# Of those that are a picture at will (emoji-variation-sequences.txt) what is no "other symbol".
_PICTURES_AT_WILL: Final = frozenset(
    "#*0123456789\u203c\u2049\u2139\u2194\u25fb\u25fc\u25fd\u25fe\u2934\u2935\u3030"
)

# Almost all that is ever written: seen, from left to right, in no need of anything. Looked at one by one, the 20,000 characters
# of the longest message cost its reader 20 ms; as a whole 0.1 ms.
_PLAIN: Final = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u024f\u0391-\u03a1\u03a3-\u03c9\u0410-\u044f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf"
    "\u2100-\u218b\u2190-\u2426\u2440-\u244a\u2460-\u27ff\u2e80-\u2e99\u2e9b-\u2ef3\u2f00-\u2fd5\u3000-\u3029"
    "\u3030-\u303f\u3041-\u3096\u309b-\u30ff\u3105-\u312f\u3131-\u3163\u3165-\u318e\u3190-\u31e3\u3200-\u321e"
    "\u3220-\ua48c\ua490-\ua4c6\uac00-\ud7a3\ufe30-\ufe52\ufe54-\ufe66\ufe68-\ufe6b\uff01-\uff9f\uffe0-\uffe6"
    "\uffe8-\uffee\U0001f300-\U0001f3fa\U0001f400-\U0001faff\U00020000-\U0002ebe0\U00030000-\U000323af]*"
)
_PIECE: Final = re.compile(f"{_PLAIN.pattern.removesuffix('*')}+|.", re.DOTALL)
_PLAIN_LINES: Final = re.compile(_PLAIN.pattern.replace("[", "[\n", 1))


def are_plain(text: str, *, lines: bool) -> bool:
    """Whether no character of a text (NFC, with or without line ends) needs to be looked at."""
    pattern = _PLAIN_LINES if lines else _PLAIN
    return pattern.fullmatch(text) is not None and unicodedata.is_normalized("NFC", text)


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """A text in pieces, each with the character after it: runs of plain characters, and every other one by itself."""
    for match in _PIECE.finditer(text):
        end = match.end()
        yield match.group(), text[end : end + 1]


@lru_cache(maxsize=1 << 14)
def kind_of(char: str) -> Kind:
    """What a character is. Kept, since a long text asks for the same few again and again."""
    for kind, these in _LISTED.items():
        if char in these:
            return kind
    code = ord(char)
    if any(code in each for each in _SELECTORS):
        return Kind.SELECTOR
    if is_ignorable(char):
        return Kind.HIDDEN
    category = unicodedata.category(char)
    if category == "Cn" and any(code in each for each in _COMING):
        return Kind.SEEN
    return _BY_CATEGORY.get(category, Kind.SEEN)


def is_ignorable(char: str) -> bool:
    """Whether Unicode has a character drawn as nothing where it has no effect."""
    return any(ord(char) in each for each in _IGNORABLE)


def is_right_to_left(char: str) -> bool:
    return unicodedata.bidirectional(char) in ("R", "AL")


def joins(base: str, after: str) -> bool:
    """Whether a joiner is spelling: in scripts that join, and inside an emoji.

    `base` is the last character before it that is no mark (normalizing may part a mark and the joiner behind it), `after`
    the one directly behind it.
    """
    if _is_joining(base):
        return True
    return bool(base and after) and _may_be_joined(base) and _is_picture(after)


@lru_cache(maxsize=1 << 14)
def selects(before: str, selector: str) -> bool:
    """Whether a selector is registered behind a character: elsewhere it is drawn as nothing and tells two texts apart that
    look the same.
    """
    code = ord(selector)
    if not before:
        return False
    if code in _IDEOGRAPHIC_SELECTORS:
        return any(ord(before) in each for each in _IDEOGRAPHS_IN)
    if code in _PICTURE_SELECTORS:
        return before in _PICTURES_AT_WILL or _is_picture(before)
    if code in _MONGOLIAN_SELECTORS:
        return any(ord(before) in each for each in _MONGOLIAN)
    return code - 0xFE00 < _compatibility_forms().get(before, 0)


@cache
def _compatibility_forms() -> Mapping[str, int]:
    """How many forms of an ideograph have a code point for compatibility, and so a selector (StandardizedVariants.txt):
    without it NFC would write another form into somebody's name.
    """
    blocks = map(chr, (*range(0xF900, 0xFADA), *range(0x2F800, 0x2FA1E)))
    return Counter(form for char in blocks if (form := unicodedata.normalize("NFC", char)) != char)


def _is_joining(char: str) -> bool:
    return bool(char) and char not in _JOINERS and any(ord(char) in each for each in _JOINING)


def _may_be_joined(char: str) -> bool:
    return char == "\ufe0f" or ord(char) in _SKIN or _is_picture(char)


def _is_picture(char: str) -> bool:
    return kind_of(char) is Kind.SEEN and (unicodedata.category(char) == "So" or ord(char) in _PICTURES)
