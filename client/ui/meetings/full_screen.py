"""The meeting alone on the screen, and back in its place: F11, Escape."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget

from client.ui.meetings.meeting_view import MeetingView


class FullScreen(QObject):
    """The view keeps its tiles and their pictures on the way."""

    def __init__(self, home: QStackedWidget, view: MeetingView, parent: QObject) -> None:
        super().__init__(parent)
        self._home = home
        self._view = view
        self._on = False
        view.installEventFilter(self)

    @property
    def on(self) -> bool:
        return self._on

    def set_on(self, on: bool) -> None:
        if on == self._on:
            return
        self._on = on
        if on:
            self._home.removeWidget(self._view)
            self._view.setParent(None, Qt.WindowType.Window)
            self._view.setWindowTitle(self._view.accessibleName())
            self._view.showFullScreen()
        else:
            self._view.setWindowFlags(Qt.WindowType.Widget)
            self._home.addWidget(self._view)
            self._home.setCurrentWidget(self._view)
        self._view.set_full_screen(on)
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self._on or watched is not self._view:
            return False
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.set_on(False)
                return True
        elif event.type() == QEvent.Type.Close:
            # Closing the full screen goes back; leaving is another button.
            event.ignore()
            self.set_on(False)
            return True
        return False
