"""会议: before and after meetings the lobby; and the meeting one is in, which has the page to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from client.meetings.rows import LiveRow, LiveState
from client.messaging.rows import ConversationRow
from client.ui.base.errors import Notice, present
from client.ui.base.language import tr
from client.ui.base.moments import wall_ms
from client.ui.base.operation import CoreRunner
from client.ui.base.theme import Tone
from client.ui.base.window_state import WindowState
from client.ui.meetings.attending import Attending
from client.ui.meetings.full_screen import FullScreen
from client.ui.meetings.gear import Prepared
from client.ui.meetings.lobby import Lobby
from client.ui.meetings.meeting_view import MeetingView
from client.ui.meetings.services import Invited, Meetings
from client.ui.meetings.side import TalkFor
from client.ui.meetings.standing_page import StandingPage

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
        self._attending = attending
        self._going = ""  # the meeting one goes into, or is in
        self._away = False  # the user has left, and the row of the meeting may not know yet
        self._lobby = Lobby(meetings, invited, attending, runner, state, now, self)
        self._standing = StandingPage(self)
        self._view = MeetingView(meetings, attending, talk_for, state, now, self)
        self._pages = QStackedWidget(self)
        self._pages.setProperty("ground", "surface")
        for page in (self._lobby, self._standing, self._view):
            self._pages.addWidget(page)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._pages)
        self._full = FullScreen(self._pages, self._view, self)
        self._connect()

    def _connect(self) -> None:
        self._lobby.counted.connect(self.counted)
        self._lobby.rows_read.connect(self.rows_read)
        self._lobby.news_came.connect(self.news_came)
        self._lobby.entry_asked.connect(self.go_in)
        self._lobby.join_asked.connect(self._on_join)
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
        return self._pages.currentWidget() is not self._lobby

    def ask_before_leaving(self) -> bool:
        """Ask who leads when I am gone, if I chair others in a meeting; whether it was asked."""
        return self.in_meeting and self._view.ask_before_leaving()

    def show_notice(self, notice: Notice) -> None:
        if self._full.on or self._pages.currentWidget() is self._view:
            self._view.show_notice(notice)
        else:
            self._lobby.show_notice(notice)

    def clear_notice(self) -> None:
        self._lobby.clear_notice()

    def refresh(self) -> None:
        """Read the list again; what is chosen stays chosen."""
        self._lobby.refresh()

    def refresh_live(self) -> None:
        """The meeting one is in is different."""
        live = self._meetings.live()
        if live is not None and self._away and live.meeting == self._going:
            return
        self._attending.show_live(live)
        if live is None:
            if not self._standing_joins():
                self._show_lobby()
        elif live.state in _OVER:
            self._standing.show_over(live)
            self._show_standing()
            self._view.end()
        elif live.state is LiveState.JOINING:
            self._standing.show_joining(live.title)
            self._show_standing()
        elif live.state is LiveState.WAITING:
            self._standing.show_waiting(live)
            self._show_standing()
        else:
            self._show_view(live)

    def set_conversations(self, rows: tuple[ConversationRow, ...]) -> None:
        """What is unread in them."""
        self._view.set_unread({row.id: row.unread for row in rows})

    def show_meeting(self, meeting: str) -> None:
        """Open a meeting's details: from today, from a notification."""
        self._lobby.show_meeting(meeting)

    def new_meeting(self) -> None:
        """Choose whom to meet, and when."""
        self.call_in("")

    def call_in(self, conversation: str) -> None:
        """Call a meeting of this conversation's members, as chosen in the conversation itself."""
        if self._is_free():
            self._lobby.call_in(conversation)

    def go_in(self, meeting: str) -> None:
        """Try the devices, then join."""
        if self._is_free():
            self._lobby.go_in(meeting)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self.in_meeting:
            self._lobby.go_back()
            return
        if event.key() == Qt.Key.Key_N and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.new_meeting()
            return
        super().keyPressEvent(event)

    # In and out

    def _on_join(self, meeting: str, prepared: Prepared) -> None:
        self._going = meeting
        self._away = False
        self._standing.show_joining(self._lobby.title(meeting))
        self._show_standing()
        self._view.begin()
        self._attending.join(meeting, prepared)

    def _on_refused(self, error: BaseException) -> None:
        """One never got in: the details stand there again, and say why."""
        self._show_lobby()
        self.show_notice(present(error))

    def _on_leaving(self) -> None:
        self._away = True
        self._show_lobby()

    def _on_left(self) -> None:
        self._away = True
        self._show_lobby()
        self._lobby.refresh()

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
        self._show_lobby()
        if live is not None or self._going:
            self._attending.leave()

    def _is_free(self) -> bool:
        """One meeting at a time, which is said."""
        if self.in_meeting:
            words = tr("You are in a meeting; leave it before you call or enter another.")
            self.show_notice(Notice(words, tone=Tone.WAITING))
        return not self.in_meeting

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

    def _show_lobby(self) -> None:
        self._full.set_on(False)
        if not self.in_meeting:
            return
        self._view.end()
        self._pages.setCurrentWidget(self._lobby)
        self._lobby.come_back()
