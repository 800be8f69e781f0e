"""The search field of an area: Ctrl+K brings the cursor here, Escape empties it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from client.ui.base.icons import Icon
from client.ui.base.language import tr, with_keys
from client.ui.base.theme import current_theme
from client.ui.base.tips import set_tip
from client.ui.widgets.text_entry import PlainLine

_SETTLE_MS = 150


class SearchField(PlainLine):
    """Tells what is searched for when typing has settled.

    Signals: `searched` (the words, stripped; empty when the search ended).
    """

    searched = Signal(str)

    def __init__(self, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(tr("Search"))
        self.setAccessibleDescription(placeholder)
        set_tip(self, with_keys(placeholder, "Ctrl+K"))
        self.setClearButtonEnabled(True)
        self._drawing = QAction(self)
        self.addAction(self._drawing, PlainLine.ActionPosition.LeadingPosition)
        self._last = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self.search_now)
        self.textChanged.connect(lambda _text: self._timer.start())
        self.returnPressed.connect(self.search_now)
        shortcut = QShortcut(QKeySequence("Ctrl+K"), self)
        shortcut.activated.connect(self._on_called)
        self._guard: _Guard | None = None
        application = QApplication.instance()
        if isinstance(application, QApplication):
            # Deaf to what the signal brings: a menu that has just shut, handed to Python, ends the process (PySide 6.9).
            application.focusObjectChanged.connect(self._guard_focus)
        current_theme().changed.connect(self._draw)
        self._draw()

    def search_now(self) -> None:
        """Do not wait for the typing to settle."""
        self._timer.stop()
        words = self.text().strip()
        if words != self._last:
            self._last = words
            self.searched.emit(words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.search_now()
            return
        super().keyPressEvent(event)

    def _guard_focus(self) -> None:
        # Only the widget with the focus is watched: a filter on the whole application would slow every event.
        if self._guard is not None and isValid(self._guard):
            self._guard.deleteLater()
        focused = QApplication.focusWidget()
        self._guard = _Guard(focused) if focused is not None else None

    def _on_called(self) -> None:
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def _draw(self) -> None:
        self._drawing.setIcon(current_theme().icon(Icon.SEARCH))


class _Guard(QObject):
    """Watches a widget and goes with it: nothing of the widget's is kept that could outlive it."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # On Linux an edit field takes Ctrl+K for "delete to the end of the line": here it means search, everywhere.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_call(event):
            event.ignore()
            return True
        return super().eventFilter(watched, event)


def _is_call(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_K and event.modifiers() == Qt.KeyboardModifier.ControlModifier
