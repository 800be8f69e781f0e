"""GB/T 9704-2012 measured on our own pages: ink on a 300 dpi raster and positions of characters (domain rules in mm)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import numpy as np
import pytest

from tests.support.page_measure import Document, Line, Page, bounds, rules
from tests.support.sample_documents import DETAILS, PLAIN

EM = 156 / 28
PITCH = EM * 15 / 8
# Where a character's square stands around its baseline.
ABOVE, BELOW = 0.88 * EM, 0.12 * EM
BODY_FONTS = {"FandolFang-Regular", "FandolKai-Regular", "FandolHei-Regular"}

Named = Callable[[str], Document]


def continuation_pages(document: Document) -> list[Page]:
    """Pages filled with body text from top to bottom: neither the first nor one with a signature or imprint."""
    last_text = max(i for i, page in enumerate(document.pages) if "此件公开发布" in page.text)
    return list(document.pages[1:last_text])


def signature_page(document: Document) -> Page:
    return next(page for page in document.pages if "此件公开发布" in page.text)


def line_with(page: Page, start: str) -> Line:
    return next(line for line in page.lines() if line.text.startswith(start))


def test_paper_is_a4(sealed: Document) -> None:
    for page in sealed.pages:
        assert page.media_box == pytest.approx((0, 0, 595.28, 841.89), abs=0.5)


def test_ink_stays_inside_the_type_area(sealed: Document) -> None:
    """But for the page number below it, and the seal's edge by less than a millimetre."""
    for page in sealed.pages:
        box = bounds(page.ink)
        if box is None:
            continue
        assert box.left >= 27.5
        assert box.right <= 184.5
        assert box.top >= 36
        body = bounds(page.ink, bottom=266)
        assert body is not None
        assert body.bottom <= 263


def test_mark_ink_starts_35_mm_below_the_type_area(sealed: Document) -> None:
    box = bounds(sealed.pages[0].red, top=55, bottom=100)
    assert box is not None
    assert box.top == pytest.approx(72, abs=0.5)
    assert box.middle == pytest.approx(106, abs=0.5)


def test_red_rule_is_156_mm_wide_and_4_mm_below_the_number(sealed: Document) -> None:
    page = sealed.pages[0]
    (rule,) = rules(page.red)
    assert rule.width == pytest.approx(156, abs=0.5)
    assert (rule.left, rule.right) == pytest.approx((28, 184), abs=0.3)
    assert 0.3 <= rule.height <= 0.6
    number = bounds(page.black, top=95, bottom=rule.top - 0.2)
    assert number is not None
    assert rule.top - number.bottom == pytest.approx(4, abs=0.5)
    assert number.middle == pytest.approx(106, abs=0.5)


def test_number_stands_two_lines_below_the_mark_and_has_the_standard_form(sealed: Document) -> None:
    page = sealed.pages[0]
    mark = bounds(page.red, top=55, bottom=100)
    (rule,) = rules(page.red)
    assert mark is not None
    number = bounds(page.black, top=mark.bottom + 1, bottom=rule.top - 0.2)
    assert number is not None
    assert 20.3 <= number.top - mark.bottom <= 25.8
    text = next(line.text for line in page.lines() if "〔" in line.text)
    assert text == DETAILS.number
    assert re.fullmatch(r"[^\s〔]+〔20\d\d〕[1-9]\d*号", text)


def test_title_stands_two_lines_below_the_rule_centred_in_two_point_size(sealed: Document) -> None:
    page = sealed.pages[0]
    (rule,) = rules(page.red)
    title = bounds(page.black, top=rule.bottom + 0.5, bottom=rule.bottom + 30)
    assert title is not None
    assert 20.8 <= title.top - rule.bottom <= 25.8
    glyphs = [
        glyph
        for glyph in page.glyphs
        if glyph.font.endswith("NotoSerifCJKsc-Bold") and 0 < glyph.baseline - rule.bottom < 50
    ]
    assert {round(glyph.size, 2) for glyph in glyphs} == {round(EM * 22 / 16, 2)}
    for baseline in {glyph.baseline for glyph in glyphs}:
        row = [glyph for glyph in glyphs if glyph.baseline == baseline]
        assert (row[0].x + row[-1].x + EM * 22 / 16) / 2 == pytest.approx(106, abs=0.5)


def test_recipients_follow_a_blank_line_flush_left_and_end_in_a_colon(sealed: Document) -> None:
    page = sealed.pages[0]
    title = [
        glyph
        for glyph in page.glyphs
        if glyph.size > EM * 1.3 and glyph.font.endswith("Bold") and glyph.baseline > 125
    ]
    line = line_with(page, "各县（市、区）人民政府")
    assert line.left == pytest.approx(28, abs=0.3)
    assert line.text.endswith("：")
    gap = (line.baseline - ABOVE) - (max(glyph.baseline for glyph in title) + 0.12 * EM * 22 / 16)
    assert gap == pytest.approx(EM + 2 * EM * 7 / 8, abs=0.6)


