"""The tiles with the bar under them; on the full screen the bar goes when nobody moves for three seconds, and comes back at once.

Tiles keep clear of the bar's place while it is away too: a room that moved whenever the mouse does would be worse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, QRect, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from client.ui.meetings.bar import Bar
from client.ui.meetings.seating import Seat
from client.ui.meetings.services import Newest
from client.ui.meetings.tile_grid import TileGrid
from client.ui.widgets.question import Question

REST_MS: Final = 3000
_FOOT: Final = 8
_LEAST: Final = 360


class Room(QWidget):
    """Signals: `rested` (whether the bar is gone)."""

    rested = Signal(bool)

    def __init__(self, slot_for: Callable[[Seat], Newest | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setMinimumWidth(_LEAST)
        self.grid = TileGrid(slot_for, self)
        self.bar = Bar(self)
        self.bar.setMouseTracking(True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self.rest)
        self._may_rest = False

    def set_full_screen(self, full: bool) -> None:
        """Only there the bar is in anybody's way."""
        self._may_rest = full
        self.wake()

    def wake(self) -> None:
        """Somebody is there."""
        if not self.bar.isVisibleTo(self):
            self.bar.show()
            self.bar.raise_()
            self.rested.emit(False)
        if self._may_rest:
            self._timer.start()
        else:
            self._timer.stop()

    def rest(self) -> None:
        """Nobody has moved: the bar goes, unless he is in the middle of using it."""
        if not self._may_rest:
            return
        if self._in_use():
            self._timer.start()
            return
        if self.bar.isVisibleTo(self):
            self.bar.hide()
            self.rested.emit(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        size = self.bar.fit(self.width() - 2 * _FOOT)
        self.grid.keep_foot(size.height() + 2 * _FOOT)
        self.grid.setGeometry(self.rect())
        corner = QPoint((self.width() - size.width()) // 2, self.height() - size.height() - _FOOT)
        self.bar.setGeometry(QRect(corner, size))
        self.bar.raise_()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.wake()
        super().mouseMoveEvent(event)

    def _in_use(self) -> bool:
        focus = QApplication.focusWidget()
        focused = focus is not None and self.bar.isAncestorOf(focus)
        # A question at its button goes with the bar: who thinks about it is not to lose it.
        asked = Question.asked() is not None or QApplication.activePopupWidget() is not None
        return focused or asked or self.bar.underMouse()
