"""The end of the real application, in a process whose tests go on after it."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from client.app import Application


def end(application: Application, qapp: QApplication) -> None:
    """Let it run until somebody ends it: now."""
    QTimer.singleShot(0, qapp.exit)
    run_to_its_end(application, qapp)


def run_to_its_end(application: Application, qapp: QApplication) -> int:
    """Its exit code; Qt's loops of later tests run as if there had been none.

    The last window closed after the end is one more wish to quit, which Qt takes when no loop of the application's runs: every other loop
    would return at once from then on, until the application's has run again.
    """
    code = application.run()
    qapp.processEvents()
    QTimer.singleShot(0, qapp.exit)
    qapp.exec()
    return code
