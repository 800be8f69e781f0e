"""Above the messages: what the conversation is called, how many are in it, and the way to its members."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.messaging.rows import ConversationRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.tips import set_tip
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.text import ElidedText, Text, TextKind

_TITLE_LEAST = 80


class ConversationHead(QWidget):
    """Signals: `members_toggled` (shown or not), `meeting_asked`."""

    members_toggled = Signal(bool)
    meeting_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedText("", TextKind.TITLE, self)
        self._title.setAccessibleName(tr("Conversation"))
        self._count = Text("", TextKind.SECONDARY, self)
        self._members = SecondaryButton(tr("Members"), Icon.PERSON, self)
        self._members.setCheckable(True)
        self._members.toggled.connect(self.members_toggled)
        self._meet = SecondaryButton(tr("Call a meeting"), Icon.MEETINGS, self)
        set_tip(self._meet, tr("Call a meeting of this conversation"))
        self._meet.clicked.connect(self.meeting_asked)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._count)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 12, 16, 12)
        row.setSpacing(12)
        row.addLayout(words, 1)
        row.addWidget(self._meet)
        row.addWidget(self._members)
        self._whole = _TITLE_LEAST + row.minimumSize().width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside the members in a narrow window the buttons say with their drawings alone what they do."""
        super().resizeEvent(event)
        for button in (self._meet, self._members):
            button.set_bare(self.width() < self._whole)

    def show_row(self, row: ConversationRow | None) -> None:
        self._title.set_whole("" if row is None else row.title or tr("Without a name"))
        known = row is not None and row.group
        self._count.setText(tr("{count} members", count=row.members) if row is not None else "")
        self._count.setVisible(known)

    def set_members_shown(self, shown: bool) -> None:
        self._members.setChecked(shown)
