"""Notifications of messages: one for a burst, none for who is looking, little by default and nothing of content when locked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QRadioButton, QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from client.core.events import LinkState
from client.meetings.rows import MeetingStanding
from client.messaging.rows import ConversationRow
from client.ui.base.announcement import Announcement
from client.ui.base.window_state import WindowState
from client.ui.meetings.calls import Calls
from client.ui.messaging.page import MessagesPage
from client.ui.settings.choices import NewsShown, chosen_news, keep_news
from client.ui.settings.news import NewsSection
from client.ui.window.notifier import Notifier
from client.ui.window.tray import Tray
from tests.support.page_walk import settle
from tests.ui.conversation_hands import discard_pages, made
from tests.ui.desk_double import Desktop
from tests.ui.document_hands import by_name
from tests.ui.meetings_double import MEETINGS
from tests.ui.messaging_double import DIRECT, GROUP, NOW, ConversationsDouble

SECRET = "下午四点前请将修改稿送办公室"


@dataclass
class Office:
    """The page of messages with its notifier, in a window that is looked at or not."""

    talks: ConversationsDouble
    page: MessagesPage
    desktop: Desktop
    notifier: Notifier
    state: WindowState
    qtbot: QtBot

    def hear(self) -> None:
        """The core says that conversations changed."""
        self.page.refresh()
        settle()

    def told(self, count: int = 1) -> tuple[str, str]:
        self.qtbot.waitUntil(lambda: len(self.desktop.shown) >= count)
        assert len(self.desktop.shown) == count
        return self.desktop.shown[-1]


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> Iterator[Callable[[], None]]:
    """The user looks at another program, until he is called back."""
    there = Qt.ApplicationState.ApplicationInactive
    patch = pytest.MonkeyPatch()
    patch.setattr(QGuiApplication, "applicationState", lambda: there)

    def back() -> None:
        patch.undo()
        monkeypatch.setattr(
            QGuiApplication, "applicationState", lambda: Qt.ApplicationState.ApplicationActive
        )
        qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)

    yield back
    patch.undo()


@pytest.fixture
def office(qtbot: QtBot, state: WindowState, elsewhere: Callable[[], None]) -> Iterator[Office]:
    talks, desktop = ConversationsDouble(), Desktop()
    page = made(talks)
    qtbot.addWidget(page)
    page.show()
    notifier = Notifier(desktop, state, page)
    notifier.watch(page)
    page.news_came.connect(notifier.take)
    page.counted.connect(notifier.set_unread)
    yield Office(talks, page, desktop, notifier, state, qtbot)
    discard_pages()


def test_by_default_the_sender_is_named_and_nothing_else(office: Office) -> None:
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    assert office.told() == ("李强", "有新消息")
    assert office.desktop.alerts == 1


def test_in_a_group_the_group_is_named_too(office: Office) -> None:
    office.talks.arrive(SECRET)
    office.hear()
    assert office.told() == ("王芳 · 农村公路养护征求意见", "有新消息")


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (NewsShown.CONTENT, ("李强", SECRET)),
        (NewsShown.SENDER, ("李强", "有新消息")),
        (NewsShown.PRESENCE, ("锦书", "有新消息")),
    ],
)
def test_the_user_says_how_much_is_told(office: Office, choice: NewsShown, said: tuple[str, str]) -> None:
    keep_news(office.state, choice)
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    assert office.told() == said


def test_who_wants_no_notifications_gets_none(office: Office) -> None:
    keep_news(office.state, NewsShown.NOTHING)
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    office.qtbot.waitUntil(lambda: not office.notifier.busy)
    assert office.desktop.shown == []
    assert office.desktop.alerts == 0


def test_a_burst_is_one_notification(office: Office) -> None:
    for number in range(3):
        office.talks.arrive(f"第{number}条", "prs_li", DIRECT)
        office.hear()
    assert office.told() == ("李强", "3 条新消息")


def test_news_of_several_conversations_are_one_notification(office: Office) -> None:
    keep_news(office.state, NewsShown.CONTENT)
    for _number in range(4):
        office.talks.arrive(SECRET)
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    assert office.told() == ("5 条新消息", "李强、农村公路养护征求意见")


def test_what_catching_up_brings_is_one_notification_at_its_end(office: Office) -> None:
    office.notifier.set_link(LinkState.CONNECTING)
    for _page in range(3):
        office.talks.arrive(SECRET)
        office.hear()
        assert not office.notifier.busy
    assert office.desktop.shown == []
    office.notifier.set_link(LinkState.ONLINE)
    assert office.told() == ("农村公路养护征求意见", "3 条新消息")


def test_what_was_unread_before_is_no_news(office: Office) -> None:
    office.hear()
    assert not office.notifier.busy


def test_who_looks_at_the_window_is_told_nothing(office: Office, elsewhere: Callable[[], None]) -> None:
    elsewhere()
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    assert not office.notifier.busy
    assert office.desktop.shown == []


def test_a_minimised_window_is_not_looked_at(office: Office, elsewhere: Callable[[], None]) -> None:
    elsewhere()
    office.page.showMinimized()
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    assert office.told() == ("李强", "有新消息")


def test_who_comes_back_finds_it_taken_back(office: Office, elsewhere: Callable[[], None]) -> None:
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    office.told()
    elsewhere()
    assert office.desktop.on_screen is None


def test_reading_on_another_device_takes_it_back(office: Office) -> None:
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    office.told()
    office.talks.listed = {
        name: replace(row, unread=0, news=None) for name, row in office.talks.listed.items()
    }
    office.hear()
    assert office.desktop.on_screen is None


def _changed(row: ConversationRow) -> dict[str, ConversationRow]:
    """An edit, a read mark or a message of mine: the row is another, the newest unread message the same."""
    return {
        "edited": replace(row, preview="改过的话", at=row.at + 1),
        "marked": replace(row, at=row.at + 1),
        "mine": replace(row, preview="我从另一台电脑说的", at=row.at + 1),
        "recalled": replace(row, unread=max(row.unread - 1, 0), news=None, at=row.at + 1),
    }


@pytest.mark.parametrize("what", ["edited", "marked", "mine", "recalled"])
def test_what_is_no_new_message_is_not_told(office: Office, what: str) -> None:
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    office.told()
    office.talks.listed[DIRECT] = _changed(office.talks.listed[DIRECT])[what]
    office.hear()
    assert not office.notifier.busy
    assert len(office.desktop.shown) == 1


def test_a_click_opens_the_conversation(office: Office) -> None:
    opened: list[str] = []
    office.notifier.opened.connect(opened.append)
    office.talks.arrive(SECRET)
    office.hear()
    office.told()
    office.desktop.click()
    assert opened == [GROUP]
    assert office.desktop.on_screen is None


def test_locking_takes_back_what_is_on_the_screen(office: Office) -> None:
    keep_news(office.state, NewsShown.CONTENT)
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    office.told()
    office.notifier.lock()
    assert office.desktop.on_screen is None


def test_what_waited_when_it_was_locked_is_never_told(office: Office) -> None:
    keep_news(office.state, NewsShown.CONTENT)
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    assert office.notifier.busy
    office.notifier.lock()
    assert not office.notifier.busy
    assert office.desktop.shown == []


def test_news_that_are_heard_while_locked_name_nobody_and_nothing(office: Office) -> None:
    """A reading begun before the lock may end after it."""
    keep_news(office.state, NewsShown.CONTENT)
    opened: list[str] = []
    office.notifier.opened.connect(opened.append)
    office.notifier.lock()
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    assert office.told() == ("锦书", "有新消息")
    assert office.desktop.alerts == 0
    office.desktop.click()
    assert opened == [""]


def test_the_choice_is_made_in_the_settings(qtbot: QtBot, state: WindowState) -> None:
    page = NewsSection(state)
    qtbot.addWidget(page)
    page.show()
    assert chosen_news(state) is NewsShown.SENDER
    by_name(page, QRadioButton, "只提示有新消息").click()
    assert chosen_news(state) is NewsShown.PRESENCE
    state.set_value("news", "shouted")
    assert chosen_news(state) is NewsShown.SENDER


def test_the_tray_is_driven_with_or_without_a_desktop_that_has_one(qapp: QApplication) -> None:
    """Offscreen there is none: nothing may fail, and a click on a notification is heard all the same."""
    owner = QWidget()
    tray = Tray(owner)
    heard: list[bool] = []
    tray.on_click(lambda: heard.append(True))
    tray.show("李强", "有新消息")
    tray.alert(owner)
    tray.withdraw()
    icon = tray.findChild(QSystemTrayIcon)
    assert isinstance(icon, QSystemTrayIcon)
    assert not icon.icon().isNull()
    icon.messageClicked.emit()
    icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    icon.activated.emit(QSystemTrayIcon.ActivationReason.Context)
    assert heard == [True, True]
    owner.deleteLater()


# Meetings


def called(sender: str = "王芳", place: str = "防汛会商") -> Announcement:
    return Announcement("mtg_1", sender, place, "", 1, is_call=True)


def test_a_called_meeting_names_who_calls_and_goes_before_messages(office: Office) -> None:
    opened: list[str] = []
    office.notifier.opened.connect(opened.append)
    office.talks.arrive(SECRET, "prs_li", DIRECT)
    office.hear()
    office.notifier.take((called(),))
    office.notifier.set_unread(0)
    assert office.told() == ("王芳", "正在召集会议")
    # Having read everything is no answer to a call.
    office.notifier.set_unread(0)
    assert office.desktop.on_screen is not None
    office.desktop.click()
    assert opened == ["mtg_1"]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (NewsShown.CONTENT, ("王芳", "正在召集会议 · 防汛会商")),
        (NewsShown.PRESENCE, ("锦书", "正在召集会议")),
    ],
)
def test_a_called_meeting_is_told_as_much_of_as_messages_are(
    office: Office, choice: NewsShown, said: tuple[str, str]
) -> None:
    keep_news(office.state, choice)
    office.notifier.take((called(),))
    assert office.told() == said


def test_only_meetings_that_others_call_now_are_news() -> None:
    calls = Calls()
    now = replace(MEETINGS[0], id="mtg_new", standing=MeetingStanding.NOW, mine=False)
    assert calls.of(MEETINGS, NOW) == ()
    assert [each.subject for each in calls.of((*MEETINGS, now), NOW)] == ["mtg_new"]
    assert calls.of((*MEETINGS, now), NOW) == ()
    mine = replace(now, id="mtg_mine", mine=True)
    later = replace(now, id="mtg_later", standing=MeetingStanding.COMING)
    assert calls.of((*MEETINGS, now, mine, later), NOW) == ()
    begun = replace(later, standing=MeetingStanding.NOW)
    assert [each.subject for each in calls.of((*MEETINGS, now, mine, begun), NOW)] == ["mtg_later"]


def test_a_meeting_about_to_begin_is_told_once_to_who_chairs_it_too() -> None:
    calls = Calls()
    minute = 60_000
    rows = tuple(
        replace(MEETINGS[1], id=f"mtg_{mine}", mine=mine, starts_at=NOW + 6 * minute)
        for mine in (True, False)
    )
    assert calls.of(rows, NOW) == ()
    told = calls.of(rows, NOW + minute)
    assert [(each.subject, each.is_soon) for each in told] == [("mtg_True", True), ("mtg_False", True)]
    begun = tuple(replace(row, standing=MeetingStanding.NOW) for row in rows)
    assert calls.of(begun, NOW + 6 * minute) == ()


def test_a_meeting_about_to_begin_names_who_leads_it_and_nothing_else(office: Office) -> None:
    office.notifier.take((replace(called(), is_soon=True),))
    assert office.told() == ("王芳", "会议即将开始")
