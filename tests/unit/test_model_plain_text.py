"""Text as people type it: headings get their level, punctuation is put right, nothing is lost."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.documents.model import Level, is_clean_text
from protocol.documents.plain_text import level_of, parse, restore

typed = st.text(
    alphabet=st.one_of(
        st.sampled_from("一二三、（）()1234.．,，;:：?!\"'“”‘’…—～ \n\t《》年月日号"),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
        st.characters(codec="utf-8"),
    ),
    max_size=80,
)


def substance(text: str) -> str:
    """What counts as text: neither spaces nor what is never seen."""
    kept = (char for char in unicodedata.normalize("NFC", text) if not char.isspace() and is_clean_text(char))
    return unicodedata.normalize("NFC", "".join(kept).replace("\ufeff", ""))


@given(typed)
def test_no_text_is_lost(text: str) -> None:
    assert substance(restore(parse(text))) == substance(text)


@given(typed)
def test_only_recorded_changes_are_made(text: str) -> None:
    result = parse(text)
    lines = [result.title, *(block.text for block in result.blocks)]
    for change in result.changes:
        assert lines[change.line][change.column : change.column + len(change.after)] == change.after
        assert change.before != change.after


@pytest.mark.parametrize(
    ("typed_line", "level", "printed"),
    [
        ("一、总体要求", Level.FIRST, "一、总体要求"),
        ("十二、附则", Level.FIRST, "十二、附则"),
        ("(一)加强领导", Level.SECOND, "（一）加强领导"),
        ("（一）加强领导", Level.SECOND, "（一）加强领导"),
        ("1.摸清底数", Level.THIRD, "1.摸清底数"),
        ("1、摸清底数", Level.THIRD, "1.摸清底数"),
        ("1．摸清底数", Level.THIRD, "1.摸清底数"),
        ("(1)建立台账", Level.FOURTH, "（1）建立台账"),
        ("1.5亿元专项资金", Level.PARAGRAPH, "1.5亿元专项资金"),
        ("2026年工作", Level.PARAGRAPH, "2026年工作"),
        ("一是加强领导", Level.PARAGRAPH, "一是加强领导"),
    ],
)
def test_headings_as_people_type_them(typed_line: str, level: Level, printed: str) -> None:
    (block,) = parse("首行有句号。\n" + typed_line).blocks[1:]
    assert (block.level, block.text) == (level, printed)
    assert level_of(block.text) is level


@pytest.mark.parametrize(
    ("typed_line", "printed"),
    [
        ("各县,各部门:请照办;不得延误!", "各县，各部门：请照办；不得延误！"),
        ('称为“十三五"规划', "称为“十三五”规划"),
        ('要"守土有责"。', "要“守土有责”。"),
        ("含(市、区)三级", "含（市、区）三级"),
        ("文号1674-1145(2016)06,时间12:30", "文号1674-1145(2016)06，时间12:30"),
        ("共1,234.5万元", "共1,234.5万元"),
        ("等等......", "等等……"),
        ("到此为止.", "到此为止。"),
        ("网址example.gov.cn不变", "网址example.gov.cn不变"),
    ],
)
def test_punctuation_is_put_right_between_chinese_only(typed_line: str, printed: str) -> None:
    assert parse("首行有句号。\n" + typed_line).blocks[1].text == printed


def test_the_first_line_is_the_title_when_it_looks_like_one() -> None:
    result = parse("\n\n  关于做好防汛工作的通知  \n\n各区：\n一、要求\n")
    assert result.title == "关于做好防汛工作的通知"
    assert [block.text for block in result.blocks] == ["各区：", "一、要求"]


@pytest.mark.parametrize("first", ["一、要求", "各区：", "这是一句话。", "长" * 81])
def test_a_heading_or_a_sentence_is_no_title(first: str) -> None:
    result = parse(first + "\n正文。")
    assert result.title == ""
    assert result.blocks[0].text == first


def test_empty_text_is_an_empty_document() -> None:
    assert parse(" \n\t\n") == parse("")
    assert parse("").blocks == ()
