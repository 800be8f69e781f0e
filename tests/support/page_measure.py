"""Measures a rendered page: where ink is on a 300 dpi raster, and where each character stands. Millimetres from the top left."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_raw

DPI = 300
_MM_A_POINT = 25.4 / 72
_MM_A_PIXEL = 25.4 / DPI
# A pixel counts as ink when it is darker than this; anti-aliased edges fall on either side by less than half a pixel.
_DARK = 140

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in millimetres."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def centre(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character: its origin (left end of the baseline), its font's name and size."""

    char: str
    x: float
    baseline: float
    font: str
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """Characters on one baseline, from left to right."""

    baseline: float
    glyphs: tuple[Glyph, ...]

    @property
    def text(self) -> str:
        return "".join(glyph.char for glyph in self.glyphs)

    @property
    def left(self) -> float:
        return self.glyphs[0].x


class Page:
    """One page of a PDF, rendered once when first asked for ink."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page
        self.width, self.height = (side * _MM_A_POINT for side in page.get_size())
        self.media_box: tuple[float, float, float, float] = page.get_mediabox()

    @cached_property
    def _masks(self) -> tuple[tuple[bytes, bytes], tuple[int, int]]:
        """Black and red, eight pixels to a byte and packed: a document's pages are all kept. The raster is blue, green, red."""
        pixels = np.asarray(self._page.render(scale=DPI / 72).to_numpy())
        blue, green, red = (pixels[:, :, channel] for channel in range(3))
        brightest = np.maximum(np.maximum(blue, green), red)
        spread = brightest - np.minimum(np.minimum(blue, green), red)
        black = (brightest < _DARK) & (spread < 60)
        is_red = (red > 150) & (blue < 128) & (green < 128)
        return (_packed(black), _packed(is_red)), black.shape

    def _mask(self, index: int) -> Mask:
        packed, (height, width) = self._masks
        bits = np.frombuffer(zlib.decompress(packed[index]), np.uint8).reshape(height, -1)
        return np.unpackbits(bits, axis=1, count=width).astype(np.bool_)

    @property
    def black(self) -> Mask:
        """Dark pixels of no colour."""
        return self._mask(0)

    @property
    def red(self) -> Mask:
        """Pixels of the red of mark, rule and seal."""
        return self._mask(1)

    @property
    def ink(self) -> Mask:
        return self.black | self.red

    @cached_property
    def glyphs(self) -> tuple[Glyph, ...]:
        """Every character with a shape, in the order of the page's content."""
        text = self._page.get_textpage()
        found = [self._glyph(text, index) for index in range(text.count_chars())]
        return tuple(glyph for glyph in found if not glyph.char.isspace() and glyph.char.isprintable())

    def _glyph(self, text: pdfium.PdfTextPage, index: int) -> Glyph:
        raw = pdfium_raw
        x, y = raw.c_double(), raw.c_double()
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        length = raw.FPDFText_GetFontInfo(text, index, None, 0, None)
        name = (raw.c_char * max(length, 1))()
        raw.FPDFText_GetFontInfo(text, index, name, length, None)
        return Glyph(
            chr(raw.FPDFText_GetUnicode(text, index)),
            x.value * _MM_A_POINT,
            self.height - y.value * _MM_A_POINT,
            name.value.decode("utf-8"),
            raw.FPDFText_GetFontSize(text, index) * _MM_A_POINT,
        )

    def lines(self, top: float = 37.0, bottom: float = 262.5) -> tuple[Line, ...]:
        """The lines of text between two heights, gathered by baseline."""
        rows: dict[int, list[Glyph]] = {}
        for glyph in self.glyphs:
            if top <= glyph.baseline <= bottom:
                rows.setdefault(round(glyph.baseline * 10), []).append(glyph)
        ordered = (sorted(row, key=lambda glyph: glyph.x) for _, row in sorted(rows.items()))
        return tuple(Line(row[0].baseline, tuple(row)) for row in ordered)

    @property
    def text(self) -> str:
        return "".join(glyph.char for glyph in self.glyphs)


def _packed(mask: Mask) -> bytes:
    return zlib.compress(np.packbits(mask, axis=1).tobytes(), 1)


class Document:
    """All pages of a PDF."""

    def __init__(self, pdf: bytes) -> None:
        self._document = pdfium.PdfDocument(pdf)
        self.pages = tuple(Page(self._document[index]) for index in range(len(self._document)))

    @property
    def text(self) -> str:
        return "".join(page.text for page in self.pages)

    @property
    def fonts(self) -> set[str]:
        """Names of the fonts of all characters, without subset tags."""
        return {glyph.font.split("+")[-1] for page in self.pages for glyph in page.glyphs}


def bounds(
    mask: Mask, left: float = 0, top: float = 0, right: float = 210, bottom: float = 297
) -> Box | None:
    """The smallest box around the ink inside a region, or None."""
    y0, y1, x0, x1 = (round(value / _MM_A_PIXEL) for value in (top, bottom, left, right))
    part = mask[y0:y1, x0:x1]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if not rows.size:
        return None
    return Box(
        (x0 + columns[0]) * _MM_A_PIXEL,
        (y0 + rows[0]) * _MM_A_PIXEL,
        (x0 + columns[-1] + 1) * _MM_A_PIXEL,
        (y0 + rows[-1] + 1) * _MM_A_PIXEL,
    )


def rules(mask: Mask, shortest: float = 100.0) -> list[Box]:
    """Horizontal rules: runs of rows with one unbroken stretch of ink of this length at least."""
    need = round(shortest / _MM_A_PIXEL)
    rows = [index for index in np.flatnonzero(mask.sum(axis=1) >= need) if _longest_run(mask[index]) >= need]
    found: list[Box] = []
    for group in _groups(rows):
        box = bounds(mask, top=group[0] * _MM_A_PIXEL, bottom=(group[-1] + 1) * _MM_A_PIXEL)
        if box is not None:
            found.append(box)
    return found


def _groups(rows: list[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for row in rows:
        if groups and row == groups[-1][-1] + 1:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _longest_run(row: npt.NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0
