"""A message too long for its row, whole: read, searched by eye and copied in a window of its own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from client.messaging.rows import MessageRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import full_time
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.text import ElidedText, TextKind

_WIDTH, _HEIGHT = 720, 560


class WholeText(QDialog):
    """Deletes itself when closed; Escape closes it."""

    def __init__(self, row: MessageRow, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("The whole message"))
        self.setAccessibleName(self.windowTitle())
        self.setProperty("ground", "surface")
        self.resize(_WIDTH, _HEIGHT)
        self._text = row.text
        words = QPlainTextEdit(self)
        words.setReadOnly(True)
        words.setPlainText(row.text)
        words.setAccessibleName(self.windowTitle())
        copy = SecondaryButton(tr("Copy all"), Icon.COPY, self)
        copy.clicked.connect(self._on_copy)
        close = PrimaryButton(tr("Close"), None, self)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        said = tr("From {name}, {when}", name=row.sender, when=full_time(row.at))
        column.addWidget(ElidedText(said, TextKind.SECONDARY, self))
        column.addWidget(words, 1)
        column.addLayout(buttons)
        words.setFocus()

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
