"""The meeting itself: head, room, side panel; what is shown is the row of the meeting and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget
from shiboken6 import isValid

from client.meetings.rows import LiveRow, LiveState
from client.ui.base.errors import Notice, code_notice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.theme import Tone
from client.ui.base.window_state import WindowState
from client.ui.meetings.attending import Attending
from client.ui.meetings.chair import ChairActs, Whom, whom
from client.ui.meetings.device_menu import DeviceMenu
from client.ui.meetings.key_watch import KeyWatch
from client.ui.meetings.leave_popover import LeavePopover
from client.ui.meetings.meeting_head import MeetingHead
from client.ui.meetings.people_panel import PeoplePanel
from client.ui.meetings.room import Room
from client.ui.meetings.seating import Seat
from client.ui.meetings.services import Meetings, Newest
from client.ui.meetings.share_picker import pick_share
from client.ui.meetings.side import WIDTH, Side, TalkFor
from client.ui.meetings.usher import Usher
from client.ui.widgets.menu import MenuEntry
from client.ui.widgets.notice_strip import NoticeStrip
from client.ui.widgets.question import take_back
from client.ui.widgets.text import Line
from protocol.errors import ErrorCode


class MeetingView(QWidget):
    """Signals: `full_screen_asked` (on or not), `leaving` (the user wants out; devices are let go)."""

    full_screen_asked = Signal(bool)
    leaving = Signal()

    def __init__(
        self,
        meetings: Meetings,
        attending: Attending,
        talk_for: TalkFor,
        state: WindowState | None,
        now: Callable[[], int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("ground", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Meeting"))
        self._meetings = meetings
        self._attending = attending
        self._now = now
        self._live: LiveRow | None = None
        self._question: LeavePopover | None = None
        self._full = False
        self._talking = False
        self._menu = DeviceMenu(attending, self)
        self._head = MeetingHead(self._menu, self)
        self._notice = NoticeStrip(self)
        self._room = Room(self._slot_for, self)
        self._usher = Usher(meetings, attending, self._room.grid, state, self)
        self._side = Side(talk_for, state, self)
        self._people = PeoplePanel(self._side)
        self._side.put_people(self._people)
        self._acts = ChairActs(meetings, attending, self)
        self._keys = KeyWatch(self)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._show_elapsed)
        self._lay_out(state)
        self._connect()
        self._head.show_arrangement(self._usher.arrangement)

    def _lay_out(self, state: WindowState | None) -> None:
        middle = QSplitter(Qt.Orientation.Horizontal, self)
        middle.setChildrenCollapsible(False)
        middle.setHandleWidth(1)
        middle.addWidget(self._room)
        middle.addWidget(self._side)
        middle.setStretchFactor(0, 1)
        middle.setStretchFactor(1, 0)
        middle.setSizes([3 * WIDTH, WIDTH])
        if state is not None:
            state.keep_splitter(middle, "meetings.side")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        self._line = Line(self)
        column.addWidget(self._line)
        column.addWidget(self._notice)
        column.addWidget(middle, 1)

    def _connect(self) -> None:
        bar = self._room.bar
        bar.microphone_asked.connect(self._on_microphone)
        bar.camera_asked.connect(self._on_camera)
        bar.share_asked.connect(self._on_share)
        bar.hand_asked.connect(self._on_hand)
        bar.leave_asked.connect(self._on_leave)
        bar.chat_toggled.connect(self._side.show_chat)
        bar.people_toggled.connect(self._side.show_people)
        self._side.shown.connect(self._on_side_shown)
        self._side.waiting.connect(bar.show_unread)
        self._people.closed.connect(lambda: self._side.show_people(False))
        self._people.mute_all_asked.connect(lambda: self._acts.mute(None))
        self._people.lock_asked.connect(self._acts.lock)
        self._people.admit_asked.connect(self._acts.admit)
        self._people.set_menu(lambda row: self._chair_entries(whom(row)))
        grid = self._room.grid
        grid.menu_for = self._tile_menu
        grid.moved.connect(self._room.wake)
        self._usher.seated.connect(self._head.show_more)
        self._room.rested.connect(self._on_rested)
        self._head.arrangement_asked.connect(self._on_arrangement)
        self._head.full_screen_asked.connect(lambda: self.full_screen_asked.emit(not self._full))
        self._keys.pressed.connect(self._room.wake)
        self._keys.talk_pressed.connect(self._on_talk_pressed)
        self._keys.talk_released.connect(self._on_talk_released)
        self._attending.changed.connect(self._on_switches)
        for keys, act in (
            ("Ctrl+D", self._on_microphone),
            ("Ctrl+E", self._on_camera),
            ("F11", lambda: self.full_screen_asked.emit(not self._full)),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    # What is shown

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def begin(self) -> None:
        """A meeting is entered: nothing of the last one is left."""
        self._usher.forget()
        self._close_questions()
        self._live = None
        self._talking = False
        self.clear_notice()
        self._room.wake()

    def end(self) -> None:
        """Nobody looks any more."""
        self._clock.stop()
        self._usher.forget()
        self._close_questions()
        self._side.forget()
        self._live = None

    def show_live(self, live: LiveRow) -> None:
        """How the meeting is now."""
        before, self._live = self._live, live
        if before is None or before.conversation != live.conversation:
            self._side.show_conversation(live.conversation)
        if before is None or before.state is not live.state:
            self._show_state(live)
        self._keep_questions(before, live)
        self._head.show_live(live)
        self._people.show_live(live)
        self._room.bar.show_hand(live.hand)
        self._room.bar.show_people(len(live.participants))
        self._show_switches()
        self._show_elapsed()
        self._usher.show_live(live)
        self._clock.start()
        if live.later and (before is None or not before.later):
            self._notice.show_notice(code_notice(ErrorCode.CLIENT_OUTDATED.value))

    def set_unread(self, unread: dict[str, int]) -> None:
        """How many messages are unread, by conversation."""
        self._side.set_unread(unread)

    def set_full_screen(self, full: bool) -> None:
        """The page has put this view alone on the screen, or back."""
        self._full = full
        self._head.show_full_screen(full)
        self._head.show()
        self._line.show()
        self._room.set_full_screen(full)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._room.wake()
        self._usher.seat()

    def _show_state(self, live: LiveRow) -> None:
        if live.state is LiveState.REJOINING:
            words = tr("The connection was lost; coming back by itself…")
            self.show_notice(Notice(words, tone=Tone.WAITING))
        else:
            self.clear_notice()

    def _show_switches(self) -> None:
        bar, attending = self._room.bar, self._attending
        bar.show_microphone(attending.microphone.wanted)
        bar.show_camera(attending.camera.wanted)
        bar.show_sharing(attending.screen.wanted)
        self._head.show_sharing(attending.screen.wanted)

    def _show_elapsed(self) -> None:
        if self._live is not None:
            self._head.show_elapsed((self._now() - self._live.joined_at) // 1000)

    def _slot_for(self, seat: Seat) -> Newest | None:
        """Mine comes from my own camera, everybody else's from the engine."""
        if seat.me and not seat.screen:
            return self._attending.own_picture
        return None if seat.mid is None else self._meetings.picture(seat.mid)

    # What one does

    def _on_microphone(self) -> None:
        self._talking = False
        self._attending.microphone.want(not self._attending.microphone.wanted)

    def _on_switches(self) -> None:
        """Wishes are shown at once; my camera also changes my tile."""
        self._show_switches()
        self._usher.seat()

    def _on_camera(self) -> None:
        self._attending.camera.want(not self._attending.camera.wanted)

    def _on_talk_pressed(self) -> None:
        if not self._attending.microphone.wanted:
            self._talking = True
            self._attending.microphone.want(True)

    def _on_talk_released(self) -> None:
        if self._talking:
            self._talking = False
            self._attending.microphone.want(False)

    def _on_share(self) -> None:
        if self._attending.screen.wanted:
            self._attending.screen.want(False)
        else:
            pick_share(self._attending, self._room.bar.share)

    def _on_hand(self) -> None:
        up = self._live is None or not self._live.hand
        self._attending.act(lambda: self._meetings.raise_hand(up))

    def _on_leave(self) -> None:
        """One click; only a chair with others around says first what becomes of them."""
        if not self.ask_before_leaving():
            self._go()

    def ask_before_leaving(self) -> bool:
        """Ask who leads when I am gone, if I lead and there are others; whether it was asked."""
        others = self._others()
        if self._live is None or not self._live.i_chair or not others:
            return False
        self._room.wake()
        popover = LeavePopover(self._room.bar.leave, others)
        popover.left.connect(self._go)
        popover.ended.connect(self._attending.end_for_all)
        popover.handed_over.connect(self._attending.hand_over_and_leave)
        self._question = popover
        popover.open()
        return True

    def _keep_questions(self, before: LiveRow | None, live: LiveRow) -> None:
        """What a chair was asked stands as long as he chairs this meeting, and offers who is there."""
        self._acts.show_live(live)
        same = before is not None and before.meeting == live.meeting
        if not same or not live.i_chair or not self._others():
            take_back(self._question)
        elif self._question is not None and isValid(self._question):
            self._question.offer(self._others())

    def _close_questions(self) -> None:
        take_back(self._question)
        self._question = None
        self._acts.show_live(None)

    def _go(self) -> None:
        self._attending.leave()
        self.leaving.emit()

    def _others(self) -> list[Whom]:
        there = () if self._live is None else self._live.participants
        return list(dict.fromkeys(whom(row) for row in there if not row.me))

    def _on_arrangement(self) -> None:
        self._usher.turn()
        self._head.show_arrangement(self._usher.arrangement)

    def _on_side_shown(self, chat: bool, people: bool) -> None:
        bar = self._room.bar
        for button, on in ((bar.chat, chat), (bar.people, people)):
            button.blockSignals(True)
            button.setChecked(on)
            button.blockSignals(False)

    def _on_rested(self, rested: bool) -> None:
        self._head.setVisible(not rested)
        self._line.setVisible(not rested)

    def _tile_menu(self, seat: Seat) -> Sequence[MenuEntry]:
        words = tr("Unpin") if seat.pinned else tr("Pin")
        entries = [MenuEntry(words, lambda: self._usher.pin(seat), Icon.PIN)]
        return [*entries, *self._chair_entries(Whom(seat.person, seat.name, seat.me))]

    def _chair_entries(self, someone: Whom) -> list[MenuEntry]:
        return [] if self._live is None else self._acts.entries(self._live, someone)
