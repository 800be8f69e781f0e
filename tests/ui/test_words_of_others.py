"""Words that look like HTML are shown letter by letter wherever Qt would have taken them at their word (C43)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QKeySequence, Qt, QTextDocument
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from client.documents.rows import Action
from client.ui.base.labels import plain_entry, plain_label
from client.ui.base.tips import show_tip, tip_words
from client.ui.documents.act_buttons import ActButtons
from client.ui.widgets.buttons import (
    CheckBox,
    DangerButton,
    PrimaryButton,
    QuietButton,
    RadioButton,
    RowButton,
    SecondaryButton,
    ToolButton,
)
from client.ui.widgets.form import FormRow
from client.ui.widgets.menu import MenuEntry, build_menu
from client.ui.widgets.phrase_menu import PhraseMenu
from client.ui.widgets.text import ElidedText, Text
from client.ui.widgets.text_entry import TextEntry
from client.ui.window.tray import notice_words
from protocol.documents.steps import Step
from protocol.text import Field

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


# Letters that would become shortcuts

AMPERSANDS = ("研发R&D部主任", "&是开头", "结尾是&", "两个&&连着", "A&B&C", "& 空格")


def shown_of(given: str) -> str:
    """What Qt shows of words given to a button: each mark goes, and of two together one stays."""
    shown, rest = "", given
    while rest:
        taken = rest[1:] if rest[0] == "&" else rest
        shown, rest = shown + taken[:1], taken[1:]
    return shown


@given(st.text(st.sampled_from("&ab 研"), max_size=20))
def test_no_letter_of_any_words_becomes_a_shortcut_and_all_are_shown(words: str) -> None:
    assert QKeySequence.mnemonic(plain_label(words)).isEmpty()
    assert shown_of(plain_label(words)) == words
    assert plain_entry(f"{words}\tCtrl+Q") == f"{plain_label(words)} Ctrl+Q"


def tool_button(words: str) -> ToolButton:
    button = ToolButton()
    button.setText(words)
    return button


@pytest.mark.parametrize("words", AMPERSANDS)
@pytest.mark.parametrize(
    "kind",
    [
        PrimaryButton,
        SecondaryButton,
        DangerButton,
        QuietButton,
        RowButton,
        tool_button,
        CheckBox,
        RadioButton,
    ],
)
def test_a_button_says_these_words_and_takes_no_key(
    kind: Callable[[str], QAbstractButton], words: str, qtbot: QtBot
) -> None:
    button = kind(words)
    qtbot.addWidget(button)
    for _ in range(2):
        assert button.shortcut().isEmpty()
        assert shown_of(QAbstractButton.text(button)) == button.text() == words
        button.setText(words)


def test_words_that_come_back_to_a_button_without_room_take_no_key_either(qtbot: QtBot) -> None:
    button = SecondaryButton(AMPERSANDS[0])
    qtbot.addWidget(button)
    button.set_bare(True)
    assert button.text() == ""
    button.set_bare(False)
    assert button.text() == button.accessibleName() == AMPERSANDS[0]
    assert button.shortcut().isEmpty()


def lines_of(menu: QMenu) -> list[QAction]:
    return [action for action in menu.actions() if not action.isSeparator()]


@pytest.mark.parametrize("words", AMPERSANDS)
def test_lines_of_menus_say_these_words_and_take_no_key(words: str, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    phrases = PhraseMenu(TextEntry(Field.OPINION, parent), [words], parent)
    [line] = lines_of(build_menu([MenuEntry(words, lambda: None)], parent))
    [phrase] = lines_of(phrases.menu())
    for action in (line, phrase):
        assert QKeySequence.mnemonic(action.text()).isEmpty()
        assert shown_of(action.text()) == words


@pytest.mark.parametrize("words", AMPERSANDS)
def test_the_label_of_a_field_says_these_words_and_takes_no_key(words: str, qtbot: QtBot) -> None:
    row = FormRow(words, QLineEdit())
    qtbot.addWidget(row)
    label = next(each for each in row.findChildren(Text) if each.buddy() is row.field)
    for _ in range(2):
        assert QKeySequence.mnemonic(QLabel.text(label)).isEmpty()
        assert shown_of(QLabel.text(label)) == label.text() == words
        row.rename(words)
    plain = Text(words)
    qtbot.addWidget(plain)
    assert QLabel.text(plain) == words, "a label of nothing takes no keys, and shows every mark"


def test_the_way_forward_of_a_post_with_such_a_name_takes_no_key(qtbot: QtBot) -> None:
    buttons = ActButtons()
    qtbot.addWidget(buttons)
    buttons.resize(800, 100)
    act = Action(Step.SIGN_OFF, "pst_rd", "研发R&D部主任", True, False, (), ())
    buttons.show_actions((act,))
    [button] = buttons.findChildren(PrimaryButton)
    assert "研发R&D部主任" in button.text()
    assert "研发R&&D部主任" in QAbstractButton.text(button)
    assert button.shortcut().isEmpty()
