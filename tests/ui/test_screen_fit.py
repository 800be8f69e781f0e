"""No window is larger than its screen, and its foot is always seen: at 1366×768, at 150 %, and on a screen it was not on before."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMargins, QRect, QSize
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from client.ui.base.screen_fit import ScreenFit, inside
from client.ui.base.window_state import WindowState
from client.ui.window.main_window import MainWindow
from tests.support.page_walk import discard, settle

FRAME = QMargins(1, 30, 1, 1)
LAPTOP = QRect(0, 0, 1366, 728)
LAPTOP_150 = QRect(0, 0, 910, 485)
SECOND = QRect(1920, 40, 1280, 984)


@pytest.mark.parametrize("room", [LAPTOP, LAPTOP_150, SECOND])
@pytest.mark.parametrize(
    "wanted",
    [
        QRect(0, 0, 1280, 800),
        QRect(100, 60, 1024, 700),
        QRect(-4000, -4000, 1280, 800),
        QRect(5000, 5000, 900, 560),
        QRect(1800, 900, 900, 560),
    ],
)
def test_the_frame_lies_inside_the_room_the_screen_has(room: QRect, wanted: QRect) -> None:
    assert room.contains(inside(wanted, FRAME, room).marginsAdded(FRAME))


def test_what_fits_stays_where_it_was() -> None:
    wanted = QRect(200, 100, 1000, 600)
    assert inside(wanted, FRAME, LAPTOP) == wanted


def test_only_as_much_is_taken_as_must_be() -> None:
    fitted = inside(QRect(1, 30, 1280, 800), FRAME, LAPTOP)
    assert (fitted.width(), fitted.height()) == (1280, 728 - 31)


@pytest.fixture
def screen_room(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> QRect:
    """The only screen there is has no more room than a laptop's at 150 %."""
    monkeypatch.setattr(ScreenFit, "_room", lambda _fit: LAPTOP_150)
    return LAPTOP_150


def test_the_main_window_opens_inside_a_small_screen_and_its_foot_is_there(
    qtbot: QtBot, tmp_path: Path, screen_room: QRect
) -> None:
    window = MainWindow([], QWidget(), WindowState(tmp_path / "window.ini"))
    qtbot.addWidget(window)
    window.show()
    settle()
    assert screen_room.contains(window.frameGeometry())
    foot = window.status.mapTo(window, window.status.rect().bottomRight())
    assert window.rect().contains(foot)


def test_a_window_last_seen_on_a_large_screen_opens_inside_the_small_one(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = WindowState(tmp_path / "window.ini")
    large = MainWindow([], QWidget(), state)
    large.setGeometry(QRect(0, 0, 1900, 1000))
    large.show()
    settle()
    large.end()
    discard(large)
    monkeypatch.setattr(ScreenFit, "_room", lambda _fit: LAPTOP)
    again = MainWindow([], QWidget(), WindowState(tmp_path / "window.ini"))
    qtbot.addWidget(again)
    again.show()
    settle()
    assert LAPTOP.contains(again.frameGeometry())


def test_a_window_follows_when_its_screen_becomes_smaller(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(QRect(0, 0, 700, 500))
    ScreenFit(window, QSize(600, 400))
    window.show()
    settle()
    small = QRect(0, 0, 400, 300)
    monkeypatch.setattr(ScreenFit, "_room", lambda _fit: small)
    window.screen().availableGeometryChanged.emit(small)
    settle()
    assert small.contains(window.frameGeometry())


def test_the_smallest_window_is_no_larger_than_is_promised(qtbot: QtBot, tmp_path: Path) -> None:
    window = MainWindow([], QWidget(), WindowState(tmp_path / "window.ini"))
    qtbot.addWidget(window)
    least = window.minimumSize()
    assert (least.width() <= 900, least.height() <= 560) == (True, True)
