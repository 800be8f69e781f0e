"""Keeps a window inside the screen it is on: its foot holds the buttons, and under the task bar nobody reaches them.

A laptop of 1366×768 has 728 lines beside its task bar, at 150 % no more than 910×485.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMargins, QObject, QPoint, QRect, QSize
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QStyle, QWidget


def inside(wanted: QRect, frame: QMargins, room: QRect) -> QRect:
    """Where a window's content goes: as `wanted`, but with its frame no larger than the room, and within it.

    All in logical pixels.
    """
    outer = wanted.marginsAdded(frame)
    size = outer.size().boundedTo(room.size())
    x = max(room.left(), min(outer.left(), room.right() + 1 - size.width()))
    y = max(room.top(), min(outer.top(), room.bottom() + 1 - size.height()))
    return QRect(QPoint(x, y), size).marginsRemoved(frame)


class ScreenFit(QObject):
    """Of one top-level window: fitted when it is first shown, comes to another screen, or its screen changes."""

    def __init__(self, window: QWidget, smallest: QSize) -> None:
        super().__init__(window)
        self._window = window
        self._smallest = smallest
        self._screen: QScreen | None = None
        self._limit()
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Show:
            handle = self._window.windowHandle()
            if handle is not None and self._screen is None:
                handle.screenChanged.connect(lambda _screen: self.fit())
            self.fit()
        return False

    def fit(self) -> None:
        """Make it smaller where it must be, and move it inside; a maximised window is the system's care."""
        self._watch(self._window.screen())
        self._limit()
        if self._window.isMaximized() or self._window.isFullScreen() or self._window.isMinimized():
            return
        fitted = inside(self._window.geometry(), self._frame(), self._room())
        if fitted != self._window.geometry():
            self._window.setGeometry(fitted)

    def _limit(self) -> None:
        """No window may demand more than its screen has."""
        room = self._room().marginsRemoved(self._frame())
        self._window.setMinimumSize(self._smallest.boundedTo(room.size()))

    def _watch(self, screen: QScreen) -> None:
        if screen is self._screen:
            return
        if self._screen is not None:
            self._screen.availableGeometryChanged.disconnect(self._on_room_changed)
        self._screen = screen
        screen.availableGeometryChanged.connect(self._on_room_changed)

    def _on_room_changed(self, _room: QRect) -> None:
        self.fit()

    def _room(self) -> QRect:
        return self._window.screen().availableGeometry()

    def _frame(self) -> QMargins:
        """What is around the content; before the system has drawn it, a title bar as the style has it."""
        outer, content = self._window.frameGeometry(), self._window.geometry()
        if outer != content:
            return QMargins(
                content.left() - outer.left(),
                content.top() - outer.top(),
                outer.right() - content.right(),
                outer.bottom() - content.bottom(),
            )
        return QMargins(0, self._window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight), 0, 0)
