"""Every interface test runs offscreen, in Chinese, with the light theme; Qt's own warnings fail it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import MultiSignalBlocker, SignalBlocker

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from client.ui.base.catalogue import LanguageName
from client.ui.base.language import set_language
from client.ui.base.theme import Theme, ThemeChoice
from client.ui.base.window_state import WindowState

# The offscreen platform says this of windows with a minimum size, of pop-ups and of menus.
_OFFSCREEN = "This plugin does not support"


class PatientBot(QtBot):
    """Waits for what happens as long as pytest lets a test run, not for pytest-qt's five seconds."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        super().__init__(request)
        # A little less: what the guard against hanging raises inside a loop of Qt's is caught there, and the loop goes on.
        asked = request.config.getoption("timeout")
        seconds = request.config.getini("timeout") if asked is None else asked
        self._patience_ms = round(900 * float(seconds))

    def waitUntil(self, callback: Callable[[], bool | None], **how: Any) -> None:
        super().waitUntil(callback, **{"timeout": self._patience_ms, **how})

    def waitSignal(self, signal: Any, **how: Any) -> SignalBlocker:
        return super().waitSignal(signal, **{"timeout": self._patience_ms, **how})

    def waitSignals(self, signals: list[Any], **how: Any) -> MultiSignalBlocker:
        return super().waitSignals(signals, **{"timeout": self._patience_ms, **how})


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(autouse=True)
def theme(qapp: QApplication) -> Iterator[Theme]:
    """The application's theme, light again for each test."""
    found = qapp.findChild(Theme, "theme") or Theme(qapp, ThemeChoice.LIGHT)
    found.choose(ThemeChoice.LIGHT)
    set_language(LanguageName.CHINESE)
    yield found
    found.choose(ThemeChoice.LIGHT)
    set_language(LanguageName.CHINESE)


@pytest.fixture(autouse=True)
def _no_qt_warnings() -> Iterator[None]:
    """What Qt complains about is a mistake of ours."""
    said: list[str] = []
    bad = (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg)
    before = qInstallMessageHandler(lambda kind, _context, text: said.append(text) if kind in bad else None)
    yield
    qInstallMessageHandler(before)
    assert [text for text in said if not text.startswith(_OFFSCREEN)] == []


@pytest.fixture
def state(tmp_path: Path) -> WindowState:
    return WindowState(tmp_path / "window.ini")
