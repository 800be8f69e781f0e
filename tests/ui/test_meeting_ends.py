"""Every way out of a meeting, how it ended, and what is beside it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QPlainTextEdit, QSplitter
from pytestqt.qtbot import QtBot

from client.meetings.rows import LiveState
from client.ui.base.window_state import WindowState
from client.ui.meetings.leave_popover import LeavePopover
from client.ui.meetings.side import Side
from protocol.errors import ErrorCode
from tests.support.page_walk import settle
from tests.ui.conversation_hands import messages_of, notice_text
from tests.ui.document_hands import button, by_name, labelled, names_of, press, write
from tests.ui.meeting_hands import (
    bar_of,
    discard_pages,
    in_meeting,
    inside,
    move,
    popover,
    press_bar,
    tile_of,
    tiles_of,
    words_in,
)
from tests.ui.meetings_double import (
    DevicesDouble,
    live,
)


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


# Leaving


def test_leaving_is_one_click(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(3, i_chair=False))
    press_bar(page, "离开")
    assert meetings.said("leave") == [("leave",)]
    assert not page.in_meeting


def test_a_chair_alone_just_leaves(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(1))
    press_bar(page, "离开")
    assert meetings.said("leave")


@pytest.mark.parametrize(
    ("words", "acts"),
    [
        ("离开，由下一顺位主持", [("leave",)]),
        ("结束会议", [("end",)]),
        ("移交并离开", [("hand_over", "prs_li"), ("leave",)]),
    ],
)
def test_a_chair_says_what_becomes_of_the_others(
    qtbot: QtBot, words: str, acts: list[tuple[object, ...]]
) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    press_bar(page, "离开")
    assert page.in_meeting
    assert not meetings.said("leave")
    asked = popover(page, LeavePopover)
    by_name(asked, QComboBox, "新主持人").setCurrentIndex(1)
    press(inside(asked, words))
    settle()
    assert [act for act in meetings.acts if act[0] != "view"] == acts
    assert not page.in_meeting


def test_a_chair_who_cannot_hand_over_stays(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    meetings.refusing = ErrorCode.MEETINGS_ACT_OUTDATED
    press_bar(page, "离开")
    press(inside(popover(page, LeavePopover), "移交并离开"))
    assert page.in_meeting
    assert "会议状态刚刚发生变化" in notice_text(page)


# How it ends, and what it says meanwhile


@pytest.mark.parametrize(
    ("state", "fault", "words"),
    [
        (LiveState.REMOVED, None, "您已被主持人移出会议。"),
        (LiveState.ENDED, None, "会议已结束"),
        (LiveState.FAILED, ErrorCode.MEETINGS_UNAVAILABLE.value, "会议服务暂时不可用。"),
    ],
)
def test_how_it_ended_is_said_in_its_place(
    qtbot: QtBot, state: LiveState, fault: str | None, words: str
) -> None:
    devices = DevicesDouble()
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    press_bar(page, "打开摄像头")
    move(page, meetings, live(2, state=state, fault=fault))
    assert labelled(page, words).isVisible()
    assert devices.in_use() == []
    press(button(page, "返回会议列表"))
    assert not page.in_meeting
    assert meetings.said("leave")


def test_a_lost_connection_is_said_while_it_comes_back(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(2))
    move(page, meetings, live(2, state=LiveState.REJOINING))
    assert "正在自动重新接入" in notice_text(page)
    assert len(tiles_of(page)) == 2
    move(page, meetings, live(2))
    assert notice_text(page) == ""


def test_the_time_in_the_meeting_is_shown(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(2))
    assert labelled(page, "10:05").isVisible()


def test_the_chat_is_the_conversation_of_the_meeting(qtbot: QtBot, state: WindowState) -> None:
    page, _meetings = in_meeting(qtbot, live(2), state=state)
    press_bar(page, "聊天")
    field = by_name(page, QPlainTextEdit, "输入消息")
    write(field, "请看共享的屏幕")
    press(button(page, "发送"))
    assert "请看共享的屏幕" in names_of(messages_of(page))[-1]
    again, _meetings = in_meeting(qtbot, live(2), state=state)
    assert bar_of(again).chat.isChecked()
    press_bar(again, "参会人员")
    assert not bar_of(again).chat.isChecked()


def test_the_width_of_the_side_is_remembered(qtbot: QtBot, state: WindowState) -> None:
    page, _meetings = in_meeting(qtbot, live(2), state=state)
    press_bar(page, "聊天")
    side = page.findChildren(Side)[0]
    handle = next(split for split in page.findChildren(QSplitter) if split.widget(1) is side).handle(1)
    before = side.width()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton)
    QTest.mouseMove(handle, QPoint(-100, 10))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=QPoint(-100, 10))
    settle()
    wider = side.width()
    assert wider > before + 60
    again, _meetings = in_meeting(qtbot, live(2), state=state)
    assert again.findChildren(Side)[0].width() == wider


def test_a_tile_offers_its_menu_by_mouse(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(2))
    at = tile_of(page, "dev_1")
    place = at.rect().center()
    QApplication.sendEvent(
        at, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, at.mapToGlobal(place))
    )
    settle()
    assert "固定画面" in words_in(next(menu for menu in at.findChildren(QMenu) if menu.isVisible()))


def test_one_is_in_one_meeting_at_a_time(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(2))
    page.call_in("cnv_group")
    settle()
    assert "您正在会议中" in notice_text(page)
    page.go_in("mtg_weekly")
    settle()
    assert page.in_meeting
    assert len(tiles_of(page)) == 2
    assert not meetings.said("join")
