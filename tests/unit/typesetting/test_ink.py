"""A finished page is measured: what is printed outside the type area, or over other ink, is found; a good page is not."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pikepdf
import pytest

from client.typesetting import ink
from client.typesetting.typeset import Typeset, Typesetter
from protocol.documents.model import Elements, RecipientRef
from tests.support.page_measure import Document, bounds
from tests.support.sample_documents import DETAILS, SEAL_NAME, notice, plain

UNDER_SEAL = ("锦川市人民政府", "2026年11月3日")
GOOD = ("one", "two", "dense", "plain", "sentences")
DIGEST = "校验码（SHA-256）：e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855。"
LONG_NAME = "JC2026_UrbanFlooding_TaskBreakdown_FinalVersion_20261103_v3_revised_by_office_confirmed.xlsx"
LONG_SIGNATURE = "锦川市人民政府城市内涝防治工作领导小组办公室暨应急管理委员会综合协调办公室"
BODIES = tuple(RecipientRef("bdy_" + "a" * 26, f"第{number:02d}区县人民政府办公室") for number in range(65))


def bad() -> dict[str, Elements]:
    """Documents that the page cannot carry, each in another place."""
    short = notice(2)
    file = replace(short.attachments[0], name=LONG_NAME)
    return {
        "body": plain(notice(1), DIGEST, 2),
        "attachment": replace(short, attachments=(file,)),
        "signature": replace(short, signature_name=LONG_SIGNATURE),
        "imprint": replace(short, main_recipients=BODIES, copy_recipients=BODIES[:40]),
        "copies": replace(short, copy_recipients=BODIES),
    }


def set_and_measured(setter: Typesetter, elements: Elements, *, sealed: bool = True) -> ink.Astray | None:
    result = setter.typeset(elements, DETAILS, sealed=sealed, seal_name=SEAL_NAME if sealed else None)
    return ink.find_astray(result.pdf, (elements.signature_name, UNDER_SEAL[1]))


@pytest.mark.parametrize("name", GOOD)
def test_a_page_as_it_should_be_passes(name: str, results: Callable[[str], Typeset]) -> None:
    assert ink.find_astray(results(name).pdf, UNDER_SEAL) is None


def test_a_page_without_a_seal_passes(setter: Typesetter) -> None:
    assert set_and_measured(setter, notice(4), sealed=False) is None


def test_foreign_words_rare_characters_and_quotes_pass(setter: Typesetter) -> None:
    """Neighbours whose boxes touch, as AV and To do, are not over each other."""
    words = "采用Java、AV、Tomcat、WAVE和GB/T 9704-2012，对10kV线路、40km/h路段逐一排查，约占3.5%；①䶮、喆、玥——“好”……"
    assert set_and_measured(setter, plain(notice(1), words, 6)) is None


@pytest.mark.parametrize("place", bad())
def test_what_the_page_cannot_carry_is_found(place: str, setter: Typesetter) -> None:
    assert set_and_measured(setter, bad()[place]) is not None


def test_it_is_found_where_it_is(setter: Typesetter) -> None:
    found = set_and_measured(setter, bad()["body"])
    assert found is not None
    assert found.page == 1
    assert found.left > 184
    assert found.before in DIGEST + DIGEST[-6:] or found.after in DIGEST


def test_words_under_the_seal_are_only_those_it_may_press(results: Callable[[str], Typeset]) -> None:
    found = ink.find_astray(results("two").pdf, ("另一个机关", UNDER_SEAL[1]))
    assert found is not None
    assert found.after[0] in "锦川市人民政府"


def test_ink_put_on_a_good_page_is_found(results: Callable[[str], Typeset]) -> None:
    """Words written over other words in the type area, as two elements that meet would be."""
    with pikepdf.open(io.BytesIO(results("plain").pdf)) as pdf:
        page = pdf.pages[0]
        content = b"\n".join(part.read_bytes() for part in _streams(page))
        # All of it once more, half a millimetre lower.
        page.Contents = pdf.make_stream(b"q " + content + b" Q q 1 0 0 1 0 -1.4 cm " + content + b" Q")
        out = io.BytesIO()
        pdf.save(out)
    assert ink.find_astray(out.getvalue(), UNDER_SEAL) is not None


def _streams(page: pikepdf.Page) -> list[pikepdf.Object]:
    contents = page.obj.Contents
    return list(contents) if isinstance(contents, pikepdf.Array) else [contents]


def test_what_the_measure_lets_pass_has_no_ink_outside(sealed: Document) -> None:
    """The raster says so too: on a page that passes nothing dark lies outside the type area but the page number."""
    for page in sealed.pages:
        inked = bounds(page.ink)
        if inked is not None:  # the page before an imprint may be blank
            assert inked.left >= 27
            assert inked.right <= 185
            assert inked.top >= 36
