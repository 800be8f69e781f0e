"""A crash of the real program, and the next start: told once, with its report, above the pages and before them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from client.app import Application, start
from client.ui.settings.choices import tells_crashes
from client.ui.widgets.text_window import TextWindow
from client.ui.window.crash_bar import CrashBar
from tests.integration.core.test_application import (
    Enrolled,
    _signals,
    end,
    enrolled,
    said,
)

__all__ = ["_signals", "enrolled"]  # fixtures

ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
import os, sys
sys.path.insert(0, {root!r})
from PySide6.QtCore import QTimer
from client.__main__ import begin
application = begin(["--profile", sys.argv[1]])
def falls_down():
    os.abort()
QTimer.singleShot(0, falls_down)
application.run()
"""


def crash(profile: Path) -> None:
    """The program in a process of its own, which aborts in its loop."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(root=str(ROOT)), str(profile)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGABRT, done.stderr[-2000:]


def begun(enrolled: Enrolled, qtbot: QtBot) -> tuple[Application, CrashBar]:
    application = start(["--profile", str(enrolled.profile)], keyring=enrolled.ring)
    qtbot.waitUntil(lambda: application._desk is not None, timeout=600_000)
    desk = application._desk
    assert desk is not None
    return application, desk.window.crash


def press_on(bar: CrashBar, words: str) -> None:
    [found] = [each for each in bar.findChildren(QPushButton) if each.text() == words]
    found.click()


@pytest.mark.usefixtures("_signals")
def test_a_crash_is_told_at_the_next_start_and_at_no_later_one(
    enrolled: Enrolled, qtbot: QtBot, qapp: QApplication
) -> None:
    crash(enrolled.profile)
    application, bar = begun(enrolled, qtbot)
    assert bar.isVisible()
    press_on(bar, "查看")
    [window] = bar.findChildren(TextWindow)
    [text] = window.findChildren(QPlainTextEdit)
    report = text.toPlainText()
    assert "Fatal Python error: Aborted" in report
    assert "falls_down" in report
    assert str(enrolled.profile) not in report
    window.close()
    end(application, qapp)
    application, bar = begun(enrolled, qtbot)
    assert not bar.isVisible()
    end(application, qapp)
    assert not (enrolled.profile / "log" / "running.json").exists()


@pytest.mark.usefixtures("_signals")
def test_who_does_not_want_to_hear_of_it_is_not_told_again(
    enrolled: Enrolled, qtbot: QtBot, qapp: QApplication
) -> None:
    crash(enrolled.profile)
    # No keyring in this session: before the passphrase is typed it is said, too.
    application = start(["--profile", str(enrolled.profile)])
    assert application._flow is not None
    assert "锦书上次异常退出。" in said(application._flow)
    end(application, qapp)
    # It was not told in a window yet.
    application, bar = begun(enrolled, qtbot)
    press_on(bar, "不再提示")
    assert not tells_crashes(application._state)
    end(application, qapp)
    crash(enrolled.profile)
    application, bar = begun(enrolled, qtbot)
    assert not bar.isVisible()
    end(application, qapp)
