"""Titles break into whole phrases, in a trapezoid or a diamond, never an hourglass."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.typesetting.title import break_title


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于做好防汛工作的通知", ["关于做好防汛工作的通知"]),
        (
            "锦川市人民政府关于做好城市内涝防治工作的通知",
            ["锦川市人民政府关于做好", "城市内涝防治工作的通知"],
        ),
        (
            "锦川市发展和改革委员会锦川市财政局关于转发《省发展改革委省财政厅关于电子政务建设总体规划建议》的通知",
            [
                "锦川市发展和改革委员会锦川市财政局",
                "关于转发《省发展改革委省财政厅关于",
                "电子政务建设总体规划建议》的通知",
            ],
        ),
    ],
)
def test_titles_break_between_phrases(title: str, lines: list[str]) -> None:
    assert list(break_title(title)) == lines


def test_a_word_of_the_body_is_kept_whole() -> None:
    title = "锦川市人民政府关于加强全市瓮安洞古窑址群抢救性考古发掘的通知"
    lines = break_title(title, "瓮安洞古窑址群位于城东。瓮安洞古窑址群亟待保护。瓮安洞古窑址群面积大。")
    assert any("瓮安洞古窑址群" in line for line in lines)


@given(st.text(alphabet="关于印发通知的工作方案市人民政府《》（）、，2026年ABC和", min_size=1, max_size=90))
def test_no_character_is_lost_and_no_line_too_wide(title: str) -> None:
    lines = break_title(title)
    assert "".join(lines) == title
    widths = [sum(1.0 if ord(char) > 0x2000 else 0.55 for char in line) for line in lines]
    assert max(widths) <= 20
    # Once narrower, never wider again: no hourglass.
    falling = [i for i, (a, b) in enumerate(itertools.pairwise(widths)) if b < a]
    if falling and all(len(line) > 1 for line in lines):
        rest = widths[falling[0] + 1 :]
        assert all(b <= a for a, b in itertools.pairwise(rest))
