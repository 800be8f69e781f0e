"""A chair who leaves while others stay chooses what becomes of the meeting; one more click, and never by accident."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.meetings.chair import Whom
from client.ui.widgets.buttons import DangerButton, SecondaryButton
from client.ui.widgets.text import Line, Text, TextKind

_WIDTH = 336


class LeavePopover(QFrame):
    """Signals: `handed_over` (person), `left` (the next in order leads), `ended` (for all). It deletes itself when closed."""

    handed_over = Signal(str)
    left = Signal()
    ended = Signal()

    def __init__(self, anchor: QWidget, others: Sequence[Whom]) -> None:
        super().__init__(anchor.window(), Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("ground", "raised")
        self.setAccessibleName(tr("You chair this meeting"))
        self.setFixedWidth(_WIDTH)
        self._anchor = anchor
        self._whom = QComboBox(self)
        self._whom.setAccessibleName(tr("New chair"))
        self._whom.setProperty("may_elide", True)
        for other in others:
            self._whom.addItem(other.name, other.person)
        hand_over = SecondaryButton(tr("Hand over and leave"), None, self)
        hand_over.clicked.connect(self._on_hand_over)
        leave = SecondaryButton(tr("Leave; the next in order leads"), None, self)
        leave.clicked.connect(self.left)
        leave.clicked.connect(self.close)
        end = DangerButton(tr("End for all"), None, self)
        end.clicked.connect(self.ended)
        end.clicked.connect(self.close)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._whom, 1)
        row.addWidget(hand_over)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(Text(tr("You chair this meeting"), TextKind.SECTION, self))
        column.addWidget(Text(tr("Who leads when you are gone?"), TextKind.SECONDARY, self, wrap=True))
        column.addSpacing(4)
        column.addLayout(row)
        column.addWidget(leave)
        column.addWidget(Line(self))
        column.addWidget(end)
        self._whom.setFocus()

    def open(self) -> None:
        """Above the button that asked, as the bar stands at the foot."""
        self.adjustSize()
        place = self._anchor.mapToGlobal(QPoint(self._anchor.width() - self.width(), -self.height() - 8))
        screen = self._anchor.screen().availableGeometry()
        left = min(max(place.x(), screen.left()), screen.right() - self.width())
        self.move(left, max(place.y(), screen.top()))
        self.show()

    def _on_hand_over(self) -> None:
        person = self._whom.currentData()
        if person:
            self.handed_over.emit(person)
            self.close()
