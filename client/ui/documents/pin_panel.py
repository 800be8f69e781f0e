"""Asks in place for the PIN of the UKey that holds the seal's key: for one sealing, and every time."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from client.documents.rows import SealToken
from client.ui.base.language import tr
from client.ui.documents.tall import bring_into_view
from client.ui.widgets.buttons import PrimaryButton, QuietButton
from client.ui.widgets.pin_row import PinRow
from client.ui.widgets.text import Text, TextKind


class PinPanel(QFrame):
    """Signals: `given` (TokenPin); nothing is kept of it here."""

    given = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("ground", "card")
        self._words = Text("", TextKind.STRONG, self, wrap=True)
        self._row = PinRow(self)
        self._seal = PrimaryButton(tr("Seal with the UKey"), None, self)
        cancel = QuietButton(tr("Cancel"), None, self)
        cancel.clicked.connect(self.hide)
        self._row.submitted.connect(self._on_given)
        self._seal.clicked.connect(self._on_given)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._seal)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self._words)
        column.addWidget(self._row)
        column.addLayout(buttons)
        self.hide()

    def ask(self, token: SealToken) -> None:
        """Ask for the PIN of that UKey; how near it is to locking itself is said before."""
        self._words.setText(
            tr("Enter the PIN of the UKey “{token}” and leave it plugged in.", token=token.label)
        )
        self._row.clear()
        self._row.tell(token.pin)
        self._show()

    def refused(self, error: BaseException) -> bool:
        """Ask once more if the PIN was what stood in the way; whether it was."""
        if not self._row.refused(error):
            return False
        self._show()
        return True

    def _show(self) -> None:
        self.show()
        self._row.focus()
        bring_into_view(self)

    def _on_given(self) -> None:
        pin = self._row.take()
        if pin is not None:
            self.hide()
            self.given.emit(pin)

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self._row.clear()
        super().hideEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)
