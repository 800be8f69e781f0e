"""会议: the meetings at the left, one of them at the right; and the meeting one is in, which has the page to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from client.meetings.rows import LiveRow, LiveState, MeetingRow, MeetingStanding
from client.messaging.rows import ConversationRow, PersonChoice
from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import wall_ms
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.window_state import WindowState
from client.ui.meetings.attending import Attending
from client.ui.meetings.call_page import Call, CallPage
from client.ui.meetings.details import Details
from client.ui.meetings.device_check import DeviceCheck
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.full_screen import FullScreen
from client.ui.meetings.gear import Prepared
from client.ui.meetings.meeting_list import MeetingList
from client.ui.meetings.meeting_view import MeetingView
from client.ui.meetings.services import Devices, Invited, Meetings
from client.ui.meetings.side import TalkFor
from client.ui.meetings.standing_page import StandingPage
from client.ui.meetings.words import meeting_title
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.notice_strip import NoticedStack
from client.ui.widgets.panes import TwoPane

_LAST: Final = "meetings.meeting"
_OVER: Final = (LiveState.REMOVED, LiveState.ENDED, LiveState.FAILED)


class MeetingsPage(QWidget):
    """Reads the list again whenever it is told to, and shows the meeting one is in as its row says.

    Signals: `counted` (how many meetings are on now).
    """

    counted = Signal(int)

    def __init__(
        self,
        meetings: Meetings,
        invited: Invited,
        devices: Devices,
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
        self._invited = invited
        self._runner = runner
        self._state = state
        self._last = "" if state is None else state.value(_LAST)
        self._rows: tuple[MeetingRow, ...] = ()
        self._reading: Operation[tuple[MeetingRow, ...]] | None = None
        self._going = ""  # the meeting one is trying devices for, or is in
        self._away = False  # the user has left, and the row of the meeting may not know yet
        choice = DeviceChoice(state)
        self._attending = Attending(meetings, devices, choice, runner, self)
        self._list = MeetingList(now, self)
        self._details = Details(now, self)
        self._call = CallPage(now, self)
        self._check = DeviceCheck(devices, choice, self)
        self._standing = StandingPage(self)
        self._view = MeetingView(meetings, devices, choice, self._attending, talk_for, state, now, self)
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
        self._list.searched.connect(lambda _words: self._read_rows())
        self._list.opened.connect(lambda row: self.show_meeting(row.id))
        self._empty.acted.connect(self.new_meeting)
        self._details.join_asked.connect(self.go_in)
        self._details.again_asked.connect(self.call_in)
        self._call.asked.connect(self._on_call)
        self._call.given_up.connect(self._go_back)
        self._check.join_asked.connect(self._on_join)
        self._check.given_up.connect(self._on_not_now)
        self._standing.acted.connect(self._on_standing_acted)
        self._attending.joined.connect(self.refresh_live)
        self._attending.refused.connect(self._on_refused)
        self._attending.left.connect(self._on_left)
        self._view.leaving.connect(self._on_leaving)
        self._view.full_screen_asked.connect(self._full.set_on)

    # What the window calls

    @property
    def in_meeting(self) -> bool:
        """Whether one is in a meeting, or on the way in."""
        return self._pages.currentWidget() is not self._lists

    def show_notice(self, notice: Notice) -> None:
        if self._pages.currentWidget() is self._view:
            self._view.show_notice(notice)
        else:
            self._stack.show_notice(notice)

    def clear_notice(self) -> None:
        self._stack.clear_notice()

    def refresh(self) -> None:
        """Read the list again; what is chosen stays chosen."""
        self._read_rows()

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
        elif live.state is LiveState.JOINING:
            self._standing.show_joining(live.title)
            self._show_standing()
        else:
            self._show_view(live)

    def refresh_talk(self) -> None:
        """Something was said in a conversation."""
        self._view.refresh_talk()

    def show_meeting(self, meeting: str) -> None:
        """Open a meeting's details: from the list, from today, from a notification."""
        self.clear_notice()
        self._end_check()
        self._last = meeting
        if self._state is not None:
            self._state.set_value(_LAST, meeting)
        self._list.choose(meeting)
        for row in self._rows:
            if row.id == meeting:
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
        self._call.begin(conversation)
        self._stack.show_page(self._call)
        Operation(self, self._runner, self._invited.rows, on_success=self._on_conversations)
        Operation(self, self._runner, self._invited.people, on_success=self._on_people)

    def go_in(self, meeting: str) -> None:
        """Try the devices, then join."""
        self.clear_notice()
        self._going = meeting
        titles = [meeting_title(row) for row in self._rows if row.id == meeting]
        self._check.begin(next(iter(titles), tr("Meeting")))
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

    def _read_rows(self) -> None:
        if self._reading is not None:
            self._reading.cancel()  # an older answer must not arrive after a newer one
        query = self._list.query
        operation = Operation(
            self,
            self._runner,
            lambda: self._meetings.rows(query),
            on_success=lambda rows: self._on_rows(query, rows),
        )
        operation.finished.connect(lambda: self._forget(operation))
        self._reading = operation if operation.busy else None

    def _forget(self, operation: Operation[tuple[MeetingRow, ...]]) -> None:
        if self._reading is operation:
            self._reading = None

    def _on_rows(self, query: str, rows: tuple[MeetingRow, ...]) -> None:
        first = not self._rows
        if not query:
            self._rows = rows
            self.counted.emit(sum(row.standing is MeetingStanding.NOW for row in rows))
        self._list.set_rows(rows)
        if not self._list.list.hasFocus():
            self._list.choose(self._details.meeting or self._last)
        for row in rows:
            if row.id == self._details.meeting:
                self._details.show_row(row)
        if first and self._stack.shows(self._empty) and self._last in {row.id for row in rows}:
            self.show_meeting(self._last)

    # A new meeting

    def _on_conversations(self, rows: tuple[ConversationRow, ...]) -> None:
        self._call.set_conversations(rows)

    def _on_people(self, people: tuple[PersonChoice, ...]) -> None:
        self._call.set_people(people)

    def _on_call(self, call: Call) -> None:
        async def work() -> str:
            conversation = call.conversation or await self._invited.start(call.people, call.title)
            return await self._meetings.call(conversation, call.starts_at, call.ends_at)

        self.clear_notice()
        self._call.set_busy(True)
        Operation(
            self,
            self._runner,
            work,
            on_success=lambda meeting: self._on_called(meeting, call),
            on_failure=self._on_not_called,
        )

    def _on_called(self, meeting: str, call: Call) -> None:
        self._call.set_busy(False)
        Operation(
            self,
            self._runner,
            self._meetings.rows,
            on_success=lambda rows: self._on_called_rows(meeting, call, rows),
        )

    def _on_called_rows(self, meeting: str, call: Call, rows: tuple[MeetingRow, ...]) -> None:
        self._on_rows("", rows)
        self.show_meeting(meeting)
        if call.now:
            self.go_in(meeting)

    def _on_not_called(self, error: BaseException) -> None:
        self._call.set_busy(False)
        self.show_notice(present(error))

    # In and out

    def _on_join(self, prepared: Prepared) -> None:
        titles = [meeting_title(row) for row in self._rows if row.id == self._going]
        self._away = False
        self._standing.show_joining(next(iter(titles), ""))
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
        self._read_rows()

    def _on_standing_acted(self) -> None:
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
        if self._pages.currentWidget() is self._lists:
            return
        self._full.set_on(False)
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
