"""Locks with the desktop's screen: at once, or as soon as the meeting is over that was on when the screen was locked."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal


class ScreenWatch(QObject):
    """Told what the desktop says, and when a meeting may have ended.

    A meeting goes on behind a locked screen, heard by headset as on a telephone; the store is open as long as it lasts.

    Signals: `expired` (lock now).
    """

    expired = Signal()

    def __init__(
        self, chosen: Callable[[], bool], in_use: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        """`chosen`: whether the user wants it, asked each time. `in_use`: something goes on that a lock would break off."""
        super().__init__(parent)
        self._chosen = chosen
        self._in_use = in_use
        self._away = False

    def on_locked(self) -> None:
        self._away = True
        self.look()

    def on_unlocked(self) -> None:
        """He is back before the meeting was over."""
        self._away = False

    def look(self) -> None:
        """See whether it is time; what was in use may have ended."""
        if self._away and not self._in_use():
            self._away = False
            if self._chosen():
                self.expired.emit()
