"""Qt's application, made once and the same way for every window of the program."""

from __future__ import annotations

import os

from PySide6.QtWidgets import QApplication

from client.ui.base.input_method import InputMethodChoice, choose_input_method, installed_input_methods


def make_qt() -> tuple[QApplication, InputMethodChoice]:
    """Qt's application, and the input method it has been told to use: it reads that once, when it is made."""
    choice = choose_input_method(os.environ, installed_input_methods())
    there = QApplication.instance()
    qt = there if isinstance(there, QApplication) else QApplication(["jinshu"])
    qt.setApplicationName("jinshu")
    return qt, choice
