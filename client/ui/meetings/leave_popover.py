"""A chair who leaves while others stay chooses what becomes of the meeting; one more click, and never by accident."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.meetings.chair import Whom
from client.ui.widgets.buttons import DangerButton, SecondaryButton
from client.ui.widgets.question import Question
from client.ui.widgets.text import Line, Text, TextKind

_WIDTH = 336


class LeavePopover(Question):
    """Signals: `handed_over` (person), `left` (the next in order leads), `ended` (for all)."""

    handed_over = Signal(str)
    left = Signal()
    ended = Signal()

    def __init__(self, anchor: QWidget, others: Sequence[Whom]) -> None:
        super().__init__(anchor, tr("You chair this meeting"), _WIDTH)
        self._others: list[Whom] = []
        self._whom = QComboBox(self)
        self._whom.setAccessibleName(tr("New chair"))
        self._whom.setProperty("may_elide", True)
        self._hand_over = SecondaryButton(tr("Hand over and leave"), None, self)
        self._hand_over.clicked.connect(self._on_hand_over)
        leave = SecondaryButton(tr("Leave; the next in order leads"), None, self)
        leave.clicked.connect(lambda: self._answer(self.left))
        end = DangerButton(tr("End for all"), None, self)
        end.clicked.connect(lambda: self._answer(self.ended))
        self._whom.currentIndexChanged.connect(self._on_chosen)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._whom, 1)
        row.addWidget(self._hand_over)
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
        self.offer(others)
        self._whom.setCurrentIndex(0)

    def offer(self, others: Sequence[Whom]) -> None:
        """Those who are there now. Whoever was chosen stays so; when he has left, nobody is chosen in his place unasked."""
        if list(others) == self._others:
            return
        chosen = self._whom.currentData()
        self._others = list(others)
        self._whom.blockSignals(True)
        self._whom.clear()
        for other in others:
            self._whom.addItem(other.name, other.person)
        self._whom.setCurrentIndex(self._whom.findData(chosen))
        self._whom.blockSignals(False)
        self._on_chosen()

    def _on_chosen(self) -> None:
        self._hand_over.setEnabled(self._whom.currentIndex() >= 0)

    def _answer(self, signal: SignalInstance) -> None:
        # Closed first, as what is done may take the window with it.
        self.close()
        signal.emit()

    def _on_hand_over(self) -> None:
        person = self._whom.currentData()
        if person:
            self.close()
            self.handed_over.emit(person)
