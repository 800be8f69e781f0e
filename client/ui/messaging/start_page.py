"""A new conversation: with whom, and what it is called when there are several."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.messaging.rows import PersonChoice
from client.ui.base.language import tr
from client.ui.base.text_faults import fault_words
from client.ui.messaging.people_picker import PeoplePicker
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.form import FormRow
from client.ui.widgets.text import Text, TextKind
from client.ui.widgets.text_entry import LineEntry
from protocol.text import Field, clean

_MEASURE = 560


class StartPage(QWidget):
    """Signals: `asked` (people, title), `given_up`."""

    asked = Signal(object, str)
    given_up = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picker = PeoplePicker(self)
        self.picker.changed.connect(self._show)
        self._title = LineEntry(Field.GROUP_NAME, self)
        self._title.textChanged.connect(self._show)
        self._title.returnPressed.connect(self._on_start)
        self._name = FormRow(
            tr("Name of the conversation"), self._title, hint=tr("Everybody in the conversation sees it.")
        )
        self._start = PrimaryButton(tr("Begin the conversation"), None, self)
        self._start.clicked.connect(self._on_start)
        cancel = SecondaryButton(tr("Cancel"), None, self)
        cancel.clicked.connect(self.given_up)
        self._busy = False
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._start)
        buttons.addWidget(cancel)
        buttons.addStretch(1)
        inner = QWidget(self)
        inner.setMaximumWidth(_MEASURE)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(Text(tr("New conversation"), TextKind.TITLE))
        column.addWidget(
            Text(tr("Choose one person to talk to, or several for a group."), TextKind.SECONDARY, wrap=True)
        )
        column.addWidget(self.picker, 1)
        column.addWidget(self._name)
        column.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 24, 24, 24)
        row.addStretch(1)
        row.addWidget(inner, 1000)
        row.addStretch(1)
        self._show()

    def begin(self) -> None:
        """Nobody is chosen yet."""
        self._busy = False
        self._title.clear()
        self.picker.clear()
        self.picker.focus()
        self._show()

    def set_people(self, people: Sequence[PersonChoice]) -> None:
        self.picker.set_people(people)

    def set_busy(self, busy: bool) -> None:
        """While it is being made, it cannot be made twice."""
        self._busy = busy
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
            return
        super().keyPressEvent(event)

    def _show(self) -> None:
        count = len(self.picker.checked())
        self._title.setEnabled(count > 1)
        fault = fault_words(self._title.text(), Field.GROUP_NAME) if count > 1 else ""
        self._name.show_fault(fault)
        self._start.setEnabled(count > 0 and not self._busy and not fault)

    def _on_start(self) -> None:
        people = self.picker.checked()
        if self._start.isEnabled():
            self.asked.emit(people, clean(self._title.text(), Field.GROUP_NAME) if len(people) > 1 else "")
