"""The real application on its desktop: a second process finds it, its window goes and comes, the screen's lock closes its store."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from client.app import Application, start
from client.core.client import CoreClient
from client.core.events import LoginState
from client.ui.settings.choices import OnClose, keep_on_close
from client.ui.window.tray import Tray
from tests.integration.core.bureau import Bureau
from tests.support.ended_application import end, run_to_its_end
from tests.support.real_clients import PASSPHRASE
from tests.unit.core.keyrings import MemoryKeyring

ROOT = Path(__file__).parents[3]
# The city of these tests has a clock of its own, which the client's differs from.
pytestmark = pytest.mark.expects_logs("clock.skew")
_LONG = 30_000  # a machine may be busy; nothing is decided by how long it takes


@pytest.fixture(autouse=True)
def _desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session of its own: no bus, and a folder that goes with it."""
    (run := tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def tray(monkeypatch: pytest.MonkeyPatch) -> None:
    """This desktop has one; the offscreen platform does not."""
    monkeypatch.setattr(Tray, "look", lambda _self: True)


@pytest.fixture(scope="module")
def enrolled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, MemoryKeyring]]:
    """A profile that a keyring opens; each test leaves it as it was."""
    bureau = Bureau(tmp_path_factory.mktemp("bureau"))
    bureau.real.keyring = ring = MemoryKeyring()

    async def set_up() -> CoreClient:
        client = await bureau.at_work(bureau.city.clerk)
        await client.login.add_keyring(PASSPHRASE)
        await client.stop()
        return client

    client = asyncio.run(set_up())
    yield client.paths.root, ring
    asyncio.run(bureau.close())
    bureau.join()


Opened = Callable[..., Application]


@pytest.fixture
def opened(qtbot: QtBot, qapp: QApplication, enrolled: tuple[Path, MemoryKeyring]) -> Iterator[Opened]:
    """Starts the application with these words on its command line, and waits until it is open; whatever fails, it ends."""
    made: list[Application] = []

    def make(*more: str) -> Application:
        profile, ring = enrolled
        application = start(["--profile", str(profile), *more], keyring=ring)
        made.append(application)
        qtbot.waitUntil(lambda: application._desk is not None, timeout=_LONG)
        qtbot.waitUntil(lambda: application._life._links._first is not None, timeout=_LONG)
        return application

    yield make
    for each in made:
        if not each._over:
            end(each, qapp)


def window(application: Application) -> QWidget:
    assert application._desk is not None
    return application._desk.window


def second(qtbot: QtBot, profile: Path, *arguments: str) -> int:
    """Start the program once more, as the desktop does, and wait for its end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "client", "--profile", str(profile), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
    )
    qtbot.waitUntil(lambda: process.poll() is not None, timeout=1000 * _LONG)
    return process.wait()


def said(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


@pytest.mark.usefixtures("tray")
def test_a_second_start_shows_the_first_and_hands_over_what_it_was_opened_with(
    opened: Opened, enrolled: tuple[Path, MemoryKeyring], qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    application = opened("--hidden")
    assert not window(application).isVisible()
    assert second(qtbot, enrolled[0]) == 0
    assert window(application).isVisible()
    (tmp_path / "not.jinshu").write_text("no invitation", "ascii")
    assert second(qtbot, enrolled[0], str(tmp_path / "not.jinshu")) == 0
    # An open profile needs no invitation, whatever is in it.
    assert "本机已经登记" in said(window(application))
    assert second(qtbot, enrolled[0], str(tmp_path / "missing.jinshu")) == 0
    assert "邀请文件读不出来" in said(window(application))
    end(application, qapp)


@pytest.mark.usefixtures("tray")
def test_hidden_it_locks_without_showing_itself_and_is_found_locked(
    opened: Opened, enrolled: tuple[Path, MemoryKeyring], qtbot: QtBot, qapp: QApplication
) -> None:
    application = opened()
    keep_on_close(application._state, OnClose.STAY)
    window(application).close()
    assert not window(application).isVisible()
    application._life._links.screen_locked.emit()
    application._life._links.screen_locked.emit()  # desktops say it in several ways
    qtbot.waitUntil(lambda: application._flow is not None, timeout=_LONG)
    flow = application._flow
    assert flow is not None
    assert not flow.isVisible()
    assert application._core.login.state is LoginState.LOCKED
    application._life.tray.opened.emit()
    assert flow.isVisible()
    assert "已随屏幕锁定" in said(flow)
    # Locked it goes on, too, where that was chosen; and its end out of the tray asks nothing.
    flow.close()
    assert not flow.isVisible()
    QTimer.singleShot(0, application._life.tray.quit_asked.emit)
    assert run_to_its_end(application, qapp) == 0
    keep_on_close(application._state, OnClose.ASK)


def test_without_a_tray_the_window_closed_is_the_end(
    opened: Opened, enrolled: tuple[Path, MemoryKeyring], qtbot: QtBot, qapp: QApplication
) -> None:
    application = opened()
    QTimer.singleShot(0, window(application).close)
    assert run_to_its_end(application, qapp) == 0
    assert not list(Path(os.environ["XDG_RUNTIME_DIR"]).iterdir())


@pytest.mark.usefixtures("tray")
def test_a_signal_ends_it_though_it_is_hidden_and_nothing_is_asked(
    opened: Opened, enrolled: tuple[Path, MemoryKeyring], qtbot: QtBot, qapp: QApplication
) -> None:
    application = opened("--hidden")
    QTimer.singleShot(0, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert run_to_its_end(application, qapp) == 0


def test_the_root_lies_beside_the_store_for_who_verifies_without_signing_in(
    opened: Opened, enrolled: tuple[Path, MemoryKeyring], qtbot: QtBot, qapp: QApplication
) -> None:
    application = opened()
    kept = enrolled[0] / "root.pem"
    qtbot.waitUntil(kept.is_file, timeout=_LONG)
    assert b"BEGIN CERTIFICATE" in kept.read_bytes()
    end(application, qapp)
