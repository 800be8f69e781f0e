"""Measures a finished page: nothing is printed outside the type area, and nothing over other ink but the seal (7.3.5).

The setting of the page promises this; text that cannot be broken, or more of it than there is room for, breaks the
promise without an error. So the page itself is measured, glyph by glyph, before anybody signs or seals it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pypdfium2
import pypdfium2.raw as pdfium

_MM: Final = 25.4 / 72
# 版心 28–184 by 37–262 mm (5.2.1), with the millimetre by which paper and print may differ.
_LEFT, _TOP, _RIGHT, _BOTTOM = 27.0, 36.0, 185.0, 263.0
_PAGE_NUMBER: Final = frozenset("—0123456789")
# Where the page number stands (7.5): its baseline lies this far from the top.
_NUMBER_FROM, _NUMBER_TO = 268.0, 273.0
# Of two neighbours the boxes may touch; a glyph that covers this part of another stands on it.
_COVERED: Final = 0.25
_SEAL_LEAST, _SEAL_MOST = 38.0, 52.0  # a drawn seal's ring, across
_RULE_LENGTH, _RULE_THICK = 100.0, 1.5
_INSIDE: Final = 0.3  # a rule this far inside a glyph crosses it
_EXCERPT: Final = 5  # characters on either side
_AT_ONCE: Final = 256  # glyphs compared with all others in one go: some megabytes

Boxes = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Astray:
    """Ink where none may be: on which page (from 1), how far from its left and top edge in mm, and the few characters
    of the text before and from it on."""

    page: int
    left: float
    top: float
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Glyph:
    char: str
    left: float
    top: float
    right: float
    bottom: float
    baseline: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        return self.left, self.top, self.right, self.bottom


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What stands on a page: glyphs outside the seal in the order of their text, rules, and the seal's circle."""

    glyphs: tuple[_Glyph, ...]
    rules: tuple[tuple[float, float, float], ...]  # left, right, height
    seal: tuple[float, float, float] | None  # centre and radius

    def line(self, glyph: _Glyph) -> str:
        """The words on a glyph's baseline."""
        return "".join(each.char for each in self.glyphs if abs(each.baseline - glyph.baseline) < 0.2)


def find_astray(pdf: bytes, under_seal: Collection[str] = ()) -> Astray | None:
    """The first ink that lies outside the type area or over other ink; None when there is none.

    Args:
        pdf: a document as the typesetter makes it, sealed or not.
        under_seal: the lines that a seal may press, 署名 and 成文日期.

    The page reader has one state in a process: the caller holds its lock.
    """
    allowed = {_bare(line) for line in under_seal}
    document = pypdfium2.PdfDocument(pdf)
    try:
        for number in range(len(document)):
            sheet = _sheet(document[number])
            at = next(_faults(sheet, allowed), None)
            if at is not None:
                glyph = sheet.glyphs[at]
                chars = [each.char for each in sheet.glyphs]
                before, after = chars[max(0, at - _EXCERPT) : at + 1], chars[at : at + _EXCERPT]
                return Astray(number + 1, glyph.left, glyph.top, "".join(before), "".join(after))
    finally:
        document.close()
    return None


def _faults(sheet: _Sheet, under_seal: Collection[str]) -> Iterator[int]:
    """Indices of glyphs that are not where they may be."""
    for index, glyph in enumerate(sheet.glyphs):
        if _outside(sheet, glyph) or _crossed(sheet.rules, glyph) or _pressed(sheet, glyph, under_seal):
            yield index
    yield from _covered(sheet.glyphs)


def _outside(sheet: _Sheet, glyph: _Glyph) -> bool:
    if glyph.left < _LEFT or glyph.right > _RIGHT or glyph.top < _TOP:
        return True
    if glyph.bottom <= _BOTTOM:
        return False
    numbered = _NUMBER_FROM <= glyph.baseline <= _NUMBER_TO
    return not numbered or not set(sheet.line(glyph)) <= _PAGE_NUMBER


def _crossed(rules: Sequence[tuple[float, float, float]], glyph: _Glyph) -> bool:
    return any(
        glyph.left < right and glyph.right > left and glyph.top + _INSIDE < height < glyph.bottom - _INSIDE
        for left, right, height in rules
    )


