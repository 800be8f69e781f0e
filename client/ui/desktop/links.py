"""What is heard from outside the program: later starts of it, and the lock of the screen."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from client.ui.desktop.first_start import FirstStart


class DesktopLinks(QObject):
    """Opened once the first window is there: nobody waits for a bus to see it.

    Signals: `handed` (Handed, of a later start), `screen_locked`, `screen_unlocked`.
    """

    handed = Signal(object)
    screen_locked = Signal()
    screen_unlocked = Signal()

    def __init__(self, profile: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._profile = profile
        self._closed = False
        self._first: FirstStart | None = None
        QTimer.singleShot(0, self, self._open)

    def close(self) -> None:
        """The program ends: a later start is to be a first one."""
        self._closed = True
        if self._first is not None:
            self._first.close()

    def _open(self) -> None:
        if self._closed:
            return
        # Deferred: the libraries of both would be loaded before the window is drawn.
        from client.ui.desktop.first_start import FirstStart

        self._first = FirstStart(self._profile, self)
        self._first.handed.connect(self.handed)
        if sys.platform != "win32":  # which has no such bus, and says it in a way of its own
            from client.ui.desktop.screen_lock import ScreenLock

            lock = ScreenLock.of_desktop(self)
            lock.locked.connect(self.screen_locked)
            lock.unlocked.connect(self.screen_unlocked)
