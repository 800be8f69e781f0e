"""今日: what waits for me of every area, each one click from done."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from client.meetings.rows import MeetingStanding
from client.ui.base.rows import RowRole
from client.ui.today.page import TodayPage
from client.ui.widgets.list_view import ListView
from tests.support.page_walk import settle, walk
from tests.ui.conversation_hands import shown
from tests.ui.document_hands import button, by_name, click_row, names_of, press
from tests.ui.meetings_double import MEETINGS
from tests.ui.messaging_double import GROUP, NOW, ROWS, ConversationsDouble

DAY = 86_400_000


def today() -> TodayPage:
    page = TodayPage(now=lambda: NOW)
    page.set_meetings(MEETINGS)
    page.set_conversations(ROWS)
    return page


def test_meetings_of_today_and_unread_conversations_are_one_click_away(qtbot: QtBot) -> None:
    page = TodayPage(now=lambda: NOW)
    qtbot.addWidget(page)
    meetings: list[str] = []
    talks: list[str] = []
    counted: list[int] = []
    page.meeting_opened.connect(meetings.append)
    page.conversation_opened.connect(talks.append)
    page.counted.connect(counted.append)
    later, tomorrow, over, now = (
        replace(MEETINGS[0], id=name, title=name, standing=standing, starts_at=NOW + shift)
        for name, standing, shift in (
            ("later", MeetingStanding.COMING, 60_000),
            ("tomorrow", MeetingStanding.COMING, DAY),
            ("over", MeetingStanding.OVER, -3_600_000),
            ("now", MeetingStanding.NOW, -60_000),
        )
    )
    page.set_meetings((later, tomorrow, over, now))
    unread = [row for row in ROWS if row.unread]
    page.set_conversations(ROWS)
    page.show()
    settle()
    listed = by_name(page, ListView, "今日会议")
    assert names_of(listed) == ["now", "later"]
    click_row(listed, 1)
    click_row(by_name(page, ListView, "未读消息"), 0)
    assert (meetings, talks, counted[-1]) == (["later"], [unread[0].id], 2 + len(unread))


def test_it_says_when_it_is_time_to_go_in(qtbot: QtBot) -> None:
    page = TodayPage(now=lambda: NOW)
    qtbot.addWidget(page)
    soon, later = (replace(MEETINGS[1], id=str(ahead), starts_at=NOW + ahead) for ahead in (60_000, 600_000))
    page.set_meetings((MEETINGS[0], soon, later))
    model = by_name(page, ListView, "今日会议").model()
    marks = [model.index(row, 0).data(RowRole.CONTENT).deadline for row in range(3)]
    assert [mark and mark.text for mark in marks] == ["入会", "即将开始", None]


def test_a_right_click_opens_what_waits(qtbot: QtBot) -> None:
    page = today()
    qtbot.addWidget(page)
    opened: list[str] = []
    page.meeting_opened.connect(opened.append)
    listed = by_name(page, ListView, "今日会议")
    assert listed.menu_for is not None
    (entry,) = listed.menu_for(MEETINGS[0])
    entry.act()
    assert (entry.text, opened) == ("打开", [MEETINGS[0].id])


def test_nothing_stands_there_that_does_not_wait(qtbot: QtBot) -> None:
    page = today()
    qtbot.addWidget(page)
    page.show()
    settle()
    page.set_meetings(())
    page.set_conversations(tuple(replace(row, unread=0) for row in ROWS))
    settle()
    assert not [view for view in page.findChildren(ListView) if view.isVisible()]
    assert "今天没有待办事项" in [label.text() for label in page.findChildren(QLabel) if label.isVisible()]


def test_a_conversation_calls_a_meeting(qtbot: QtBot) -> None:
    page = shown(qtbot, ConversationsDouble(), GROUP)
    asked: list[str] = []
    page.meeting_asked.connect(asked.append)
    press(button(page, "召集会议"))
    assert asked == [GROUP]


def test_a_right_click_on_a_conversation_calls_its_meeting(qtbot: QtBot) -> None:
    page = shown(qtbot, ConversationsDouble(), GROUP)
    asked: list[str] = []
    page.meeting_asked.connect(asked.append)
    menu_for = by_name(page, ListView, "会话列表").menu_for
    assert menu_for is not None
    entries = {entry.text: entry for entry in menu_for(ROWS[0])}
    entries["召集会议"].act()
    assert (list(entries), asked) == (["打开", "召集会议"], [ROWS[0].id])


def test_the_page_is_well_drawn(qtbot: QtBot) -> None:
    walk(today, "today-meetings")
