"""Words that look like HTML are shown letter by letter wherever Qt would have taken them at their word (C43)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from PySide6.QtGui import Qt, QTextDocument
from PySide6.QtWidgets import QApplication, QLabel, QToolTip
from pytestqt.qtbot import QtBot

from client.ui.base.tips import show_tip, tip_words
from client.ui.widgets.text import ElidedText
from client.ui.window.tray import notice_words

HOSTILE = (
    "<b>急</b>",
    '<img src="/dev/zero">',
    "<img src=/dev/zero>",
    "  <a href='file:///etc/passwd'>看这里</a>",
    "<!doctype html><h1>通知</h1>",
    "a &lt; b",
    "<table><tr><td>一</td></tr></table>\n第二行",
)


def seen_in(tip: str) -> str:
    """What Qt shows of a tooltip."""
    if not Qt.mightBeRichText(tip):
        return tip
    document = QTextDocument()
    document.setHtml(tip)
    return document.toPlainText()


@pytest.mark.parametrize("words", HOSTILE)
def test_a_tooltip_shows_the_letters_of_what_looks_like_markup(words: str, qapp: QApplication) -> None:
    assert seen_in(tip_words(words)).strip() == words.strip()


@given(st.text(st.sampled_from('<>&;/"=!? \nbimgsrc急'), max_size=40))
def test_no_words_at_all_are_taken_for_markup(words: str) -> None:
    assert seen_in(tip_words(words)).split() == words.split()


def test_a_tooltip_is_no_longer_than_a_screen(qapp: QApplication) -> None:
    assert len(tip_words("字" * 20_000)) < 1_300
    assert tip_words("一\n" * 20_000).count("\n") < 20
    assert tip_words("<b>\n" * 20_000).count("<br>") < 20


@pytest.mark.parametrize("words", HOSTILE)
def test_a_cut_label_and_a_tip_on_it_name_no_picture(words: str, qtbot: QtBot) -> None:
    label = ElidedText(words)
    qtbot.addWidget(label)
    label.resize(20, 20)
    label.show()
    assert seen_in(label.toolTip()).split() in (words.split(), [])
    show_tip(QPoint(5, 5), words, label)
    shown = [each for each in QApplication.topLevelWidgets() if isinstance(each, QLabel) and each.text()]
    assert seen_in(QToolTip.text()).split() == words.split()
    assert all("<img" not in each.text() and "<a " not in each.text() for each in shown if each is not label)
    QToolTip.hideText()


def test_a_desktop_that_reads_markup_is_told_none() -> None:
    assert "<" not in notice_words("<img src=x> 急", "linux")
    assert notice_words("2 < 3", "win32") == "2 < 3"