def _pressed(sheet: _Sheet, glyph: _Glyph, under_seal: Collection[str]) -> bool:
    """Whether the seal stands on words that are neither 署名 nor date."""
    if sheet.seal is None:
        return False
    x, y, radius = sheet.seal
    near_x, near_y = min(max(x, glyph.left), glyph.right), min(max(y, glyph.top), glyph.bottom)
    touched = (near_x - x) ** 2 + (near_y - y) ** 2 < radius**2
    return touched and sheet.line(glyph) not in under_seal


def _covered(glyphs: Sequence[_Glyph]) -> Iterator[int]:
    if len(glyphs) < 2:
        return
    boxes: Boxes = np.array([glyph.box for glyph in glyphs])
    areas = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1e-6)
    for start in range(0, len(glyphs), _AT_ONCE):
        some, of_some = boxes[start : start + _AT_ONCE], areas[start : start + _AT_ONCE]
        wide = np.minimum(some[:, None, 2], boxes[:, 2]) - np.maximum(some[:, None, 0], boxes[:, 0])
        high = np.minimum(some[:, None, 3], boxes[:, 3]) - np.maximum(some[:, None, 1], boxes[:, 1])
        shared = np.clip(wide, 0, None) * np.clip(high, 0, None)
        over = shared > _COVERED * np.minimum(of_some[:, None], areas)
        over[np.arange(len(some)), np.arange(start, start + len(some))] = False  # each over itself
        yield from (start + int(index) for index in np.flatnonzero(over.any(axis=1)))


def _sheet(page: pypdfium2.PdfPage) -> _Sheet:
    height = page.get_height() * _MM
    rules: list[tuple[float, float, float]] = []
    seal: tuple[float, float, float] | None = None
    for drawn in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_PATH,)):
        left, low, right, high = (value * _MM for value in drawn.get_bounds())
        wide, tall = right - left, high - low
        if wide > _RULE_LENGTH and tall < _RULE_THICK:
            rules.append((left, right, height - (low + high) / 2))
        elif _SEAL_LEAST < wide < _SEAL_MOST and abs(wide - tall) < 1:
            seal = (left + right) / 2, height - (low + high) / 2, wide / 2
    text = page.get_textpage()
    found = (_glyph(text, index, height, seal) for index in range(text.count_chars()))
    return _Sheet(tuple(glyph for glyph in found if glyph is not None), tuple(rules), seal)


def _glyph(
    text: pypdfium2.PdfTextPage, index: int, height: float, seal: tuple[float, float, float] | None
) -> _Glyph | None:
    """A character that leaves ink of its own; none for spaces, marks on other characters, and the seal's letters."""
    char = chr(pdfium.FPDFText_GetUnicode(text, index))
    if (
        pdfium.FPDFText_IsGenerated(text, index) == 1
        or char.isspace()
        or unicodedata.category(char) in _NO_INK
    ):
        return None
    left, right, low, high, x, y = (pdfium.c_double() for _ in range(6))
    if not pdfium.FPDFText_GetCharBox(text, index, left, right, low, high):
        return None
    pdfium.FPDFText_GetCharOrigin(text, index, x, y)
    glyph = _Glyph(
        char,
        left.value * _MM,
        height - high.value * _MM,
        right.value * _MM,
        height - low.value * _MM,
        height - y.value * _MM,
    )
    return None if seal is not None and _red(text, index) and _within(glyph, seal) else glyph


_NO_INK: Final = frozenset({"Mn", "Me", "Cf", "Cc"})


def _red(text: pypdfium2.PdfTextPage, index: int) -> bool:
    red, green, blue, alpha = (pdfium.c_uint() for _ in range(4))
    pdfium.FPDFText_GetFillColor(text, index, red, green, blue, alpha)
    return bool(red.value > 150 and green.value < 100 and blue.value < 100)


def _within(glyph: _Glyph, seal: tuple[float, float, float]) -> bool:
    x, y, radius = seal
    return (
        abs((glyph.left + glyph.right) / 2 - x) < radius and abs((glyph.top + glyph.bottom) / 2 - y) < radius
    )


def _bare(line: str) -> str:
    return "".join(char for char in line if not char.isspace())
