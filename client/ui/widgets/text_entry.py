"""Where one types: fields that make what is pasted and composed clean before their writer's eyes, by the rule of what they are for."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QInputMethodEvent, QValidator
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from protocol.text import Field, clean_piece


class _Cleaner(QValidator):
    """Lets every text in, as it will be sent."""

    def __init__(self, field: Field, parent: QObject) -> None:
        super().__init__(parent)
        self._field = field

    def validate(self, typed: str, place: int) -> object:
        """The clean text, with the cursor behind the same character."""
        cleaned = clean_piece(typed, self._field)
        if cleaned != typed:
            place = len(clean_piece(typed[:place], self._field))
        return QValidator.State.Acceptable, cleaned, place


class LineEntry(QLineEdit):
    """A field of one line for a title or a name. What is pasted is not cut: its owner says what is too much."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setValidator(_Cleaner(field, self))


class TextEntry(QPlainTextEdit):
    """A field of many lines. What is pasted is not cut: its owner says what is too much."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field

    def set_clean(self, text: str) -> None:
        """Put a text in, be it from an older version's draft."""
        self.setPlainText(clean_piece(text, self._field))

    def insertFromMimeData(self, source: QMimeData) -> None:
        if source.hasText():
            self.insertPlainText(clean_piece(source.text(), self._field))
            self.ensureCursorVisible()
        else:
            super().insertFromMimeData(source)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        composed = event.commitString()
        cleaned = clean_piece(composed, self._field)
        if cleaned != composed:
            event.setCommitString(cleaned, event.replacementStart(), event.replacementLength())
        super().inputMethodEvent(event)
