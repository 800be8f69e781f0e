"""Questions beside a button: one at a time, inside the window, and never longer there than what they ask about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from client.meetings.rows import LiveRow, LiveState
from client.ui.meetings.chair import Whom
from client.ui.meetings.leave_popover import LeavePopover
from client.ui.meetings.room import Room
from client.ui.widgets.buttons import Button, PrimaryButton, SecondaryButton
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.list_view import ListView
from client.ui.widgets.question import Question
from client.ui.window.closing_question import ClosingQuestion
from tests.support.page_walk import settle
from tests.ui import conversation_hands
from tests.ui.document_hands import button, by_name, click_row, press
from tests.ui.meeting_hands import (
    bar_of,
    choose_in,
    discard_pages,
    in_meeting,
    menu_on,
    move,
    press_bar,
    tile_of,
)
from tests.ui.meetings_double import live
from tests.ui.messaging_double import GROUP, LONG, ConversationsDouble


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()
    conversation_hands.discard_pages()


def confirm(anchor: QWidget) -> Question:
    return ConfirmPopover(anchor, "分发后不能更改。", "确认", danger=False)


def leave(anchor: QWidget) -> Question:
    return LeavePopover(anchor, [Whom("prs_wang", "王芳", False), Whom("prs_li", "李强", False)])


Make = Callable[[QWidget], Question]


def closing(anchor: QWidget) -> Question:
    return ClosingQuestion(anchor.window())


KINDS: Final = (confirm, leave)
# What hangs on the window itself cannot outlive or lose its button; its other ways are those of the rest.
HANGS_ON_THE_WINDOW: Final = (closing,)
every_kind = pytest.mark.parametrize("make", KINDS)


def test_every_kind_of_question_is_tried_here(qtbot: QtBot) -> None:
    anchor = QWidget()
    qtbot.addWidget(anchor)
    assert {type(make(anchor)) for make in (*KINDS, *HANGS_ON_THE_WINDOW)} == set(Question.__subclasses__())


def asking(qtbot: QtBot, make: Make) -> tuple[QWidget, Button, Button]:
    """A window with two buttons, of which the first is asked about."""
    window = QWidget()
    window.resize(600, 400)
    first, second = PrimaryButton("分发", None, window), SecondaryButton("编号", None, window)
    second.move(0, 300)
    qtbot.addWidget(window)
    window.show()
    make(first).open()
    settle()
    return window, first, second


def standing(window: QWidget) -> list[Question]:
    return [each for each in window.findChildren(Question) if each.isVisible()]


@every_kind
def test_a_question_is_part_of_its_window_and_can_stand_over_no_other(qtbot: QtBot, make: Make) -> None:
    window, _first, _second = asking(qtbot, make)
    question = Question.asked()
    assert question is not None
    assert not question.isWindow()
    assert question.window() is window
    assert window.rect().contains(question.geometry())


@pytest.mark.parametrize("other", KINDS)
@every_kind
def test_a_second_question_takes_the_first_away_of_whatever_kind(
    qtbot: QtBot, make: Make, other: Make
) -> None:
    window, _first, second = asking(qtbot, make)
    later = other(second)
    later.open()
    settle()
    assert standing(window) == [later]
    assert Question.asked() is later
    assert window.rect().contains(later.geometry())


def _disable(window: QWidget, anchor: Button) -> None:
    anchor.setEnabled(False)


def _hide(window: QWidget, anchor: Button) -> None:
    anchor.hide()


def _delete(window: QWidget, anchor: Button) -> None:
    anchor.deleteLater()


def _shut(window: QWidget, anchor: Button) -> None:
    window.close()


def _resize(window: QWidget, anchor: Button) -> None:
    window.resize(500, 300)


def _elsewhere(window: QWidget, anchor: Button) -> None:
    under = window.childAt(500, 390)
    assert under is not None, "the question is over the window: a click beside it is no"
    QTest.mouseClick(under, Qt.MouseButton.LeftButton)


def _escape(window: QWidget, anchor: Button) -> None:
    question = Question.asked()
    assert question is not None
    QTest.keyClick(question, Qt.Key.Key_Escape)


@every_kind
@pytest.mark.parametrize("gone", [_disable, _hide, _delete, _shut, _resize, _elsewhere, _escape])
def test_a_question_goes_with_what_it_asks_about(
    qtbot: QtBot, gone: Callable[[QWidget, Button], None], make: Make
) -> None:
    window, first, _second = asking(qtbot, make)
    gone(window, first)
    settle()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert Question.asked() is None
    assert standing(window) == []


@every_kind
def test_a_question_whose_button_is_its_window_goes_with_it(qtbot: QtBot, make: Make) -> None:
    window = QWidget()
    window.resize(600, 400)
    qtbot.addWidget(window)
    window.show()
    make(window).open()
    window.resize(500, 300)
    assert Question.asked() is None
    make(window).open()
    window.setEnabled(False)
    assert Question.asked() is None


@every_kind
def test_tab_goes_round_the_answers_and_nowhere_else(qtbot: QtBot, make: Make) -> None:
    window, _first, _second = asking(qtbot, make)
    question = Question.asked()
    assert question is not None
    assert question.window() is window
    begun = window.focusWidget()
    kept = "取消" if isinstance(question, ConfirmPopover) else "新主持人"
    assert begun is not None
    assert begun.accessibleName() == kept, "Enter alone destroys nothing"
    came = []
    for _ in range(5):
        held = window.focusWidget()
        assert held is not None
        QTest.keyClick(held, Qt.Key.Key_Tab)
        held = window.focusWidget()
        assert held is not None
        assert held.parentWidget() is question
        came.append(held)
    assert begun in came, "it goes round"
    assert len(set(came)) == (2 if isinstance(question, ConfirmPopover) else 4)
    QTest.keyClick(came[-1], Qt.Key.Key_Backtab)
    assert window.focusWidget() is came[-2]


# A chair who leaves


@pytest.mark.parametrize(
    "now",
    [
        live(3, i_chair=False),
        live(3, meeting="mtg_" + "z" * 26),
        live(1),
        live(3, state=LiveState.ENDED),
        live(3, state=LiveState.REMOVED),
        None,
    ],
    ids=["another chairs", "another meeting", "nobody else is there", "ended", "removed", "gone"],
)
def test_a_chair_is_asked_no_longer_than_he_leads_others_in_this_meeting(
    qtbot: QtBot, now: LiveRow | None
) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    press_bar(page, "离开")
    assert isinstance(Question.asked(), LeavePopover)
    move(page, meetings, now)
    assert Question.asked() is None
    assert not meetings.said("end")
    assert not meetings.said("hand_over")


def test_what_else_changes_leaves_the_question_and_who_was_chosen(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(4))
    press_bar(page, "离开")
    asked = Question.asked()
    assert isinstance(asked, LeavePopover)
    heir = by_name(asked, QComboBox, "新主持人")
    heir.setCurrentIndex(1)
    chosen = heir.currentText()
    move(page, meetings, live(3, hand=True))
    assert Question.asked() is asked
    assert heir.currentText() == chosen


def test_when_the_one_chosen_has_left_nobody_is_chosen_in_his_place(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(4))
    press_bar(page, "离开")
    asked = Question.asked()
    assert isinstance(asked, LeavePopover)
    heir = by_name(asked, QComboBox, "新主持人")
    heir.setCurrentIndex(heir.count() - 1)
    gone = heir.currentText()
    move(page, meetings, live(3))
    assert [heir.itemText(place) for place in range(heir.count())].count(gone) == 0
    assert heir.currentText() == ""
    assert not button(asked, "移交并离开").isEnabled()
    heir.setCurrentIndex(0)
    assert button(asked, "移交并离开").isEnabled()


def test_the_bar_stays_while_a_chair_thinks_on_the_full_screen(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(3))
    bar = bar_of(page)
    press(button(page, "全屏（F11）"))
    QTest.mouseClick(bar.leave, Qt.MouseButton.LeftButton)
    asked = Question.asked()
    assert isinstance(asked, LeavePopover)
    room = bar.parentWidget()
    assert isinstance(room, Room)
    room.rest()
    assert bar.isVisible()
    assert Question.asked() is asked
    asked.close()


# What a chair asks about others


@pytest.mark.parametrize(
    "now",
    [live(3, i_chair=False), live(2), live(3, meeting="mtg_" + "z" * 26), None],
    ids=["another chairs", "he has left", "another meeting", "gone"],
)
@pytest.mark.parametrize("act", ["移交主持人…", "移出会议…"])
def test_a_question_about_somebody_goes_with_the_chair_and_with_him(
    qtbot: QtBot, act: str, now: LiveRow | None
) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    choose_in(menu_on(tile_of(page, "dev_2")), act)
    assert isinstance(Question.asked(), ConfirmPopover)
    move(page, meetings, live(3, hand=True))
    assert isinstance(Question.asked(), ConfirmPopover)
    move(page, meetings, now)
    assert Question.asked() is None


# Members of a conversation


@pytest.mark.parametrize("act", ["退出会话", "移出"])
def test_a_question_of_one_conversation_is_not_answered_in_another(qtbot: QtBot, act: str) -> None:
    talks = ConversationsDouble()
    page = conversation_hands.shown(qtbot, talks, GROUP)
    press(button(page, "成员"))
    click_row(by_name(page, ListView, "成员"), 2)
    press(button(page, act))
    assert isinstance(Question.asked(), ConfirmPopover)
    page.show_conversation(LONG)
    settle()
    assert Question.asked() is None
