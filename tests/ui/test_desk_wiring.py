"""The desk joins pages that do not know of each other: each connection here is one a user would miss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QRadioButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from client.core.events import (
    ConnectionChanged,
    ConversationsChanged,
    DirectoryChanged,
    DocumentsChanged,
    DraftsChanged,
    LinkState,
    LiveMeetingChanged,
    LogAged,
    MeetingsChanged,
    MembersChanged,
    NoticeRaised,
    OutboxChanged,
    OwnDeviceAppeared,
    SyncProgressed,
)
from client.documents.rows import Box
from client.meetings.rows import MeetingStanding
from client.ui.base.catalogue import LanguageName
from client.ui.base.theme import Tone
from client.ui.base.window_state import WindowState
from client.ui.directory.page import DirectoryPage
from client.ui.documents.compose import ComposePage
from client.ui.documents.document import DocumentPage
from client.ui.meetings.details import Details
from client.ui.meetings.leave_popover import LeavePopover
from client.ui.meetings.page import MeetingsPage
from client.ui.messaging.conversation import ConversationPane
from client.ui.messaging.message_list import MessageList
from client.ui.messaging.page import MessagesPage
from client.ui.messaging.start_page import StartPage
from client.ui.widgets.avatar import Avatar
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.notice import NoticeBar
from client.ui.window.area import AreaKey
from client.ui.window.desk import Desk
from client.ui.window.notifier import Notifier
from protocol.errors import ErrorCode
from tests.support.page_walk import settle
from tests.ui.desk_double import City
from tests.ui.document_hands import button, by_name, click_row, names_of, press
from tests.ui.documents_double import row as document_row
from tests.ui.finding import inside
from tests.ui.login_double import CURRENT, WAITING, AtOnce
from tests.ui.meeting_hands import bar_of, popover
from tests.ui.meetings_double import live
from tests.ui.messaging_double import DIRECT, GROUP
from tests.ui.settings_double import OwnDevicesDouble, settings_services
from tests.ui.test_age_bar import ASKED, OVERDUE

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def city(qapp: QApplication, state: WindowState) -> Iterator[City]:
    made = City.of(qapp, state)
    yield made
    made.close()


# What stands on the pages from the first moment


def test_today_shows_what_every_page_has_read(city: City) -> None:
    assert len(names_of(city.today("待办公文"))) == 4
    assert len(names_of(city.today("今日会议"))) == 1
    assert len(names_of(city.today("未读消息"))) == 2
    assert len(names_of(city.today("待办事项"))) == 1


def test_the_rail_counts_what_waits_in_each_area(city: City) -> None:
    said = {name: city.rail(name) for name in ("今日", "公文", "消息", "会议")}
    assert said == {"今日": "8 项待办", "公文": "4 项待办", "消息": "3 项待办", "会议": "1 项待办"}


def test_the_connection_is_said_before_it_changes(city: City) -> None:
    assert city.status("连接").startswith("离线")


# From one page to another


def test_a_document_of_today_opens_in_its_area(city: City) -> None:
    city.open(AreaKey.TODAY)
    click_row(city.today("待办公文"), 0)
    assert city.page(DocumentPage).isVisible()
    assert city.boxes.opened


def test_a_meeting_of_today_opens_in_its_area(city: City) -> None:
    city.open(AreaKey.TODAY)
    click_row(city.today("今日会议"), 0)
    assert inside(city.desk.window, Details).isVisible()


def test_a_conversation_of_today_opens_in_its_area(city: City) -> None:
    city.open(AreaKey.TODAY)
    click_row(city.today("未读消息"), 0)
    assert city.page(ConversationPane).isVisible()


def test_somebody_who_waits_is_in_the_address_book(city: City) -> None:
    city.open(AreaKey.TODAY)
    click_row(city.today("待办事项"), 0)
    assert city.page(DirectoryPage).isVisible()


def test_a_conversation_calls_its_meeting_in_the_other_area(city: City) -> None:
    city.desk.show_conversation(GROUP)
    settle()
    button(city.page(MessagesPage), "召集会议").click()
    settle()
    assert button(city.page(MeetingsPage), "召集并入会").isVisible()


def test_the_chat_button_of_a_meeting_counts_what_is_unread(city: City) -> None:
    city.meetings.now = live(2, conversation=GROUP)
    city.open(AreaKey.MEETINGS)
    city.hear(LiveMeetingChanged())
    city.talks.arrive("请到会")
    city.hear(ConversationsChanged((GROUP,)))
    assert bar_of(city.page(MeetingsPage)).chat.accessibleDescription() == "3 条未读"


@pytest.mark.parametrize(
    ("key", "shows"),
    [
        (AreaKey.DOCUMENTS, lambda city: city.page(ComposePage).isVisible()),
        (AreaKey.MESSAGES, lambda city: city.page(StartPage).isVisible()),
        (AreaKey.MEETINGS, lambda city: button(city.page(MeetingsPage), "召集并入会").isVisible()),
    ],
)
def test_control_n_begins_what_belongs_to_the_area(
    city: City, key: AreaKey, shows: Callable[[City], bool]
) -> None:
    city.open(key)
    QTest.keyClick(city.desk.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert shows(city)


# Notifications


def test_what_a_notification_is_of_opens(city: City) -> None:
    city.desk.show_subject(DIRECT)
    settle()
    assert city.page(ConversationPane).isVisible()
    city.desk.show_subject("mtg_dispatch")
    settle()
    assert inside(city.desk.window, Details).isVisible()


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Notifier, "_looked_at", lambda _self: False)


@pytest.mark.usefixtures("_elsewhere")
def test_a_message_is_notified_and_withdrawn_when_read(city: City, qtbot: QtBot) -> None:
    city.talks.arrive("请到会")
    city.hear(ConversationsChanged((GROUP,)))
    qtbot.waitUntil(lambda: city.desktop.on_screen is not None)
    for row in tuple(city.talks.listed.values()):
        city.talks.listed[row.id] = replace(row, unread=0, unread_from=None, news=None)
    city.hear(ConversationsChanged(tuple(city.talks.listed)))
    assert city.desktop.on_screen is None


@pytest.mark.usefixtures("_elsewhere")
def test_a_meeting_others_call_is_notified_on_the_window(city: City, qtbot: QtBot) -> None:
    first = city.meetings.listed["mtg_dispatch"]
    city.meetings.listed["mtg_new"] = replace(first, id="mtg_new", mine=False, chair="王芳")
    city.hear(MeetingsChanged())
    qtbot.waitUntil(lambda: bool(city.desktop.shown))
    assert city.desktop.alerts == 1


# What the core says


def test_the_status_line_says_what_the_core_does(city: City) -> None:
    city.hear(ConnectionChanged(LinkState.ONLINE))
    assert city.status("连接") == "已连接"
    city.hear(OutboxChanged(2, 1))
    city.hear(SyncProgressed(10, 15))
    assert city.status("同步") == "1 项被拒绝 · 2 项正在送出 · 5 项正在接收"


@pytest.mark.parametrize("event", [DocumentsChanged(()), DraftsChanged()])
def test_documents_are_read_again(city: City, event: object) -> None:
    city.boxes.by_box[Box.WAITING] += (document_row(7, "又一份"),)
    city.hear(event)
    assert "又一份" in names_of(city.today("待办公文"))


@pytest.mark.parametrize("event", [DirectoryChanged(3), MembersChanged()])
def test_who_waits_is_read_again(city: City, event: object) -> None:
    city.directory.confirmed.append(WAITING)
    city.hear(event)
    assert city.rail("今日") == "7 项待办"


def test_conversations_are_read_again(city: City) -> None:
    city.talks.arrive("请到会")
    city.hear(ConversationsChanged((GROUP,)))
    assert city.rail("消息") == "4 项待办"


def test_the_chat_beside_a_meeting_is_read_again(city: City) -> None:
    city.meetings.now = live(2, conversation=GROUP)
    city.open(AreaKey.MEETINGS)
    city.hear(LiveMeetingChanged())
    page = city.page(MeetingsPage)
    bar_of(page).chat.click()
    settle()
    before = by_name(page, MessageList, "消息").model().rowCount()
    city.talks.arrive("请到会")
    city.hear(ConversationsChanged((GROUP,)))
    assert by_name(page, MessageList, "消息").model().rowCount() == before + 1


def test_meetings_are_read_again(city: City) -> None:
    row = city.meetings.listed["mtg_dispatch"]
    city.meetings.listed[row.id] = replace(row, standing=MeetingStanding.OVER)
    city.hear(MeetingsChanged())
    assert city.rail("会议") == ""


def test_what_concerns_a_meeting_is_said_in_it_and_the_rest_in_the_window(city: City) -> None:
    def said(place: QWidget) -> str:
        return "\n".join(label.text() for label in place.findChildren(QLabel) if label.isVisible())

    city.meetings.now = live(2)
    city.open(AreaKey.MEETINGS)
    city.hear(LiveMeetingChanged())
    bar = inside(city.desk.window, QWidget, lambda widget: widget.objectName() == "window_notice")
    city.hear(NoticeRaised(ErrorCode.MEETINGS_MUTED))
    assert "主持人已将您静音。" in said(city.page(MeetingsPage))
    # That is no fault: it is told, not complained of.
    [told] = [each for each in city.page(MeetingsPage).findChildren(NoticeBar) if each.isVisible()]
    assert (told.property("notice"), told.notice and told.notice.code) == ("neutral", "")
    assert said(bar) == ""
    city.hear(NoticeRaised(ErrorCode.NETWORK_UNREACHABLE))
    assert "无法连接" in said(bar)


# Out


def test_a_language_and_the_lock_are_asked_of_the_application(city: City, qtbot: QtBot) -> None:
    chosen: list[LanguageName] = []
    city.desk.language_chosen.connect(chosen.append)
    city.desk.window.show_settings()
    settle()
    inside(city.desk.window, QRadioButton, lambda each: each.text() == "英文").click()
    with qtbot.waitSignal(city.desk.lock_asked):
        QTest.keyClick(city.desk.window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    assert chosen == [LanguageName.ENGLISH]


def test_a_desk_made_during_a_meeting_shows_it(city: City, state: WindowState) -> None:
    """A change of language makes the desk anew."""
    city.meetings.now = live(2)
    again = Desk(city.desk._services, AtOnce(), city.bridge, city.notifier, state, LinkState.ONLINE)
    assert inside(again.window, MeetingsPage).in_meeting
    delete(again.window)


# Closing


def _go_in(city: City, **what: Any) -> None:
    city.meetings.now = live(2, conversation=GROUP, **what)
    city.hear(LiveMeetingChanged())


def test_closing_the_window_asks_a_chair_with_others_around(city: City) -> None:
    _go_in(city)
    city.open(AreaKey.TODAY)
    city.desk.window.close()
    settle()
    assert city.desk.window.isVisible()
    assert city.page(MeetingsPage).isVisible()
    asked = popover(city.desk.window, LeavePopover)
    press(button(asked, "离开，由下一顺位主持"))
    city.desk.window.close()
    settle()
    assert not city.desk.window.isVisible()


def test_closing_the_window_asks_nobody_else(city: City) -> None:
    _go_in(city, i_chair=False)
    city.desk.window.close()
    settle()
    assert not city.desk.window.isVisible()


def test_the_end_of_the_program_waits_for_no_chair(city: City) -> None:
    _go_in(city)
    city.desk.window.end()
    assert not city.desk.window.isVisible()


# Whose desk it is


def test_the_rail_says_who_is_at_work(city: City) -> None:
    avatar = inside(city.desk.window.rail, Avatar)
    assert avatar.isVisible()
    assert avatar.toolTip() == "发改委文书\n市发展改革委 文秘科文书"


def test_a_device_enrolled_in_my_name_is_told_and_shown_in_the_settings(city: City) -> None:
    city.hear(OwnDeviceAppeared("dev_x"))
    bar = by_name(city.desk.window, NoticeBar, "提示")
    assert bar.notice is not None
    assert "有一台新设备以您的名义登记" in bar.notice.what


def test_a_device_without_its_persons_keys_says_where_to_bring_them(
    qtbot: QtBot, qapp: QApplication, state: WindowState, city: City
) -> None:
    services = replace(
        city.desk._services, settings=settings_services(state, OwnDevicesDouble(recoverable=True))
    )
    desk = Desk(services, AtOnce(), city.bridge, city.notifier, state, LinkState.OFFLINE)
    qtbot.addWidget(desk.window)
    desk.window.show()
    settle()
    bar = desk.window._notice
    assert bar.notice is not None
    assert bar.notice.what == "您的密钥还不在本机"


def test_the_directorys_age_stands_above_all_pages_and_its_question_is_answered_there(city: City) -> None:
    age = city.desk.window.age
    assert age.isHidden()
    city.hear(LogAged(OVERDUE))
    assert (age.notice and age.notice.tone, age.isHidden()) == (Tone.WAITING, False)
    # It is said there, with its day, and not a second time.
    city.hear(NoticeRaised(ErrorCode.DIRECTORY_OVERDUE, (("statement", "revocations"),)))
    assert [each for each in city.desk.window.findChildren(NoticeBar) if each.isVisible()] == [age]
    city.hear(LogAged(ASKED))
    [answer] = [each for each in age.findChildren(SecondaryButton) if each.isVisible()]
    press(answer)
    assert city.directory.clock_confirmed
    city.hear(LogAged(CURRENT))
    assert age.isHidden()
