"""PySide6 6.12 lost a reference to True at every signal on Python 3.11; ours must not (D1)."""

from __future__ import annotations

import sys

import PySide6
from PySide6.QtCore import QObject, Signal


class Sender(QObject):
    """Sends nothing of interest."""

    told = Signal(bool)


def test_the_pinned_version_is_used() -> None:
    assert PySide6.__version__.startswith("6.9.")


def test_signals_leave_reference_counts_alone() -> None:
    sender = Sender()
    heard: list[bool] = []
    sender.told.connect(heard.append)
    before = sys.getrefcount(True)
    for _ in range(500):
        sender.told.emit(True)
    heard.clear()
    assert abs(sys.getrefcount(True) - before) < 50
