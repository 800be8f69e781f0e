"""Another name for a file of a draft, written in place: its ending stays as it is."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.widgets.buttons import QuietButton, SecondaryButton
from client.ui.widgets.text_entry import PlainLine


class NameEdit(QWidget):
    """Signals: `named` (the old name, the new one)."""

    named = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self.field = PlainLine(self)
        self.field.setAccessibleName(tr("New name of the attachment"))
        self.field.returnPressed.connect(self._on_done)
        done = SecondaryButton(tr("Rename"), None, self)
        done.clicked.connect(self._on_done)
        cancel = QuietButton(tr("Cancel"), None, self)
        cancel.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(done)
        row.addWidget(cancel)
        self.hide()

    def ask(self, name: str) -> None:
        """Ask for another name of this file."""
        self._name = name
        self.field.setText(PurePosixPath(name).stem)
        self.show()
        self.field.setFocus()
        self.field.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def _on_done(self) -> None:
        stem = self.field.text().strip()
        if stem:
            self.hide()
            self.named.emit(self._name, stem + PurePosixPath(self._name).suffix)