def test_page_one_shows_body_text(sealed: Document) -> None:
    page = sealed.pages[0]
    recipients = line_with(page, "各县（市、区）人民政府")
    assert [line for line in page.lines() if line.baseline > recipients.baseline]


@pytest.mark.parametrize("name", ["twenty", "dense", "plain"])
def test_a_full_page_has_22_lines_on_the_pitch_of_the_standard(named: Named, name: str) -> None:
    pages = continuation_pages(named(name))
    assert pages
    for page in pages:
        baselines = [line.baseline for line in page.lines()]
        assert len(baselines) == 22
        assert np.diff(baselines) == pytest.approx(PITCH, abs=0.03)
        assert all(10.39 <= step <= 10.45 for step in np.diff(baselines))
        assert baselines[0] - ABOVE == pytest.approx(37, abs=0.3)
        assert 261 <= baselines[-1] + BELOW <= 262.2


def test_a_full_line_has_28_characters_from_28_to_184_mm(named: Named) -> None:
    """A text without punctuation stands on the grid exactly."""
    for page in continuation_pages(named("plain")):
        full = [line for line in page.lines() if len(line.glyphs) == 28]
        assert len(full) >= 15
        for line in full:
            positions = [glyph.x for glyph in line.glyphs]
            assert positions == pytest.approx([28 + EM * k for k in range(28)], abs=0.1)
            ink = bounds(page.black, top=line.baseline - ABOVE, bottom=line.baseline + BELOW)
            assert ink is not None
            assert ink.left == pytest.approx(28, abs=1)
            assert ink.right == pytest.approx(184, abs=1)


def test_plain_text_is_unbroken(named: Named) -> None:
    assert named("plain").text.count(PLAIN[:28]) >= 40


@pytest.mark.parametrize("name", ["dense", "twenty"])
def test_marks_never_stand_where_they_may_not(named: Named, name: str) -> None:
    for page in named(name).pages:
        for line in page.lines():
            assert line.text[0] not in "，。、；：？！）》」』】〕”’…—"
            assert line.text[-1] not in "（《「『【〔“‘"


@pytest.mark.parametrize("name", ["dense", "twenty"])
def test_marks_keep_their_full_square(named: Named, name: str) -> None:
    """Next to a mark the advance is one character or, on a justified line, a little more; never half of one."""
    for page in continuation_pages(named(name)):
        for line in page.lines():
            for one, two in zip(line.glyphs, line.glyphs[1:], strict=False):
                if one.char in "，。、；：？！（）《》“”" and two.char in "，。、；：？！（）《》“”":
                    assert two.x - one.x >= 0.4 * EM
                if "\u4e00" <= one.char <= "\u9fff" and "\u4e00" <= two.char <= "\u9fff":
                    assert EM - 0.05 <= two.x - one.x <= EM * 1.2


def test_lines_of_punctuated_text_fill_the_width(named: Named) -> None:
    """Every line but a paragraph's last ends at the right edge of the type area."""
    for page in continuation_pages(named("dense")):
        lines = page.lines()
        for line, after in itertools.pairwise(lines):
            if after.left < 28.5:
                ink = bounds(page.black, top=line.baseline - ABOVE, bottom=line.baseline + BELOW)
                assert ink is not None
                last = line.glyphs[-1]
                assert last.x + EM == pytest.approx(184, abs=1) or ink.right == pytest.approx(184, abs=1)


@pytest.mark.parametrize(
    ("start", "font"),
    [
        ("一、", "FandolHei-Regular"),
        ("（一）", "FandolKai-Regular"),
        ("1.", "FandolFang-Regular"),
        ("（1）", "FandolFang-Regular"),
    ],
)
def test_levels_have_their_fonts_and_two_characters_of_indent(named: Named, start: str, font: str) -> None:
    line = next(
        line for page in named("twenty").pages for line in page.lines() if line.text.startswith(start)
    )
    assert line.glyphs[0].font.endswith(font)
    assert line.left == pytest.approx(28 + 2 * EM, abs=0.3)
    assert line.glyphs[0].size == pytest.approx(EM, abs=0.02)


def test_fonts_are_those_of_the_map(sealed: Document) -> None:
    serif = {"NotoSerifCJKsc-Regular", "NotoSerifCJKsc-Bold"}
    assert sealed.fonts <= BODY_FONTS | serif
    assert {"FandolFang-Regular"} | serif <= sealed.fonts
