"""The application as a user has it, on a real profile and server: the keyring opens it at the start, idleness locks it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from client.app import Application, start
from client.core.client import CoreClient
from client.core.events import LoginState
from client.core.log import FILE
from client.ui.login.flow import LoginFlow
from tests.integration.core.bureau import Bureau
from tests.support import ended_application
from tests.support.real_clients import PASSPHRASE
from tests.unit.core.keyrings import MemoryKeyring

_LONG = 30_000  # a machine may be busy; nothing is decided by how long it takes


@dataclass
class Enrolled:
    """A profile that a keyring opens, and the person's recovery code."""

    profile: Path
    ring: MemoryKeyring
    code: str


@pytest.fixture
def enrolled(tmp_path: Path) -> Iterator[Enrolled]:
    bureau = Bureau(tmp_path)
    bureau.real.keyring = ring = MemoryKeyring()

    async def set_up() -> CoreClient:
        client = await bureau.at_work(bureau.city.clerk)
        await client.login.add_keyring(PASSPHRASE)
        await client.stop()
        return client

    client = asyncio.run(set_up())
    yield Enrolled(client.paths.root, ring, bureau.codes[client])
    asyncio.run(bureau.close())
    bureau.join()


@pytest.fixture
def _signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Later:
    """The clock, so much later."""

    def __init__(self, application: Application, seconds: float) -> None:
        self._clock = application._core.clock
        self._seconds = seconds

    def now_ms(self) -> int:
        return self._clock.now_ms() + int(self._seconds * 1000)

    def monotonic(self) -> float:
        return self._clock.monotonic() + self._seconds

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


def said(flow: LoginFlow) -> str:
    return "\n".join(label.text() for label in flow.findChildren(QLabel) if label.isVisible())


def unlock(flow: LoginFlow, secret: str, field: str = "口令") -> None:
    """Type into a field of the page in view, and press 解锁."""
    page = flow.currentWidget()
    assert page is not None
    [entry] = [line for line in page.findChildren(QLineEdit) if line.accessibleName() == field]
    entry.setText(secret)
    [button] = [button for button in page.findChildren(QPushButton) if button.text() == "解锁"]
    button.click()


def end(application: Application, qapp: QApplication) -> None:
    ended_application.end(application, qapp)
    # The desktop may still say that the window is looked at: nobody is there to ask the core for anything.
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)


@pytest.mark.usefixtures("_signals")
def test_the_keyring_opens_it_at_the_start_and_never_after_it_locked_itself(
    enrolled: Enrolled, qtbot: QtBot, qapp: QApplication
) -> None:
    application = start(["--profile", str(enrolled.profile)], keyring=enrolled.ring)
    qtbot.waitUntil(lambda: application._desk is not None, timeout=_LONG)
    box = application._desk._documents.opinions  # type: ignore[union-attr]  # waited for
    box.show_document("cas_one")
    box.edit.setPlainText("同意。请办公室于周五前")
    application._idle._clock = Later(application, 15 * 60)
    application._idle.look()
    qtbot.waitUntil(lambda: application._flow is not None, timeout=_LONG)
    flow = application._flow
    assert flow is not None
    assert "锦书已自动锁定" in said(flow)
    assert application._core.login.state is LoginState.LOCKED
    unlock(flow, PASSPHRASE)
    qtbot.waitUntil(lambda: application._desk is not None, timeout=_LONG)
    desk = application._desk
    assert desk is not None
    # What was half written when it locked itself is there again.
    qtbot.waitUntil(lambda: desk.opinions == {"cas_one": "同意。请办公室于周五前"}, timeout=_LONG)
    end(application, qapp)
    log = (enrolled.profile / "log" / FILE).read_text(encoding="utf-8")
    assert "opened by the keyring" in log
    assert log.index("nobody used the program") < log.index("opened by the passphrase")
    assert PASSPHRASE not in log


@pytest.mark.usefixtures("_signals")
def test_the_recovery_code_leads_to_a_new_passphrase_and_the_desk(
    enrolled: Enrolled, qtbot: QtBot, qapp: QApplication
) -> None:
    # No keyring in this session: the passphrase is asked.
    application = start(["--profile", str(enrolled.profile)])
    flow = application._flow
    assert flow is not None
    [other] = [button for button in flow.findChildren(QPushButton) if button.text() == "使用恢复码"]
    other.click()
    unlock(flow, enrolled.code, "恢复码")
    qtbot.waitUntil(lambda: "请设置新口令" in said(flow), timeout=_LONG)
    assert application._desk is None
    page = flow.currentWidget()
    assert page is not None
    for name in ("口令", "再次输入口令"):
        [entry] = [line for line in page.findChildren(QLineEdit) if line.accessibleName() == name]
        entry.setText("另一个更长的口令")
    [save] = [button for button in page.findChildren(QPushButton) if button.text() == "保存并进入"]
    save.click()
    qtbot.waitUntil(lambda: application._desk is not None, timeout=_LONG)
    end(application, qapp)
