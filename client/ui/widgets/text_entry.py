"""Where one types: fields that make what is pasted and composed clean before their writer's eyes, by the rule of what they are for.

What an input method is composing is in no field's text yet. Before a page reads a field or lets it stand for something else, it
finishes the composing; or the word comes later, in a place its writer never meant. And what may be chosen from stands beside the
caret, wherever the page has moved it.
"""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QKeyEvent, QKeySequence, QTransform, QValidator
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from client.ui.widgets.dropped import say_no_text, text_in
from protocol.text import Field, clean_piece

# What an input method asks to know where the caret is.
_CARET: Final = frozenset({Qt.InputMethodQuery.ImCursorRectangle, Qt.InputMethodQuery.ImAnchorRectangle})


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


class _Composition:
    """What an input method composes in a field, and what becomes of it when the field is left before it is done.

    Qt's module for ibus (6.9; with ibus as with fcitx5 behind it) drops what it has when asked to commit. Qt asks before the focus
    moves, and tells the field of the move directly afterwards.
    """

    def __init__(self, entry: LineEntry | TextEntry) -> None:
        self._entry = entry
        self._dropped = ""

    def note(self, before: str, event: QInputMethodEvent) -> None:
        """An event has been taken; `before` was being composed until then."""
        self._dropped = "" if event.preeditString() or event.commitString() else before
        if self._dropped:
            # What its writer gave up himself stays given up when he moves on.
            QTimer.singleShot(0, self._entry, self._forget)

    def finish(self) -> None:
        """Make it part of the text as it stands."""
        composed, text = self._entry.composed, self._entry.written
        if QGuiApplication.focusObject() is self._entry:
            # The input method forgets it, also what it shows in a window of its own.
            QGuiApplication.inputMethod().commit()
        if composed and self._entry.written == text:
            self._insert(composed)

    def on_leaving(self) -> None:
        """The focus is about to move."""
        self.finish()
        if self._dropped:
            self._insert(self._dropped)

    def _insert(self, text: str) -> None:
        event = QInputMethodEvent()
        event.setCommitString(text)
        QCoreApplication.sendEvent(self._entry, event)

    def _forget(self) -> None:
        self._dropped = ""


def _say_place(entry: QWidget) -> None:
    """Tell Qt where in its window the field with the focus is.

    Qt looks when the field itself moves, and not when what it stands in is scrolled or moved.
    """
    if QGuiApplication.focusObject() is entry:
        corner = entry.mapTo(entry.window(), QPoint())
        QGuiApplication.inputMethod().setInputItemTransform(QTransform.fromTranslate(corner.x(), corner.y()))


class PlainLine(QLineEdit):
    """A line for what is looked for, or is said to a program: nothing in it is made clean."""

    def inputMethodQuery(self, query: Qt.InputMethodQuery, *argument: Any) -> Any:
        if query in _CARET:
            _say_place(self)
        return super().inputMethodQuery(query, *argument)


class KeysLine(PlainLine):
    """A line for passphrases, addresses and codes: keys arrive as they are pressed, and no input method shows or learns them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._composes = False

    def set_composes(self, composes: bool) -> None:
        """Let an input method in, or keep it out."""
        self._composes = composes
        if QGuiApplication.focusObject() is self:
            QGuiApplication.inputMethod().update(Qt.InputMethodQuery.ImEnabled)

    def inputMethodQuery(self, query: Qt.InputMethodQuery, *argument: Any) -> Any:
        if query is Qt.InputMethodQuery.ImEnabled and not self._composes:
            return False
        return super().inputMethodQuery(query, *argument)


class KeysText(QPlainTextEdit):
    """The same for a code of several lines."""

    def inputMethodQuery(self, query: Qt.InputMethodQuery, *argument: Any) -> Any:
        return query is not Qt.InputMethodQuery.ImEnabled and super().inputMethodQuery(query, *argument)


class LineEntry(PlainLine):
    """A field of one line for a title or a name. What is pasted is not cut: its owner says what is too much."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._composed = ""  # Qt tells nobody what a line is composing
        self._composition = _Composition(self)
        self.setValidator(_Cleaner(field, self))
        self.textChanged.connect(self._on_text)

    @property
    def composed(self) -> str:
        """What the input method is composing here; not part of the text yet."""
        return self._composed

    @property
    def written(self) -> str:
        """The text without what is being composed."""
        return self.text()

    def finish_composing(self) -> None:
        """Make what is being composed part of the text as it stands."""
        self._composition.finish()

    def setText(self, text: str | None) -> None:
        # Qt drops what is being composed, also when the text is the same as before.
        self._composed = ""
        super().setText(text)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.FocusAboutToChange:
            self._composition.on_leaving()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste) and not QGuiApplication.clipboard().text():
            # Qt pastes plain text alone into a line, and says nothing when there is none.
            pasted = text_in(QGuiApplication.clipboard().mimeData())
            if pasted:
                self.insert(pasted)
            else:
                say_no_text(self)
            return
        super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        before = self._composed
        super().inputMethodEvent(event)
        self._composed = event.preeditString()
        self._composition.note(before, event)

    def _on_text(self) -> None:
        self._composed = ""


class TextEntry(QPlainTextEdit):
    """A field of many lines. What is pasted is not cut: its owner says what is too much."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = field
        self._composition = _Composition(self)
        self._placeholder = ""
        self.textChanged.connect(self._show_placeholder)

    @property
    def composed(self) -> str:
        """What the input method is composing here; not part of the text yet. `textChanged` tells of it too."""
        return self.textCursor().block().layout().preeditAreaText()

    @property
    def written(self) -> str:
        """The text without what is being composed."""
        return self.toPlainText()

    def finish_composing(self) -> None:
        """Make what is being composed part of the text as it stands."""
        self._composition.finish()

    def setPlaceholderText(self, text: str) -> None:
        self._placeholder = text
        self._show_placeholder()

    def set_clean(self, text: str) -> None:
        """Put a text in, be it from an older version's draft."""
        self.setPlainText(clean_piece(text, self._field))

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.FocusAboutToChange:
            self._composition.on_leaving()
        return super().event(event)

    def inputMethodQuery(self, query: Qt.InputMethodQuery, *argument: Any) -> Any:
        found = super().inputMethodQuery(query, *argument)
        if query not in _CARET:
            return found
        _say_place(self)
        # Qt says where it is inside the frame and the padding: the candidates would cover half of what they are of.
        inside = self.viewport().pos()
        return found.translated(inside) if isinstance(found, QRect | QRectF) else found

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return super().canInsertFromMimeData(source) or source.hasHtml()

    def insertFromMimeData(self, source: QMimeData) -> None:
        pasted = text_in(source)
        if pasted:
            self.insert_pasted(pasted)
        else:
            say_no_text(self)

    def insert_pasted(self, pasted: str) -> None:
        """Put in what the clipboard, or a hand that dropped it, brought."""
        self.insertPlainText(clean_piece(pasted, self._field))
        self.ensureCursorVisible()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        before, composed = self.composed, event.commitString()
        cleaned = clean_piece(composed, self._field)
        if cleaned != composed:
            event.setCommitString(cleaned, event.replacementStart(), event.replacementLength())
        super().inputMethodEvent(event)
        self._composition.note(before, event)

    def _show_placeholder(self) -> None:
        # Qt goes on showing it under what is being composed.
        super().setPlaceholderText("" if self.composed else self._placeholder)
