"""Calling a meeting: of a conversation or of people, now or for another day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from client.ui.meetings.call_page import CallPage
from client.ui.meetings.device_check import DeviceCheck
from client.ui.meetings.page import MeetingsPage
from client.ui.messaging.beside import TalkBeside
from client.ui.widgets.list_view import ListView
from protocol.errors import ErrorCode
from tests.support.page_walk import discard, settle
from tests.ui.conversation_hands import notice_text
from tests.ui.document_hands import button, by_name, click_row, labelled, press, tick, write
from tests.ui.login_double import AtOnce
from tests.ui.meeting_hands import attending_of, discard_pages, made, shown
from tests.ui.meetings_double import (
    HOUR,
    DevicesDouble,
    MeetingsDouble,
)
from tests.ui.messaging_double import DIRECT, GROUP, MINUTE, NOW, ConversationsDouble


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


@pytest.fixture
def meetings() -> MeetingsDouble:
    return MeetingsDouble()


def test_a_meeting_of_a_conversation_is_called_now_and_entered(
    qtbot: QtBot, meetings: MeetingsDouble
) -> None:
    page = shown(qtbot, meetings)
    QTest.keyClick(page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    settle()
    start = button(page, "召集并入会")
    assert not start.isEnabled()
    click_row(by_name(page, ListView, "可选的会话"), 1)
    press(start)
    assert meetings.said("call") == [("call", DIRECT, NOW, NOW + HOUR)]
    assert page.findChildren(DeviceCheck)[0].isVisible()


def test_a_meeting_of_people_for_another_day_begins_a_conversation(
    qtbot: QtBot, meetings: MeetingsDouble
) -> None:
    talks = ConversationsDouble()
    page = MeetingsPage(
        meetings,
        talks,
        attending_of(meetings, DevicesDouble()),
        lambda conversation, parent: TalkBeside(talks, AtOnce(), conversation, parent),
        AtOnce(),
        None,
        now=lambda: NOW,
    )
    page.resize(1280, 800)
    page.show()
    page.new_meeting()
    settle()
    _choose(page, "其他人员")
    people = by_name(page, ListView, "选择人员")
    tick(people, 0)
    tick(people, 2)
    write(by_name(page, QWidget, "会议名称"), "资金拨付碰头会")
    _choose(page, "预定时间")
    when = by_name(page, QDateTimeEdit, "开始时间")
    assert when.dateTime().toMSecsSinceEpoch() > NOW
    when.setDateTime(QDateTime.fromMSecsSinceEpoch(NOW + 26 * HOUR))
    lasts = by_name(page, QComboBox, "时长")
    lasts.setCurrentIndex(lasts.findText("1.5 小时"))
    press(button(page, "召集并通知"))
    assert talks.acts == [("start", ("prs_wang", "prs_zhao"), "资金拨付碰头会")]
    ((_call, conversation, starts, ends),) = meetings.said("call")
    assert conversation in talks.listed
    assert (starts, ends) == (NOW + 26 * HOUR, NOW + 26 * HOUR + 90 * MINUTE)
    assert not page.findChildren(DeviceCheck)[0].isVisible()
    assert labelled(page, "未开始").isVisible()
    discard(page)


def test_a_meeting_of_two_can_be_named_too(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    talks = ConversationsDouble()
    page = made(meetings, talks=talks)
    qtbot.addWidget(page)
    page.show()
    page.new_meeting()
    settle()
    _choose(page, "其他人员")
    name = by_name(page, QWidget, "会议名称")
    assert not name.isEnabled()
    tick(by_name(page, ListView, "选择人员"), 0)
    assert name.isEnabled()
    write(name, "资金拨付碰头会")
    press(button(page, "召集并入会"))
    assert talks.acts == [("start", ("prs_wang",), "资金拨付碰头会")]


def _choose(page: QWidget, words: str) -> None:
    target = next(found for found in page.findChildren(QRadioButton) if found.text() == words)
    target.setChecked(True)
    settle()


def test_a_conversation_can_be_called_from_elsewhere(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    page = shown(qtbot, meetings)
    page.call_in(GROUP)
    settle()
    assert by_name(page, ListView, "可选的会话").current_row().id == GROUP
    press(button(page, "召集并入会"))
    assert meetings.said("call") == [("call", GROUP, NOW, NOW + HOUR)]


def test_a_call_that_is_refused_stays_and_says_why(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    page = shown(qtbot, meetings)
    page.call_in(GROUP)
    settle()
    meetings.refusing = ErrorCode.MEETINGS_UNAVAILABLE
    press(button(page, "召集并入会"))
    assert "会议服务暂时不可用" in notice_text(page)
    assert page.findChildren(CallPage)[0].isVisible()
    assert button(page, "召集并入会").isEnabled()
    QTest.keyClick(page.findChildren(CallPage)[0], Qt.Key.Key_Escape)
    settle()
    assert not page.findChildren(CallPage)[0].isVisible()
