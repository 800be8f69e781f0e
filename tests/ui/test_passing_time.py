"""The clock that pages hear of: each minute, and exactly at midnight."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from client.ui.base.passing_time import PassingTime

_EVENING = int(datetime(2026, 11, 23, 23, 59, 30).timestamp() * 1000)
_HOUR = 3_600_000


class Clock:
    """Set by hand; the timer is made to go off instead of waited for."""

    def __init__(self, parent: QObject, now: int) -> None:
        self.now = now
        self.time = PassingTime(lambda: self.now, parent)
        self.heard: list[str] = []
        self.time.minute.connect(lambda: self.heard.append("minute"))
        self.time.midnight.connect(lambda: self.heard.append("midnight"))

    def at(self, now: int) -> list[str]:
        self.now, self.heard[:] = now, []
        (timer,) = self.time.findChildren(QTimer)
        timer.timeout.emit()
        return self.heard


def test_midnight_is_waited_for_to_the_second(qapp: QApplication) -> None:
    parent = QObject(qapp)
    clock = Clock(parent, _EVENING)
    assert clock.time._timer.interval() == 30_000
    assert clock.at(_EVENING + 30_000) == ["minute", "midnight"]
    assert clock.time._timer.interval() == 60_000
    assert clock.at(_EVENING + 90_000) == ["minute"]
    parent.deleteLater()


def test_a_night_slept_through_is_one_midnight(qapp: QApplication) -> None:
    parent = QObject(qapp)
    clock = Clock(parent, _EVENING)
    assert clock.at(_EVENING + 60 * _HOUR) == ["minute", "midnight"]
    # A clock set back is another day as well.
    assert clock.at(_EVENING) == ["minute", "midnight"]
    assert clock.time._timer.interval() == 30_000
    parent.deleteLater()
