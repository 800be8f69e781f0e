"""The lock of the screen, told over a real bus of the test's own as each desktop tells it, and what follows."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtDBus import QDBusConnection, QDBusMessage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from client.ui.desktop.screen_lock import ScreenLock, session_path
from client.ui.window.screen_watch import ScreenWatch

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="no bus on this machine")
LOGIN = "org.freedesktop.login1"


@dataclass
class Bus:
    """A desktop that speaks, and the program that listens."""

    desktop: QDBusConnection
    program: QDBusConnection

    def say(self, path: str, interface: str, name: str, *values: object) -> None:
        message = QDBusMessage.createSignal(path, interface, name)
        message.setArguments(list(values))
        assert self.desktop.send(message)


@pytest.fixture
def bus(tmp_path: Path, qapp: QApplication) -> Iterator[Bus]:
    command = [
        "dbus-daemon",
        "--session",
        "--nofork",
        "--print-address=1",
        f"--address=unix:path={tmp_path}/bus",
    ]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert daemon.stdout is not None
    address = daemon.stdout.readline().strip()
    names = ("desktop", "program")
    made = Bus(*(QDBusConnection.connectToBus(address, f"{tmp_path}-{name}") for name in names))
    assert made.desktop.isConnected()
    assert made.program.isConnected()
    yield made
    for name in names:
        QDBusConnection.disconnectFromBus(f"{tmp_path}-{name}")
    daemon.terminate()
    daemon.wait()
    daemon.stdout.close()


@dataclass
class Heard:
    """What came, in its order."""

    lock: ScreenLock
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock.locked.connect(lambda: self.words.append("locked"))
        self.lock.unlocked.connect(lambda: self.words.append("unlocked"))


@pytest.mark.parametrize(
    ("path", "interface", "name"),
    [
        ("/ScreenSaver", "org.freedesktop.ScreenSaver", "ActiveChanged"),
        ("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver", "ActiveChanged"),
        ("/", "org.ukui.ScreenSaver", "ActiveChanged"),
        ("/org/mate/ScreenSaver", "org.mate.ScreenSaver", "ActiveChanged"),
        ("/org/cinnamon/ScreenSaver", "org.cinnamon.ScreenSaver", "ActiveChanged"),
        ("/com/deepin/dde/lockFront", "com.deepin.dde.lockFront", "Visible"),
        ("/org/deepin/dde/LockFront1", "org.deepin.dde.LockFront1", "Visible"),
    ],
)
def test_each_desktops_word_for_it_is_understood(
    bus: Bus, qtbot: QtBot, path: str, interface: str, name: str
) -> None:
    heard = Heard(ScreenLock(bus.program, None))
    bus.say(path, interface, name, True)
    bus.say(path, interface, name, False)
    qtbot.waitUntil(lambda: len(heard.words) == 2)
    assert heard.words == ["locked", "unlocked"]
    delete(heard.lock)


def test_kylin_says_it_in_two_words(bus: Bus, qtbot: QtBot) -> None:
    heard = Heard(ScreenLock(bus.program, None))
    bus.say("/", "org.ukui.ScreenSaver", "lock")
    bus.say("/", "org.ukui.ScreenSaver", "unlock")
    qtbot.waitUntil(lambda: heard.words == ["locked", "unlocked"])
    delete(heard.lock)


def test_logind_says_it_of_our_session_and_of_sleep(bus: Bus, qtbot: QtBot) -> None:
    assert bus.desktop.registerService(LOGIN)
    heard = Heard(ScreenLock(None, bus.program, "2"))
    bus.say(session_path("3"), f"{LOGIN}.Session", "Lock")  # somebody else's
    bus.say(session_path("2"), f"{LOGIN}.Session", "Lock")
    bus.say(session_path("2"), f"{LOGIN}.Session", "Unlock")
    bus.say("/org/freedesktop/login1", f"{LOGIN}.Manager", "PrepareForSleep", False)
    bus.say("/org/freedesktop/login1", f"{LOGIN}.Manager", "PrepareForSleep", True)
    qtbot.waitUntil(lambda: len(heard.words) >= 3)
    assert heard.words == ["locked", "unlocked", "locked"]
    delete(heard.lock)


def test_sessions_have_their_objects_paths() -> None:
    assert [session_path(name).rsplit("/", 1)[1] for name in ("2", "c1", "_a", "12")] == [
        "_32",
        "c1",
        "_5fa",
        "_312",
    ]


def test_without_a_bus_nothing_is_heard_and_nothing_fails(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(QDBusConnection, "systemBus", lambda: QDBusConnection("there is none"))
    lock = ScreenLock.of_desktop(qapp)
    delete(lock)


# What follows


@dataclass
class Watched:
    """A watch, in a meeting or not, wanted or not."""

    wanted: bool = True
    meeting: bool = False
    locked: int = 0

    def __post_init__(self) -> None:
        self.watch = ScreenWatch(lambda: self.wanted, lambda: self.meeting)
        self.watch.expired.connect(self._on_expired)

    def _on_expired(self) -> None:
        self.locked += 1


@pytest.fixture
def watched(qapp: QApplication) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make(**how: bool) -> Watched:
        made.append(Watched(**how))
        return made[-1]

    yield make
    for each in made:
        delete(each.watch)


def test_it_locks_at_once(watched: Callable[..., Watched]) -> None:
    desk = watched()
    desk.watch.on_locked()
    assert desk.locked == 1
    desk.watch.look()
    assert desk.locked == 1


def test_who_does_not_want_it_is_left_alone(watched: Callable[..., Watched]) -> None:
    desk = watched(wanted=False)
    desk.watch.on_locked()
    desk.wanted = True
    desk.watch.look()
    assert desk.locked == 0


def test_a_meeting_goes_on_and_it_locks_at_its_end(watched: Callable[..., Watched]) -> None:
    desk = watched(meeting=True)
    desk.watch.on_locked()
    desk.watch.look()
    assert desk.locked == 0
    desk.meeting = False
    desk.watch.look()
    assert desk.locked == 1


def test_who_is_back_before_the_meeting_ends_is_not_locked_out(watched: Callable[..., Watched]) -> None:
    desk = watched(meeting=True)
    desk.watch.on_locked()
    desk.watch.on_unlocked()
    desk.meeting = False
    desk.watch.look()
    assert desk.locked == 0
