"""The end of a document, measured: attachments, signature and seal, imprint, page numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from client.typesetting.typeset import Typesetter
from tests.support.page_measure import Document, Line, Page, bounds, rules
from tests.support.sample_documents import DETAILS, SEAL_NAME, SENTENCE, notice, plain

EM = 156 / 28
PITCH = EM * 15 / 8
SMALL = EM * 14 / 16
DATE = "2026年11月3日"

Named = Callable[[str], Document]


def end_of(document: Document) -> tuple[int, Page]:
    return next((index, page) for index, page in enumerate(document.pages) if "此件公开发布" in page.text)


def line_with(page: Page, text: str) -> Line:
    return next(line for line in page.lines() if text in line.text)


def test_attachments_are_listed_after_a_blank_line_and_aligned(named: Named) -> None:
    page = next(page for page in named("two").pages if "附件：" in page.text)
    first, second = line_with(page, "附件："), line_with(page, "重点易涝点分布图")
    assert first.text == "附件：1.城市内涝防治三年行动方案"
    assert second.text == "2.重点易涝点分布图"
    assert first.left == pytest.approx(28 + 2 * EM, abs=0.3)
    assert first.glyphs[5].x == pytest.approx(second.glyphs[2].x, abs=0.1)
    before = [line.baseline for line in page.lines() if line.baseline < first.baseline]
    assert first.baseline - before[-1] == pytest.approx(2 * PITCH, abs=0.1)


def test_sealed_date_ends_four_characters_from_the_edge(sealed: Document) -> None:
    _, page = end_of(sealed)
    date = [glyph for glyph in line_with(page, DATE).glyphs]
    assert date[-1].char == "日"
    assert date[-1].x + EM == pytest.approx(184 - 4 * EM, abs=1)


def test_name_is_centred_over_the_date(sealed: Document) -> None:
    _, page = end_of(sealed)
    date = line_with(page, DATE).glyphs
    name = [glyph for glyph in page.glyphs if glyph.font.endswith("FandolFang-Regular")]
    row = sorted(
        (g for g in name if abs(g.baseline - (date[0].baseline - PITCH)) < 0.6 and g.x > 100),
        key=lambda g: g.x,
    )
    assert "".join(glyph.char for glyph in row) == "锦川市人民政府"
    assert (row[0].x + row[-1].x) / 2 == pytest.approx((date[0].x + date[-1].x) / 2, abs=0.5)


def test_seal_presses_name_and_date_in_its_lower_half(sealed: Document) -> None:
    _, page = end_of(sealed)
    seal = bounds(page.red, top=125 if page is sealed.pages[0] else 0)
    assert seal is not None
    assert seal.width == pytest.approx(42, abs=0.3)
    assert seal.height == pytest.approx(42, abs=0.3)
    assert seal.width <= 45
    date = line_with(page, DATE)
    middle = (date.glyphs[0].x + date.glyphs[-1].x + EM) / 2
    assert seal.middle == pytest.approx(middle, abs=0.5)
    pressed = date.baseline - 0.38 * EM - PITCH / 2
    assert seal.centre <= pressed <= seal.centre + 6
    assert seal.top < date.baseline - PITCH
    assert seal.bottom > date.baseline


def test_seal_top_is_within_one_line_of_the_text(sealed: Document) -> None:
    _, page = end_of(sealed)
    date = line_with(page, DATE)
    seal = bounds(page.red, top=125 if page is sealed.pages[0] else 0)
    assert seal is not None
    text = [
        line.baseline
        for line in page.lines()
        if line.baseline < date.baseline - 1.5 * PITCH and line.left < 100
    ]
    assert 0 <= seal.top - (text[-1] + 0.12 * EM) <= 10.45


def test_without_a_seal_name_and_date_follow_the_other_rule(unsealed: Document) -> None:
    """7.3.5.2: the date starts two characters right of the name and one of them ends two characters from the edge."""
    _, page = end_of(unsealed)
    date = line_with(page, DATE)
    name = next(line for line in page.lines() if line.text == "锦川市人民政府" and line.left > 60)
    assert date.left - name.left == pytest.approx(2 * EM, abs=0.3)
    right = max(date.glyphs[-1].x, name.glyphs[-1].x) + EM
    assert right == pytest.approx(184 - 2 * EM, abs=0.5)
    assert bounds(page.red, top=125) is None


def test_note_stands_on_the_line_after_the_date(sealed: Document) -> None:
    _, page = end_of(sealed)
    note, date = line_with(page, "（此件公开发布）"), line_with(page, DATE)
    assert note.baseline - date.baseline == pytest.approx(PITCH, abs=0.5)
    assert note.left == pytest.approx(28 + 2 * EM, abs=0.3)


def test_imprint_closes_the_last_even_page(sealed: Document) -> None:
    assert len(sealed.pages) % 2 == 0
    found = rules(sealed.pages[-1].black)
    assert len(found) == 3
    first, inner, last = found
    assert last.centre == pytest.approx(262, abs=0.5)
    for rule in found:
        assert rule.width == pytest.approx(156, abs=0.5)
        assert (rule.left, rule.right) == pytest.approx((28, 184), abs=0.3)
    assert inner.height < first.height
    assert inner.height == pytest.approx(0.25, abs=0.13)
    assert first.height == pytest.approx(0.35, abs=0.13)
    assert last.height == pytest.approx(0.35, abs=0.13)
    assert not any(rules(page.black) for page in sealed.pages[:-1])


def test_imprint_has_copies_printer_and_date_one_character_in(sealed: Document) -> None:
    page = sealed.pages[-1]
    copies, printer = line_with(page, "抄送："), line_with(page, "印发")
    assert copies.text == "抄送：市委各部门，市人大常委会办公室。"
    assert printer.text == "锦川市人民政府办公室2026年11月5日印发"
    assert copies.left == pytest.approx(28 + EM, abs=0.3)
    assert printer.left == pytest.approx(28 + EM, abs=0.3)
    assert printer.glyphs[-1].x + SMALL == pytest.approx(184 - EM, abs=0.5)
    assert copies.glyphs[0].size == pytest.approx(SMALL, abs=0.02)


def test_page_numbers_stand_7_mm_below_the_type_area_outside(sealed: Document) -> None:
    numbered = [page for page in sealed.pages if bounds(page.black, top=264, bottom=280) is not None]
    assert numbered
    for index, page in enumerate(numbered, start=1):
        assert page is sealed.pages[index - 1]
        row = sorted((glyph for glyph in page.glyphs if glyph.baseline > 264), key=lambda glyph: glyph.x)
        assert "".join(glyph.char for glyph in row) == f"—{index}—"
        assert row[0].size == pytest.approx(SMALL, abs=0.02)
        assert row[0].font.endswith("NotoSerifCJKsc-Regular")
        dash = bounds(page.black, left=row[0].x, right=row[0].x + SMALL, top=264, bottom=280)
        ink = bounds(page.black, top=264, bottom=280)
        assert dash is not None
        assert ink is not None
        assert dash.centre == pytest.approx(269, abs=1)
        if index % 2:
            assert ink.right == pytest.approx(178.4, abs=1)
        else:
            assert ink.left == pytest.approx(33.6, abs=1)


def test_pages_from_a_blank_one_on_have_no_number(setter: Typesetter) -> None:
    """7.5: a blank page before the imprint's page, and that page, are not numbered."""
    for count in range(1, 24):
        elements = plain(notice(1, files=0), SENTENCE, count)
        document = Document(setter.typeset(elements, DETAILS, sealed=True, seal_name=SEAL_NAME).pdf)
        if not document.pages[-2].text:
            assert len(document.pages) % 2 == 0
            assert bounds(document.pages[-1].black, top=264) is None
            return
    pytest.fail("no text length left the imprint without room")


