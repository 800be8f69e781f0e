"""The desk on its desktop: a lock of the screen waits for the real end of a meeting, and who closes the window is out of his."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from shiboken6 import delete

from client.core.events import LiveMeetingChanged
from client.ui.base.errors import Notice
from client.ui.base.window_state import WindowState
from client.ui.login.installation_sheet import InstallationSheet
from client.ui.settings.choices import OnClose, keep_on_close
from client.ui.window.desktop_life import DesktopLife
from client.ui.window.tray import Tray, tray_words
from tests.support.page_walk import settle
from tests.ui.desk_double import City
from tests.ui.meetings_double import live
from tests.ui.messaging_double import DIRECT


@dataclass
class Life:
    """A real desk over doubles, hosted on a desktop with a tray."""

    city: City
    life: DesktopLife
    locks: list[Notice | None] = field(default_factory=list)

    def go_in(self, *, chair: bool = False) -> None:
        self.city.meetings.now = live(2, i_chair=chair)
        self.city.hear(LiveMeetingChanged())

    def come_out(self) -> None:
        self.city.meetings.now = None
        self.city.hear(LiveMeetingChanged())
        settle()


@pytest.fixture
def desk(
    qapp: QApplication, state: WindowState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Life]:
    monkeypatch.setattr(Tray, "look", lambda _self: True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    city = City.of(qapp, state)
    life = DesktopLife(tmp_path, state, lambda: city.desk.in_meeting, city.bridge, qapp, hidden=False)
    made = Life(city, life)
    life.lock_asked.connect(made.locks.append)
    life.withdrawn.connect(city.desk.leave_meeting)
    life.host(city.desk.window)
    settle()
    yield made
    life.close()
    city.close()
    delete(life)


def test_the_lock_of_the_screen_says_why(desk: Life) -> None:
    desk.life._links.screen_locked.emit()
    [why] = desk.locks
    assert why is not None
    assert why.what == "锦书已随屏幕锁定。"


def test_it_waits_for_the_end_of_a_meeting(desk: Life) -> None:
    desk.go_in()
    desk.life._links.screen_locked.emit()
    assert desk.locks == []
    desk.come_out()
    assert len(desk.locks) == 1


def test_who_closes_the_window_is_out_of_his_meeting(desk: Life, state: WindowState) -> None:
    keep_on_close(state, OnClose.STAY)
    desk.go_in()
    desk.city.desk.window.close()
    settle()
    assert not desk.city.desk.window.isVisible()
    assert desk.city.meetings.said("leave")


def test_a_chair_is_asked_about_the_meeting_and_the_window_stays(desk: Life, state: WindowState) -> None:
    keep_on_close(state, OnClose.STAY)
    desk.go_in(chair=True)
    desk.city.desk.window.close()
    settle()
    assert desk.city.desk.window.isVisible()
    assert not desk.city.meetings.said("leave")


def test_the_tray_is_told_what_is_unread_and_that_it_is_locked(desk: Life) -> None:
    desk.city.talks.arrive("一", "prs_li", DIRECT)
    desk.city.desk._messages.refresh()
    settle()
    assert desk.city.desktop.described == 4
    desk.city.notifier.lock()
    assert desk.city.desktop.described is None
    assert [tray_words(count) for count in (None, 0, 4)] == ["锦书（已锁定）", "锦书", "锦书 · 4 条未读"]


def test_while_a_version_is_installed_the_tray_ends_nothing(desk: Life) -> None:
    asked: list[bool] = []
    desk.life.quit_asked.connect(lambda: asked.append(True))
    desk.city.desk.window.hide()
    sheet = InstallationSheet("0.5.0")
    desk.life.hold(sheet)
    desk.life.tray.quit_asked.emit()
    assert sheet.isVisible()
    assert asked == []
    sheet.done()
    desk.life.host(desk.city.desk.window)
    desk.life.tray.quit_asked.emit()
    assert asked == [True]
