"""Qt's application, made once and the same way for every window of the program."""

from __future__ import annotations

import os
import signal

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from client.ui.base.input_method import InputMethodChoice, choose_input_method, installed_input_methods


def make_qt() -> tuple[QApplication, InputMethodChoice]:
    """Qt's application, and the input method it has been told to use: it reads that once, when it is made."""
    choice = choose_input_method(os.environ, installed_input_methods())
    there = QApplication.instance()
    qt = there if isinstance(there, QApplication) else QApplication(["jinshu"])
    qt.setApplicationName("jinshu")
    return qt, choice


def end_by_signals(qt: QApplication, parent: QObject) -> None:
    """SIGTERM and SIGINT end Qt's loop from now on, as long as `parent` is there.

    Not by `quit`, which asks the windows first.
    """
    # Python's handlers run only when the interpreter does: Qt's loop must come back to it now and then.
    heartbeat = QTimer(parent)
    heartbeat.start(200)
    heartbeat.timeout.connect(lambda: None)
    signal.signal(signal.SIGTERM, lambda *_: qt.exit())
    signal.signal(signal.SIGINT, lambda *_: qt.exit())
