"""The edit field of the body text: Tab leaves it, and a long text pasted into it when empty is told."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from client.ui.widgets.drop_frame import local_files

_LONG = 120
_MANY_LINES = 3


class BodyEdit(QPlainTextEdit):
    """Signals: `text_pasted` (a long text came into the empty field)."""

    text_pasted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        # A file is an attachment, which the page around takes, and its path no text.
        return not local_files(source) and super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        was_empty = not self.toPlainText().strip()
        super().insertFromMimeData(source)
        text = source.text()
        lines = len([line for line in text.splitlines() if line.strip()])
        if was_empty and (len(text) >= _LONG or lines >= _MANY_LINES):
            self.text_pasted.emit(self.toPlainText())