@pytest.mark.parametrize("files", [0, 2])
def test_a_signature_never_stands_without_text(setter: Typesetter, files: int) -> None:
    """7.3.5.5: whatever the length, two lines of text at least stand on the signature's page."""
    for count in range(1, 26):
        elements = plain(notice(1, files=files), SENTENCE, count)
        result = setter.typeset(elements, DETAILS, sealed=True, seal_name=SEAL_NAME)
        _, page = end_of(Document(result.pdf))
        date = line_with(page, DATE)
        above = [
            line for line in page.lines() if line.baseline < date.baseline - 1.5 * PITCH and line.left < 100
        ]
        assert len(above) >= 2, f"{count} paragraphs, {result.report}"
        assert 21 <= result.report.lines_a_page <= 23


def test_many_recipients_move_to_the_imprint(setter: Typesetter) -> None:
    """7.3.2: page 1 must show text."""
    elements = notice(3)
    many = tuple(replace(elements.main_recipients[0], name=f"第{n}区人民政府办公室") for n in range(1, 30))
    result = setter.typeset(
        replace(elements, main_recipients=many), DETAILS, sealed=True, seal_name=SEAL_NAME
    )
    document = Document(result.pdf)
    assert "主送：第1区人民政府办公室" in document.pages[-1].text
    assert SENTENCE[:8] in document.pages[0].text
