"""Hears the keyboard wherever in the meeting the focus is: space held to talk, and that somebody is at the keys at all."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget
from shiboken6 import isValid


class KeyWatch(QObject):
    """Only the widget with the focus is watched: a filter on the whole application would slow every event.

    Signals: `pressed` (any key), `talk_pressed`, `talk_released` (space; released too when the focus goes away).
    """

    pressed = Signal()
    talk_pressed = Signal()
    talk_released = Signal()

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._view = view
        self._watched: QWidget | None = None
        self._held = False
        # Not `focusChanged`: it names the widget before too, which may be deleted, and PySide then reads freed memory.
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusObjectChanged.connect(self._on_focus_changed)
            self._on_focus_changed(QApplication.focusObject())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.KeyPress:
            self.pressed.emit()
        if event.key() != Qt.Key.Key_Space or isinstance(watched, QLineEdit | QPlainTextEdit | QTextEdit):
            return False
        return self._on_space(event)

    def _on_space(self, event: QKeyEvent) -> bool:
        """Space talks and does nothing else here, buttons included: Enter presses them."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if not event.isAutoRepeat():
            self._set_held(event.type() == QEvent.Type.KeyPress)
        return True

    def _set_held(self, held: bool) -> None:
        if held != self._held:
            self._held = held
            (self.talk_pressed if held else self.talk_released).emit()

    def _on_focus_changed(self, now: QObject | None) -> None:
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = None
        if isinstance(now, QWidget) and (now is self._view or self._view.isAncestorOf(now)):
            self._watched = now
            now.installEventFilter(self)
        else:
            # The key may come up elsewhere, unheard: nobody is to talk on without knowing.
            self._set_held(False)
