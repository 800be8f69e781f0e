"""会议: the meetings at the left, one of them at the right; and the meeting one is in, which has the page to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from client.meetings.rows import LiveRow, LiveState, MeetingStanding
from client.messaging.rows import ConversationRow
from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import wall_ms
from client.ui.base.operation import CoreRunner
from client.ui.base.theme import Tone
from client.ui.base.window_state import WindowState
from client.ui.meetings.attending import Attending
from client.ui.meetings.calling import Calling
from client.ui.meetings.calls import Calls
from client.ui.meetings.details import Details
from client.ui.meetings.device_check import DeviceCheck
from client.ui.meetings.full_screen import FullScreen
from client.ui.meetings.gear import Prepared
from client.ui.meetings.hours import Hours
from client.ui.meetings.listing import Listing
from client.ui.meetings.meeting_list import MeetingList
from client.ui.meetings.meeting_view import MeetingView
from client.ui.meetings.services import Invited, Meetings
from client.ui.meetings.side import TalkFor
from client.ui.meetings.standing_page import StandingPage
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.notice_strip import NoticedStack
from client.ui.widgets.panes import TwoPane

_LAST: Final = "meetings.meeting"
_OVER: Final = (LiveState.REMOVED, LiveState.ENDED, LiveState.FAILED)


class MeetingsPage(QWidget):
    """Reads the list again whenever it is told to, and shows the meeting one is in as its row says.

    Signals: `counted` (how many meetings are on now), `rows_read` (all meetings), `news_came` (announcements of
    meetings that others called, or that are about to begin).
    """

    counted = Signal(int)
    rows_read = Signal(object)
    news_came = Signal(object)

    def __init__(
        self,
        meetings: Meetings,
        invited: Invited,
        attending: Attending,
        talk_for: TalkFor,
        runner: CoreRunner,
        state: WindowState | None,
        parent: QWidget | None = None,
        *,
        now: Callable[[], int] = wall_ms,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Meetings"))
        self._meetings = meetings
        self._state = state
        self._wanted = "" if state is None else state.value(_LAST)  # what was open the last time
        self._called = ("", False)  # the meeting just called, and whether one goes in at once
        self._going = ""  # the meeting one is trying devices for, or is in
        self._away = False  # the user has left, and the row of the meeting may not know yet
        self._attending = attending
        self._list = MeetingList(now, self)
        self._calls = Calls()
        self._hours = Hours(now, self)
        self._now = now
        self._listing = Listing(meetings, runner, self._list, self)
        self._details = Details(now, self)
        self._calling = Calling(meetings, invited, runner, now, self)
        self._call = self._calling.page
        self._check = DeviceCheck(attending.devices, attending.choice, self)
        self._standing = StandingPage(self)
        self._view = MeetingView(meetings, attending, talk_for, state, now, self)
        self._empty = EmptyState(
            Icon.MEETINGS,
            tr("Choose a meeting"),
            tr("Picture and sound are encrypted from end to end; the server only passes them on."),
            tr("Call a meeting"),
        )
        self._lay_out(state)
        self._full = FullScreen(self._pages, self._view, self)
        self._connect()

    def _lay_out(self, state: WindowState | None) -> None:
        self._stack = NoticedStack(self._empty, self._details, self._call, self._check, parent=self)
        self._lists = TwoPane(self._list, self._stack, "meetings", state, self)
        self._pages = QStackedWidget(self)
        self._pages.setProperty("ground", "surface")
        for page in (self._lists, self._standing, self._view):
            self._pages.addWidget(page)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._pages)

    def _connect(self) -> None:
        self._list.new_asked.connect(self.new_meeting)
        self._list.join_asked.connect(self.go_in)
        self._list.again_asked.connect(self.call_in)
        self._listing.read.connect(self._on_read)
        self._hours.struck.connect(self.refresh)
        self._listing.shown.connect(self._on_shown)
        self._list.opened.connect(lambda row: self.show_meeting(row.id))
        self._empty.acted.connect(self.new_meeting)
        self._details.join_asked.connect(self.go_in)
        self._details.again_asked.connect(self.call_in)
        self._call.asked.connect(lambda _call: self.clear_notice())
        self._calling.called.connect(self._on_called)
        self._calling.failed.connect(lambda error: self.show_notice(present(error)))
        self._call.given_up.connect(self._go_back)
        self._check.join_asked.connect(self._on_join)
        self._check.given_up.connect(self._on_not_now)
        self._standing.acted.connect(self._on_standing_acted)
        self._attending.joined.connect(self.refresh_live)
        self._attending.refused.connect(self._on_refused)
        self._attending.left.connect(self._on_left)
        self._attending.said.connect(self.show_notice)
        self._view.leaving.connect(self._on_leaving)
        self._view.full_screen_asked.connect(self._on_full_screen)

    # What the window calls

    @property
    def in_meeting(self) -> bool:
        """Whether one is in a meeting, or on the way in."""
        return self._pages.currentWidget() is not self._lists

    def show_notice(self, notice: Notice) -> None:
        if self._full.on or self._pages.currentWidget() is self._view:
            self._view.show_notice(notice)
        else:
            self._stack.show_notice(notice)

    def clear_notice(self) -> None:
        self._stack.clear_notice()

    def refresh(self) -> None:
        """Read the list again; what is chosen stays chosen."""
        self._listing.refresh()

    def refresh_live(self) -> None:
        """The meeting one is in is different."""
        live = self._meetings.live()
        if live is not None and self._away and live.meeting == self._going:
            return
        self._attending.show_live(live)
        if live is None:
            if not self._standing_joins():
                self._show_lists()
        elif live.state in _OVER:
            self._standing.show_over(live)
            self._show_standing()
            self._view.end()
        elif live.state is LiveState.JOINING:
            self._standing.show_joining(live.title)
            self._show_standing()
        else:
            self._show_view(live)

    def refresh_talk(self) -> None:
        """Something was said in a conversation."""
        self._view.refresh_talk()

    def set_conversations(self, rows: tuple[ConversationRow, ...]) -> None:
        """What is unread in them."""
        self._view.set_unread({row.id: row.unread for row in rows})

    def show_meeting(self, meeting: str) -> None:
        """Open a meeting's details: from the list, from today, from a notification."""
        self.clear_notice()
        self._end_check()
        if self._state is not None:
            self._state.set_value(_LAST, meeting)
        self._list.choose(meeting)
        row = self._listing.row(meeting)
        if row is not None:
            self._details.show_row(row)
            self._stack.show_page(self._details)
            self._details.focus()

    def new_meeting(self) -> None:
        """Choose whom to meet, and when."""
        self.call_in("")

    def call_in(self, conversation: str) -> None:
        """A new meeting of this conversation's members, as chosen here or in the conversation itself."""
        self.clear_notice()
        self._end_check()
        if self._is_busy():
            return
        self._calling.begin(conversation)
        self._stack.show_page(self._call)

    def go_in(self, meeting: str) -> None:
        """Try the devices, then join."""
        self.clear_notice()
        if self._is_busy():
            return
        self._going = meeting
        self._attending.prepare()
        self._check.begin(self._listing.title(meeting) or tr("Meeting"))
        self._stack.show_page(self._check)
        self._list.choose(meeting)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self.in_meeting:
            self._go_back()
            return
        if event.key() == Qt.Key.Key_N and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.new_meeting()
            return
        super().keyPressEvent(event)

    # The list

    def _on_read(self) -> None:
        rows = self._listing.rows
        if self._called[0] and self._listing.row(self._called[0]) is not None:
            (meeting, now), self._called = self._called, ("", False)
            self.show_meeting(meeting)
            if now:
                self.go_in(meeting)
        self.counted.emit(sum(row.standing is MeetingStanding.NOW for row in rows))
        self.rows_read.emit(rows)
        self._hours.watch(rows)
        if news := self._calls.of(rows, self._now()):
            self.news_came.emit(news)
        row = self._listing.row(self._details.meeting)
        if row is not None:
            self._details.show_row(row)
        if self._wanted and self._listing.row(self._wanted) is not None:
            wanted, self._wanted = self._wanted, ""
            if not self._details.meeting and self._stack.shows(self._empty):
                self.show_meeting(wanted)

    def _on_shown(self) -> None:
        # Whoever walks through the list with the keyboard is not called back by what arrives.
        if not self._list.list.hasFocus():
            self._list.choose(self._details.meeting)

    def _on_called(self, meeting: str, now: bool) -> None:
        self._called = (meeting, now)
        self._listing.refresh()

    # In and out

    def _on_join(self, prepared: Prepared) -> None:
        self._away = False
        self._standing.show_joining(self._listing.title(self._going))
        self._show_standing()
        self._view.begin()
        self._attending.join(self._going, prepared)

    def _on_refused(self, error: BaseException) -> None:
        """One never got in: the details stand there again, and say why."""
        self._show_lists()
        self.show_notice(present(error))

    def _on_leaving(self) -> None:
        self._away = True
        self._show_lists()

    def _on_left(self) -> None:
        self._away = True
        self._show_lists()
        self._listing.refresh()

    def _on_full_screen(self, on: bool) -> None:
        if on:
            self._standing.show_elsewhere()
            self._pages.setCurrentWidget(self._standing)
        self._full.set_on(on)

    def _on_standing_acted(self) -> None:
        if self._full.on:
            self._full.set_on(False)
            return
        live = self._meetings.live()
        self._away = True
        self._show_lists()
        if live is not None or self._going:
            self._attending.leave()

    def _on_not_now(self) -> None:
        self._going = ""
        self._check.end()
        self._go_back()

    def _end_check(self) -> None:
        self._check.end()

    def _is_busy(self) -> bool:
        """One meeting at a time, which is said."""
        if self.in_meeting:
            words = tr("You are in a meeting; leave it before you call or enter another.")
            self.show_notice(Notice(words, tone=Tone.WAITING))
        return self.in_meeting

    def _standing_joins(self) -> bool:
        """The row of the meeting is not there yet: its joining has only begun."""
        return self._attending.joining and self._pages.currentWidget() is self._standing

    def _show_standing(self) -> None:
        self._full.set_on(False)
        self._pages.setCurrentWidget(self._standing)
        self._standing.focus()

    def _show_view(self, live: LiveRow) -> None:
        self._going = live.meeting
        if self._pages.currentWidget() is not self._view and not self._full.on:
            self._pages.setCurrentWidget(self._view)
            self._view.setFocus(Qt.FocusReason.OtherFocusReason)
        self._view.show_live(live)

    def _show_lists(self) -> None:
        self._full.set_on(False)
        if self._pages.currentWidget() is self._lists:
            return
        self._view.end()
        self._pages.setCurrentWidget(self._lists)
        if self._details.meeting:
            self._stack.show_page(self._details)
            self._details.focus()
        else:
            self._stack.show_page(self._empty)

    def _go_back(self) -> None:
        """From a new meeting to the one before; from a meeting to the list."""
        self._end_check()
        if self._stack.shows(self._details):
            self._list.list.setFocus()
        elif self._details.meeting:
            self._stack.show_page(self._details)
            self._details.focus()
        else:
            self._stack.show_page(self._empty)
            self._list.list.setFocus()
