"""When time alone makes what is drawn untrue: 今天 becomes 昨天 at midnight, a deadline runs out, and nobody sends anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal

from client.ui.base.moments import local_day, wall_ms

_NAME: Final = "passing_time"
_MINUTE_MS: Final = 60_000


class PassingTime(QObject):
    """Looks at the clock once a minute, and exactly at midnight; a computer that slept through it is found out a minute later.

    Signals: `minute` (a minute has gone by: draw again what tells times), `midnight` (another day has begun).
    """

    minute = Signal()
    midnight = Signal()

    def __init__(self, now: Callable[[], int], parent: QObject) -> None:
        """`now`: milliseconds UTC."""
        super().__init__(parent)
        self.setObjectName(_NAME)
        self._now = now
        self._day = local_day(now())
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        self._wait()

    def _wait(self) -> None:
        now = self._now()
        begins = datetime.combine(local_day(now) + timedelta(days=1), datetime.min.time())
        self._timer.start(max(1, min(_MINUTE_MS, int(begins.timestamp() * 1000) - now)))

    def _look(self) -> None:
        day = local_day(self._now())
        turned, self._day = day != self._day, day
        self._wait()
        self.minute.emit()
        if turned:
            self.midnight.emit()


def passing_time() -> PassingTime:
    """The application's own, by the computer's clock."""
    application = QCoreApplication.instance()
    if application is None:
        raise RuntimeError("there is no application yet")
    found = application.findChild(PassingTime, _NAME, Qt.FindChildOption.FindDirectChildrenOnly)
    return found if found is not None else PassingTime(wall_ms, application)
