"""The real window with all its pages over doubles, and the desktop it tells of what is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget
from shiboken6 import delete

from client.core.events import LinkState
from client.ui.base.bridge import Bridge
from client.ui.base.moments import wall_ms
from client.ui.base.window_state import WindowState
from client.ui.today.page import TodayPage
from client.ui.widgets.list_view import ListView
from client.ui.window.area import AreaKey
from client.ui.window.desk import Desk, Services
from client.ui.window.notifier import Notifier
from tests.support.page_walk import settle
from tests.ui.core_thread import Bus
from tests.ui.document_hands import by_name
from tests.ui.documents_double import BoxesDouble, CirculationDouble, DraftingDouble
from tests.ui.finding import inside
from tests.ui.login_double import AtOnce, DirectoryDouble
from tests.ui.meeting_hands import attending_of
from tests.ui.meetings_double import MEETINGS, DevicesDouble, MeetingsDouble
from tests.ui.messaging_double import ConversationsDouble
from tests.ui.settings_double import UpdatesDouble, settings_services

W = TypeVar("W", bound=QWidget)


@dataclass
class Desktop:
    """Records what is shown; `on_screen` is what can be read there now."""

    shown: list[tuple[str, str]] = field(default_factory=list)
    on_screen: tuple[str, str] | None = None
    alerts: int = 0
    described: int | None = None
    click: Callable[[], object] = lambda: None

    def on_click(self, heard: Callable[[], object]) -> None:
        self.click = heard

    def show(self, title: str, text: str) -> None:
        self.on_screen = (title, text)
        self.shown.append(self.on_screen)

    def withdraw(self) -> None:
        self.on_screen = None

    def alert(self, _window: QWidget) -> None:
        self.alerts += 1

    def describe(self, unread: int | None) -> None:
        self.described = unread


@dataclass(frozen=True)
class DocumentsDouble:
    boxes: BoxesDouble
    drafting: DraftingDouble
    circulating: CirculationDouble

    @property
    def reader(self) -> CirculationDouble:
        """One double stands for both."""
        return self.circulating


@dataclass
class City:
    """The doubles behind a real desk, and what its window shows."""

    desk: Desk
    bus: Bus
    documents: DocumentsDouble
    talks: ConversationsDouble
    meetings: MeetingsDouble
    directory: DirectoryDouble
    desktop: Desktop
    notifier: Notifier
    bridge: Bridge
    updates: UpdatesDouble

    @classmethod
    def of(
        cls, qt: QApplication, state: WindowState, *, circulating: CirculationDouble | None = None
    ) -> City:
        """A window that is shown; `circulating` has the document that can be opened in it."""
        bus, desktop, updates = Bus(), Desktop(), UpdatesDouble()
        boxes, drafting = BoxesDouble(), DraftingDouble()
        boxes.drafts = drafting
        documents = DocumentsDouble(boxes, drafting, circulating or CirculationDouble())
        talks, meetings, directory = ConversationsDouble(), MeetingsDouble(), DirectoryDouble()
        now = wall_ms()
        meetings.listed = {
            row.id: replace(row, starts_at=now + shift, ends_at=now + shift + 3_600_000)
            for row, shift in zip(MEETINGS, (-60_000, 86_400_000 * 2, -86_400_000), strict=True)
        }
        bridge = Bridge(bus, qt)
        notifier = Notifier(desktop, state, qt)
        services = Services(
            directory,
            documents,
            talks,
            meetings,
            attending_of(meetings, DevicesDouble(), state),
            settings_services(state, directory, updates=updates),
        )
        desk = Desk(services, AtOnce(), bridge, notifier, state, LinkState.OFFLINE)
        desk.window.show()
        settle()
        return cls(desk, bus, documents, talks, meetings, directory, desktop, notifier, bridge, updates)

    @property
    def boxes(self) -> BoxesDouble:
        return self.documents.boxes

    def close(self) -> None:
        self.desk.window.end()
        self.bridge.close()
        for thing in (self.desk.window, self.notifier, self.bridge):
            delete(thing)

    def page(self, kind: type[W]) -> W:
        return inside(self.desk.window, kind)

    def hear(self, event: object) -> None:
        """The core says something."""
        for callback in tuple(self.bus.callbacks):
            callback(event)
        settle()

    def open(self, key: AreaKey) -> None:
        self.desk.window.show_area(key)
        settle()

    def today(self, name: str) -> ListView:
        return by_name(self.page(TodayPage), ListView, name)

    def rail(self, name: str) -> str:
        """What is said with a button of the rail."""
        return by_name(self.desk.window.rail, QToolButton, name).accessibleDescription()

    def status(self, name: str) -> str:
        return by_name(self.desk.window.status, QLabel, name).text()
