"""A paragraph of any length and any marks is set, or refused by the characters that have no glyph: never by the engine."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from client.typesetting.typeset import Typesetter, UnprintableTextError
from protocol.documents.model import Block, Elements
from tests.support.page_measure import Document
from tests.support.sample_documents import DETAILS, notice

SETTER = Typesetter()
LONGEST = 20_000
# What texts are made of; the last two have no glyph in any font of ours.
PIECES = (
    *"，。、；：？！）》〉」』】〕”’（《〈「『【〔“‘—…",
    *(
        "——",
        "……",
        "2026",
        "Wi-Fi",
        "a",
        " ",
        "12.5%",
        "防",
        "防汛值守",
        "城市内涝（含地下空间）",
        "“一网统管”",
    ),
    *("😀", "\U0010ffff"),
)
LISTS = {
    "names": "受表彰人员：" + "、".join(("张三", "李四王", "赵五")[n % 3] for n in range(520)) + "。",
    "marks": "，" * 1_000,
    "openings": "（" * 1_000,
    "letters": "a" * 40_000,
    "sentences": "防汛值守工作，" * 14_285,
}


def one_paragraph(text: str) -> Elements:
    """A document of one paragraph, set as heading where it begins as one."""
    return replace(notice(1, files=0), body=(Block(0, text),))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A few pieces in a random order, many times."""
    chosen = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
    length = draw(st.integers(1, LONGEST))
    random = Random(draw(st.integers(0, 1 << 32)))
    return "".join(random.choices(chosen, k=length))[:length]


# Without shrinking: a text of 20,000 characters takes a second, and the seed gives it again.
@settings(max_examples=20, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(texts())
def test_any_text_is_set_or_refused_for_its_characters(text: str) -> None:
    unprintable = {"😀", "\U0010ffff"}.intersection(text)
    if not unprintable:
        assert SETTER.typeset(one_paragraph(text), DETAILS, sealed=False).pages >= 2
        return
    with pytest.raises(UnprintableTextError) as caught:
        SETTER.typeset(one_paragraph(text), DETAILS, sealed=False)
    assert set(caught.value.characters) == unprintable


@pytest.mark.parametrize("name", LISTS)
def test_more_marks_than_the_engine_matches_in_one_paragraph(name: str) -> None:
    text = LISTS[name]
    result = SETTER.typeset(one_paragraph(text), DETAILS, sealed=False)
    if name in ("names", "sentences"):
        printed = Document(result.pdf).text
        assert printed.count("、") >= text.count("、")
        assert printed.count("防汛值守") == text.count("防汛值守")
