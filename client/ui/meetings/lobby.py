"""Before and after a meeting: the list at the left; at the right one meeting, a new call, or one's devices before going in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.meetings.rows import MeetingStanding
from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner
from client.ui.base.window_state import WindowState
from client.ui.meetings.attending import Attending
from client.ui.meetings.calling import Calling
from client.ui.meetings.calls import Calls
from client.ui.meetings.details import Details
from client.ui.meetings.device_check import DeviceCheck
from client.ui.meetings.gear import Prepared
from client.ui.meetings.hours import Hours
from client.ui.meetings.listing import Listing
from client.ui.meetings.meeting_list import MeetingList
from client.ui.meetings.services import Invited, Meetings
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.notice_strip import NoticedStack
from client.ui.widgets.panes import TwoPane

_LAST: Final = "meetings.meeting"


class Lobby(QWidget):
    """Signals: `counted` (how many meetings are on now), `rows_read` (all meetings), `news_came` (announcements), `entry_asked`
    (meeting: it was called to be entered at once, and has come into the list), `join_asked` (meeting, Prepared: the devices were
    tried).
    """

    counted = Signal(int)
    rows_read = Signal(object)
    news_came = Signal(object)
    entry_asked = Signal(str)
    join_asked = Signal(str, object)

    def __init__(
        self,
        meetings: Meetings,
        invited: Invited,
        attending: Attending,
        runner: CoreRunner,
        state: WindowState | None,
        now: Callable[[], int],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._attending = attending
        self._state = state
        self._now = now
        self._wanted = "" if state is None else state.value(_LAST)  # what was open the last time
        self._called = ("", False)  # the meeting just called, and whether one goes in at once
        self._trying = ""  # the meeting one is trying devices for
        self._list = MeetingList(now, self)
        self._calls = Calls()
        self._hours = Hours(now, self)
        self._listing = Listing(meetings, runner, self._list, self)
        self._details = Details(now, self)
        self._calling = Calling(meetings, invited, runner, now, self)
        self._call = self._calling.page
        self._check = DeviceCheck(attending.devices, attending.choice, self)
        self._empty = EmptyState(
            Icon.MEETINGS,
            tr("Choose a meeting"),
            tr("Picture and sound are encrypted from end to end; the server only passes them on."),
            tr("Call a meeting"),
        )
        self._stack = NoticedStack(self._empty, self._details, self._call, self._check, parent=self)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(TwoPane(self._list, self._stack, "meetings", state, self))
        self._connect()

    def _connect(self) -> None:
        self._list.new_asked.connect(lambda: self.call_in(""))
        self._list.join_asked.connect(self.go_in)
        self._list.again_asked.connect(self.call_in)
        self._list.opened.connect(lambda row: self.show_meeting(row.id))
        self._listing.read.connect(self._on_read)
        self._listing.shown.connect(self._on_shown)
        self._hours.struck.connect(self.refresh)
        self._empty.acted.connect(lambda: self.call_in(""))
        self._details.join_asked.connect(self.go_in)
        self._details.again_asked.connect(self.call_in)
        self._call.asked.connect(lambda _call: self.clear_notice())
        self._call.given_up.connect(self.go_back)
        self._calling.called.connect(self._on_called)
        self._calling.failed.connect(lambda error: self.show_notice(present(error)))
        self._check.join_asked.connect(self._on_join)
        self._check.given_up.connect(self.go_back)

    # What the page calls

    def show_notice(self, notice: Notice) -> None:
        self._stack.show_notice(notice)

    def clear_notice(self) -> None:
        self._stack.clear_notice()

    def refresh(self) -> None:
        """Read the list again; what is chosen stays chosen."""
        self._listing.refresh()

    def title(self, meeting: str) -> str:
        return self._listing.title(meeting)

    def show_meeting(self, meeting: str) -> None:
        """Open a meeting's details: from the list, from today, from a notification."""
        self._begin()
        if self._state is not None:
            self._state.set_value(_LAST, meeting)
        self._list.choose(meeting)
        row = self._listing.row(meeting)
        if row is not None:
            self._details.show_row(row)
            self._stack.show_page(self._details)
            self._details.focus()

    def call_in(self, conversation: str) -> None:
        """Call a meeting of this conversation's members, as chosen here or in the conversation itself; of nobody yet when empty."""
        self._begin()
        self._calling.begin(conversation)
        self._stack.show_page(self._call)

    def go_in(self, meeting: str) -> None:
        """Try the devices, then join."""
        self.clear_notice()
        self._trying = meeting
        self._attending.prepare()
        self._check.begin(self.title(meeting) or tr("Meeting"))
        self._stack.show_page(self._check)
        self._list.choose(meeting)

    def come_back(self) -> None:
        """One is out of a meeting: the details of the one last looked at stand there again."""
        if self._details.meeting:
            self._stack.show_page(self._details)
            self._details.focus()
        else:
            self._stack.show_page(self._empty)

    def go_back(self) -> None:
        """From calling to the meeting before; from a meeting to the list."""
        self._check.end()
        if self._details.meeting and not self._stack.shows(self._details):
            self.come_back()
            return
        if not self._details.meeting:
            self._stack.show_page(self._empty)
        self._list.list.setFocus()

    # What comes in

    def _on_read(self) -> None:
        rows = self._listing.rows
        self._go_on_with_called()
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

    def _go_on_with_called(self) -> None:
        """The meeting just called has come into the list."""
        if not self._called[0] or self._listing.row(self._called[0]) is None:
            return
        (meeting, at_once), self._called = self._called, ("", False)
        self.show_meeting(meeting)
        if at_once:
            self.entry_asked.emit(meeting)

    def _on_shown(self) -> None:
        # Whoever walks through the list with the keyboard is not called back by what arrives.
        if not self._list.list.hasFocus():
            self._list.choose(self._details.meeting)

    def _on_called(self, meeting: str, now: bool) -> None:
        self._called = (meeting, now)
        self._listing.refresh()

    def _on_join(self, prepared: Prepared) -> None:
        self.join_asked.emit(self._trying, prepared)

    def _begin(self) -> None:
        """Something else is looked at: what was said of the last, and its open devices, are done with."""
        self.clear_notice()
        self._check.end()
