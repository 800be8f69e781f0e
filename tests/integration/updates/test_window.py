"""The real application around an update: nothing connects before it has started, a refused installation ends at the login page, and a
store that will not open is a start that failed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from client.app import start
from client.core.client import CoreClient
from client.core.events import LinkState, LoginState
from client.core.store.store import Store
from client.updates.journal import UpdateJournal
from client.updates.rollback import UpdatePhase
from client.updates.updates import ReadyUpdate
from protocol.errors import ErrorCode, JinshuError
from protocol.release import RELEASE
from protocol.updates import Platform
from tests.integration.core.bureau import Bureau
from tests.support.ended_application import end, run_to_its_end
from tests.support.real_clients import PASSPHRASE
from tests.unit.core.keyrings import MemoryKeyring

_LONG = 30_000  # a machine may be busy; nothing is decided by how long it takes


@dataclass
class Enrolled:
    """A profile that a keyring opens."""

    profile: Path
    ring: MemoryKeyring


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
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Enrolled(client.paths.root, ring)
    for number, handler in before.items():
        signal.signal(number, handler)
    asyncio.run(bureau.close())
    bureau.join()


class Installing:
    """An installer that does as the test says."""

    platform = Platform.TREE
    keeps_former = True

    def __init__(self, fault: JinshuError | None = None) -> None:
        self.fault = fault
        self.installed: list[str] = []

    def install(self, package: Path, version: str) -> None:
        if self.fault is not None:
            raise self.fault
        self.installed.append(version)

    def put_back(self, former: Path | None, version: str) -> None:
        raise AssertionError("nobody went anywhere")

    def command(self) -> list[str]:
        return ["/nowhere"]


def test_nothing_connects_before_it_is_written_down_that_this_version_started(
    enrolled: Enrolled, qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, bool, LinkState]] = []
    complete = UpdateJournal.complete

    def watched(journal: UpdateJournal) -> None:
        core = application._core
        seen.append((core.store.is_open, core._started, core.link.state))
        complete(journal)

    monkeypatch.setattr(UpdateJournal, "complete", watched)
    application = start(["--profile", str(enrolled.profile)], keyring=enrolled.ring)
    # Whether the server answers decides nothing here: following it begins after that was written down.
    qtbot.waitUntil(lambda: application._core._started, timeout=_LONG)
    assert seen == [(True, False, LinkState.OFFLINE)]
    assert UpdateJournal(enrolled.profile, RELEASE).state.good == RELEASE
    end(application, qapp)


def test_an_installation_closes_the_store_copies_it_and_ends_the_program(
    enrolled: Enrolled, qtbot: QtBot, qapp: QApplication
) -> None:
    installer = Installing()
    application = start(["--profile", str(enrolled.profile)], keyring=enrolled.ring, installer=installer)
    qtbot.waitUntil(lambda: application._desk is not None, timeout=_LONG)
    application._on_ready(ReadyUpdate("9.0.0", Path("package"), None))
    assert run_to_its_end(application, qapp) == 0
    assert (application.replaced, installer.installed) == (True, ["9.0.0"])
    state = UpdateJournal(enrolled.profile, RELEASE).state
    assert (state.phase, state.good, state.fresh) == (UpdatePhase.INSTALLING, RELEASE, "9.0.0")
    copied = enrolled.profile / "updates" / "copy"
    assert (copied / "store.db").read_bytes() == (enrolled.profile / "store.db").read_bytes()


def test_a_refused_installation_ends_at_the_login_page_with_the_reason(
    enrolled: Enrolled, qtbot: QtBot, qapp: QApplication
) -> None:
    installer = Installing(JinshuError(ErrorCode.UPDATES_DECLINED))
    application = start(["--profile", str(enrolled.profile)], keyring=enrolled.ring, installer=installer)
    qtbot.waitUntil(lambda: application._desk is not None, timeout=_LONG)
    application._on_ready(ReadyUpdate("9.0.0", Path("package"), None))
    qtbot.waitUntil(lambda: application._flow is not None, timeout=_LONG)
    flow = application._flow
    assert flow is not None
    said = "\n".join(label.text() for label in flow.findChildren(QLabel))
    assert "没有得到安装的许可" in said
    assert application._core.login.state is LoginState.LOCKED
    assert not (enrolled.profile / "updates" / "copy").exists()
    end(application, qapp)
    assert not application.replaced


@pytest.mark.parametrize("opens", [True, False], ids=["closed in order", "the store will not open"])
@pytest.mark.expects_logs
def test_closing_the_login_page_is_no_death_but_a_store_that_will_not_open_is_one(
    enrolled: Enrolled, qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, opens: bool
) -> None:
    former = UpdateJournal(enrolled.profile, "0.1.0")
    former.complete()
    former.install(RELEASE, None, lambda: None)
    UpdateJournal(enrolled.profile, RELEASE).begin()
    if not opens:

        def fail(_store: Store, _key: bytes) -> None:
            raise JinshuError(ErrorCode.STORE_DAMAGED)

        monkeypatch.setattr(Store, "open", fail)
    application = start(["--profile", str(enrolled.profile)], keyring=None if opens else enrolled.ring)
    qtbot.waitUntil(lambda: opens or application._core.login.broken, timeout=_LONG)
    end(application, qapp)
    assert UpdateJournal(enrolled.profile, RELEASE).state.tries == (0 if opens else 1)
