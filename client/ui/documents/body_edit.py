"""The edit field of the body text: Tab leaves it; what is pasted is made clean before the writer's eyes, and said."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtWidgets import QWidget

from client.ui.widgets.dropped import holds_files, holds_picture, local_paths
from client.ui.widgets.text_entry import TextEntry
from protocol.text import Field, clean_piece

_LONG = 120
_MANY_LINES = 3


class BodyEdit(TextEntry):
    """Signals: `text_pasted` (a long text came in), `text_cleaned` (what was pasted, and what became of it), `files_given`
    (a list of Path), `picture_given` (its image).
    """

    text_pasted = Signal()
    files_given = Signal(object)
    picture_given = Signal(object)
    text_cleaned = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Field.BODY, parent)
        self.setTabChangesFocus(True)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        # A file is an attachment, which the page around takes, and its path no text.
        return not holds_files(source) and (holds_picture(source) or super().canInsertFromMimeData(source))

    def insertFromMimeData(self, source: QMimeData) -> None:
        if holds_files(source):
            self.files_given.emit(local_paths(source))
            return
        if holds_picture(source):
            self.picture_given.emit(source.imageData())
            return
        super().insertFromMimeData(source)

    def insert_pasted(self, pasted: str) -> None:
        clean = clean_piece(pasted, Field.BODY)
        self.textCursor().insertText(clean)
        self.ensureCursorVisible()
        self.text_cleaned.emit(pasted, clean)
        lines = len([line for line in clean.splitlines() if line.strip()])
        if len(clean) >= _LONG or lines >= _MANY_LINES:
            self.text_pasted.emit()

    def replace_all(self, text: str) -> None:
        """Another text, as one step of undo."""
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(text)
        cursor.endEditBlock()
