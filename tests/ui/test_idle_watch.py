"""Locked when nobody uses it, and only then: by a given clock, with real keys and moves on a real window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from client.ui.window.idle_watch import IdleWatch
from tests.support.page_walk import settle

LIMIT = 15 * 60


class Clock:
    """Two times that a test moves, together or apart."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.wall = 1_790_000_000_000

    def now_ms(self) -> int:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody waits {seconds} s")

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += int(seconds * 1000)


class Desk:
    """A window with a field, and the watch over it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.clock = Clock()
        self.minutes = LIMIT // 60
        self.meeting = False
        self.locked = 0
        self.watch = IdleWatch(lambda: self.minutes, lambda: self.meeting, self.clock)
        self.watch.expired.connect(self._on_expired)
        self.window = QLineEdit()
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        settle()
        self.watch.start()

    def _on_expired(self) -> None:
        self.locked += 1

    def after(self, seconds: float) -> bool:
        """Whether it is locked when so much has passed."""
        self.clock.pass_by(seconds)
        self.watch.look()
        return bool(self.locked)


def press_key(window: QWidget) -> None:
    """As the window system does it: to the window, not to a widget."""
    handle = window.windowHandle()
    assert handle is not None
    QTest.keyClick(handle, Qt.Key.Key_A)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qtbot)
    yield made
    delete(made.watch)


def test_it_expires_once_when_the_time_is_up_and_not_before(desk: Desk) -> None:
    assert not desk.after(LIMIT - 1)
    assert desk.after(1)
    desk.after(LIMIT)
    assert desk.locked == 1


def test_keys_clicks_and_moves_begin_the_time_anew(desk: Desk) -> None:
    handle = desk.window.windowHandle()
    assert handle is not None

    def move() -> None:
        QTest.mouseMove(handle, QPoint(5, 5))
        QTest.mouseMove(handle, QPoint(9, 9))
        settle()

    def press() -> None:
        press_key(desk.window)

    def click() -> None:
        QTest.mouseClick(handle, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))

    for use in (press, click, move):
        assert not desk.after(LIMIT - 1)
        use()
    assert not desk.after(LIMIT - 1)


def test_what_an_input_method_writes_counts(desk: Desk) -> None:
    assert not desk.after(LIMIT - 1)
    # As a committed composition does, with no key seen by the window.
    desk.window.insert("会议通知")
    settle()
    assert not desk.after(LIMIT - 1)


def test_a_window_that_comes_later_is_watched_too(desk: Desk, qtbot: QtBot) -> None:
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitActive(other)
    settle()
    assert not desk.after(LIMIT - 1)
    press_key(other)
    assert not desk.after(LIMIT - 1)


def test_a_window_that_went_is_forgotten(desk: Desk) -> None:
    menu = QMenu()
    menu.addAction("打开")
    menu.popup(QPoint(0, 0))
    settle()
    desk.watch.start()
    before = len(desk.watch._watched)
    menu.close()
    delete(menu)
    settle()
    assert len(desk.watch._watched) < before


def test_after_the_computers_sleep_the_first_move_locks_it(desk: Desk) -> None:
    """The monotonic clock stood still, and the hand is there before the timer is."""
    desk.clock.wall += 8 * 3600 * 1000
    press_key(desk.window)
    assert desk.locked == 1


def test_a_clock_set_back_does_not_keep_it_open(desk: Desk) -> None:
    desk.clock.wall -= 24 * 3600 * 1000
    desk.clock.seconds += LIMIT
    desk.watch.look()
    assert desk.locked == 1


def test_a_meeting_keeps_it_open_and_the_time_counts_from_its_end(desk: Desk) -> None:
    desk.meeting = True
    assert not desk.after(3 * LIMIT)
    desk.meeting = False
    assert not desk.after(LIMIT - 1)
    assert desk.after(1)


def test_without_a_limit_it_never_expires_and_a_new_one_counts_at_once(desk: Desk) -> None:
    desk.minutes = 0
    assert not desk.after(100 * LIMIT)
    desk.minutes = 5
    assert desk.after(0)


def test_stopped_it_says_nothing(desk: Desk) -> None:
    desk.watch.stop()
    assert not desk.after(10 * LIMIT)
    desk.watch.start()
    assert not desk.after(LIMIT - 1)
