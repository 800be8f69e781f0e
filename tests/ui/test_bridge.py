"""The bridge: the core's events arrive on the Qt thread, equal news once, the newest of each key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QObject
from shiboken6 import delete

from client.core.events import DocumentsChanged, OutboxChanged
from client.ui.base.bridge import Bridge
from tests.support.page_walk import settle
from tests.ui.core_thread import Bus, CoreThread


@dataclass(frozen=True, slots=True)
class Transfer:
    key: str
    done: int


@pytest.fixture
def core() -> Iterator[CoreThread]:
    thread = CoreThread()
    yield thread
    thread.stop()


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def bridge(bus: Bus, qapp: QObject) -> Iterator[Bridge]:
    made = Bridge(bus, qapp)
    yield made
    made.close()
    delete(made)


def test_events_arrive_on_the_qt_thread_in_order(bridge: Bridge, bus: Bus, core: CoreThread) -> None:
    heard: list[tuple[object, threading.Thread]] = []
    owner = QObject()
    bridge.listen(owner, DocumentsChanged, lambda e: heard.append((e, threading.current_thread())))
    bus.publish_on(core, DocumentsChanged(("a",)), DocumentsChanged(("b",)))
    assert heard == []
    settle()
    assert heard == [(DocumentsChanged((name,)), threading.main_thread()) for name in "ab"]


def test_equal_news_are_told_once(bridge: Bridge, bus: Bus, core: CoreThread) -> None:
    heard: list[object] = []
    owner = QObject()
    bridge.listen(owner, OutboxChanged, heard.append)
    bus.publish_on(core, *[OutboxChanged(1, 0)] * 1000)
    settle()
    assert heard == [OutboxChanged(1, 0)]


def test_of_events_with_a_key_the_newest_is_told(bridge: Bridge, bus: Bus, core: CoreThread) -> None:
    heard: list[object] = []
    owner = QObject()
    bridge.listen(owner, Transfer, heard.append)
    bus.publish_on(core, *[Transfer(key, done) for done in range(100) for key in ("one", "two")])
    settle()
    assert heard == [Transfer("one", 99), Transfer("two", 99)]


def test_a_listener_that_is_gone_is_not_called(bridge: Bridge, bus: Bus, core: CoreThread) -> None:
    heard: list[object] = []
    owner = QObject()
    bridge.listen(owner, OutboxChanged, heard.append)
    delete(owner)
    bus.publish_on(core, OutboxChanged(1, 0))
    settle()
    assert heard == []


def test_a_closed_bridge_hears_nothing(bridge: Bridge, bus: Bus, core: CoreThread) -> None:
    heard: list[object] = []
    owner = QObject()
    bridge.listen(owner, OutboxChanged, heard.append)
    bus.publish_on(core, OutboxChanged(1, 0))
    bridge.close()
    settle()
    assert heard == []
    assert bus.callbacks == []
