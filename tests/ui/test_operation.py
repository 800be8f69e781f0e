"""Operations run on the core's loop and end on the Qt thread, once, or not at all when their parent is gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from client.ui.base.errors import Notice, code_notice
from client.ui.base.operation import Operation
from protocol.errors import ErrorCode, JinshuError
from tests.support.page_walk import discard, settle
from tests.ui.core_thread import CoreThread
from tests.ui.login_double import AtOnce


@pytest.fixture
def core() -> Iterator[CoreThread]:
    thread = CoreThread()
    yield thread
    thread.stop()


class Place(QWidget):
    """A page with a notice place, and a child that starts operations."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Notice] = []
        self.child = QWidget(self)

    def show_notice(self, notice: Notice) -> None:
        self.shown.append(notice)

    def clear_notice(self) -> None:
        self.shown.clear()


async def _thread_name() -> str:
    return threading.current_thread().name


def test_the_work_runs_on_the_core_and_its_outcome_on_qt(core: CoreThread, qtbot: QtBot) -> None:
    seen: list[tuple[str, threading.Thread]] = []
    owner = QObject()
    operation = Operation(
        owner, core, _thread_name, on_success=lambda name: seen.append((name, threading.current_thread()))
    )
    assert operation.busy
    with qtbot.waitSignal(operation.finished):
        pass
    assert seen == [("core-of-test", threading.main_thread())]


def test_a_failure_goes_to_its_handler(core: CoreThread, qtbot: QtBot) -> None:
    async def fail() -> None:
        raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)

    failures: list[BaseException] = []
    owner = QObject()
    operation = Operation(
        owner, core, fail, on_success=lambda _none: failures.clear(), on_failure=failures.append
    )
    with qtbot.waitSignal(operation.finished):
        pass
    assert [str(f) for f in failures] == ["network.unreachable"]


def test_without_a_handler_the_nearest_notice_place_shows_it(core: CoreThread, qtbot: QtBot) -> None:
    async def fail() -> None:
        raise JinshuError(ErrorCode.KEYS_WRONG_PASSPHRASE)

    place = Place()
    operation = Operation(place.child, core, fail)
    with qtbot.waitSignal(operation.finished):
        pass
    assert place.shown == [code_notice("keys.wrong_passphrase")]
    assert place.shown[0].code == "keys.wrong_passphrase"
    discard(place)


@pytest.mark.expects_logs
def test_a_failure_without_code_is_logged_and_shown_as_ours(
    core: CoreThread, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    place = Place()
    operation = Operation(place, core, fail)
    with qtbot.waitSignal(operation.finished):
        pass
    assert [notice.code for notice in place.shown] == ["client.internal"]
    assert "ZeroDivisionError" in caplog.text
    discard(place)


def test_it_is_cancelled_with_its_parent(core: CoreThread, qtbot: QtBot) -> None:
    ended = threading.Event()
    began = threading.Event()

    async def long_work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    told: list[object] = []
    parent = QWidget()
    Operation(parent, core, long_work, on_success=told.append, on_failure=told.append)
    assert began.wait()
    discard(parent)
    assert ended.wait()
    settle()
    assert told == []


def test_an_outcome_that_comes_after_the_parent_is_gone_is_dropped(core: CoreThread, qtbot: QtBot) -> None:
    told: list[object] = []
    parent = QWidget()
    Operation(parent, core, _thread_name, on_success=told.append)
    core.finish(_thread_name())  # the loop is in order: the outcome now waits for the Qt thread
    delete(parent)
    settle()
    assert told == []


def test_cancelling_tells_nobody_but_frees_the_page(core: CoreThread, qtbot: QtBot) -> None:
    async def long_work() -> None:
        await asyncio.Event().wait()

    told: list[object] = []
    owner = QObject()
    operation = Operation(owner, core, long_work, on_success=told.append, on_failure=told.append)
    with qtbot.waitSignals([operation.busy_changed, operation.finished]):
        operation.cancel()
    settle()
    assert told == []


def test_a_page_that_only_the_listener_holds_goes_with_the_outcome(qapp: object) -> None:
    page = QWidget()
    gone: list[bool] = []
    page.destroyed.connect(lambda: gone.append(True))

    async def work() -> int:
        return 1

    def listener(held: QWidget) -> Callable[[int], None]:
        return lambda _one: held.setWindowTitle("")

    Operation(page, AtOnce(), work, on_success=listener(page))
    del page
    settle()
    assert gone == [True]
