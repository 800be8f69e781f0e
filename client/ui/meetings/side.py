"""Beside the room: the conversation of the meeting, or its people, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.window_state import WindowState
from client.ui.widgets.buttons import IconButton
from client.ui.widgets.text import Line, Text, TextKind

WIDTH: Final = 344
_LEAST: Final = 296
_MOST: Final = 560
_SHOWN: Final = "meetings.side"
_CHAT: Final = "chat"
_PEOPLE: Final = "people"


class Talk(Protocol):
    """A pane with one conversation, made elsewhere: areas do not know one another's insides."""

    @property
    def widget(self) -> QWidget: ...


TalkFor: TypeAlias = Callable[[str, QWidget], Talk]


class Side(QFrame):
    """`talk_for` makes the pane of a conversation, when it is first looked at.

    Signals: `shown` (chat, people), `waiting` (how many messages are unread behind the shut chat).
    """

    shown = Signal(bool, bool)
    waiting = Signal(int)

    def __init__(
        self,
        talk_for: TalkFor,
        state: WindowState | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("ground", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(_LEAST)
        self.setMaximumWidth(_MOST)
        self._talk_for = talk_for
        self._state = state
        self._conversation = ""
        self._talk: Talk | None = None
        self._unread: dict[str, int] = {}
        self._now = "" if state is None else state.value(_SHOWN)
        self._stack = QStackedWidget(self)
        self._stack.setProperty("ground", "surface")
        self._chat = QWidget(self._stack)
        close = IconButton(Icon.CLOSE, tr("Close the chat"), self._chat)
        close.clicked.connect(lambda: self.show_chat(False))
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 8, 8)
        head.addWidget(Text(tr("Chat of the meeting"), TextKind.SECTION, self._chat), 1)
        head.addWidget(close)
        self._column = QVBoxLayout(self._chat)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(head)
        self._column.addWidget(Line(self._chat))
        self._stack.addWidget(self._chat)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._stack, 1)
        self.hide()

    def put_people(self, panel: QWidget) -> None:
        self._people = panel
        self._stack.addWidget(panel)

    def show_conversation(self, conversation: str) -> None:
        """Whose chat it is; what was open before is open again."""
        self.forget()
        self._conversation = conversation
        self._show(self._now)

    def show_chat(self, on: bool) -> None:
        self._show(_CHAT if on else "" if self._now == _CHAT else self._now)

    def show_people(self, on: bool) -> None:
        self._show(_PEOPLE if on else "" if self._now == _PEOPLE else self._now)

    def set_unread(self, unread: dict[str, int]) -> None:
        """Of every conversation; only that of the meeting is told."""
        self._unread = unread
        self._tell_waiting()

    def forget(self) -> None:
        """The meeting is over: its conversation is let go."""
        if self._talk is not None:
            self._talk.widget.hide()
            self._talk.widget.deleteLater()
            self._talk = None
        self._conversation = ""

    def _show(self, what: str) -> None:
        self._now = what
        if self._state is not None:
            self._state.set_value(_SHOWN, what)
        if what == _CHAT and self._talk is None and self._conversation:
            self._talk = self._talk_for(self._conversation, self._chat)
            self._column.addWidget(self._talk.widget, 1)
        if what:
            self._stack.setCurrentWidget(self._chat if what == _CHAT else self._people)
        self.setVisible(bool(what))
        self.shown.emit(what == _CHAT, what == _PEOPLE)
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        self.waiting.emit(0 if self._now == _CHAT else self._unread.get(self._conversation, 0))
