"""Opens the page of meetings, and finds and does in it what an official would."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from client.meetings.rows import LiveRow
from client.ui.base.operation import CoreRunner
from client.ui.base.window_state import WindowState
from client.ui.meetings.attending import Attending
from client.ui.meetings.bar import Bar
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.meeting_view import MeetingView
from client.ui.meetings.page import MeetingsPage
from client.ui.meetings.tile import Tile
from client.ui.meetings.tile_grid import TileGrid
from client.ui.messaging.beside import TalkBeside
from tests.support.page_walk import discard, settle
from tests.ui.login_double import AtOnce
from tests.ui.meetings_double import DevicesDouble, MeetingsDouble
from tests.ui.messaging_double import NOW, ConversationsDouble


def discard_pages() -> None:
    """Delete what a test has shown: pages left over are restyled with every theme, at some later test's expense."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, MeetingsPage | MeetingView):
            discard(widget)


def attending_of(
    meetings: MeetingsDouble,
    devices: DevicesDouble,
    state: WindowState | None = None,
    runner: CoreRunner | None = None,
) -> Attending:
    """As the application has it: longer-lived than any page."""
    return Attending(meetings, devices, DeviceChoice(state), runner or AtOnce())


def made(
    meetings: MeetingsDouble | None = None,
    devices: DevicesDouble | None = None,
    state: WindowState | None = None,
    talks: ConversationsDouble | None = None,
) -> MeetingsPage:
    conversations = talks or ConversationsDouble()
    double = meetings or MeetingsDouble()
    page = MeetingsPage(
        double,
        conversations,
        attending_of(double, devices or DevicesDouble(), state),
        lambda conversation, parent: TalkBeside(
            conversations, AtOnce(), conversation, parent, now=lambda: NOW
        ),
        AtOnce(),
        state,
        now=lambda: NOW,
    )
    page.refresh()
    page.refresh_live()
    return page


def shown(
    qtbot: QtBot,
    meetings: MeetingsDouble,
    devices: DevicesDouble | None = None,
    state: WindowState | None = None,
    size: tuple[int, int] = (1280, 800),
) -> MeetingsPage:
    page = made(meetings, devices, state)
    page.resize(*size)
    qtbot.addWidget(page)
    page.show()
    settle()
    return page


def in_meeting(
    qtbot: QtBot,
    row: LiveRow,
    meetings: MeetingsDouble | None = None,
    devices: DevicesDouble | None = None,
    state: WindowState | None = None,
) -> tuple[MeetingsPage, MeetingsDouble]:
    """A page that finds itself in a meeting."""
    double = meetings or MeetingsDouble()
    double.now = row
    return shown(qtbot, double, devices, state), double


def move(page: MeetingsPage, meetings: MeetingsDouble, row: LiveRow | None) -> None:
    """The meeting is another now."""
    meetings.now = row
    page.refresh_live()
    settle()


def grid_of(page: QWidget) -> TileGrid:
    return page.findChildren(TileGrid)[0]


def bar_of(page: QWidget) -> Bar:
    return page.findChildren(Bar)[0]


def tiles_of(page: QWidget) -> tuple[Tile, ...]:
    return grid_of(page).tiles


def keys_of(page: QWidget) -> list[str]:
    return [tile.seat.key for tile in tiles_of(page)]


def menu_on(tile: Tile) -> QMenu:
    """The right-click menu of a tile, open."""
    tile.menu_asked.emit(tile.mapToGlobal(tile.rect().center()))
    settle()
    return next(menu for menu in tile.findChildren(QMenu) if menu.isVisible())


def choose_in(menu: QMenu, words: str) -> None:
    action = next(action for action in menu.actions() if action.text() == words)
    action.trigger()
    menu.close()
    settle()


def tile_of(page: QWidget, key: str) -> Tile:
    return next(found for found in tiles_of(page) if found.seat.key == key)


def words_in(menu: QMenu) -> list[str]:
    words = [action.text() for action in menu.actions()]
    menu.close()
    return words


def popover(page: QWidget, kind: type[QWidget]) -> QWidget:
    """What stands over a page: in a window of its own, or inside the page's."""
    shown = (*QApplication.topLevelWidgets(), *page.window().findChildren(kind))
    return next(found for found in shown if isinstance(found, kind) and found.isVisible())


def inside(popped: QWidget, words: str) -> QPushButton:
    return next(found for found in popped.findChildren(QPushButton) if found.text() == words)


def press_bar(page: QWidget, words: str) -> None:
    bar = bar_of(page)
    buttons = (bar.microphone, bar.camera, bar.share, bar.hand, bar.chat, bar.people, bar.leave)
    target = next(found for found in buttons if found.text() == words)
    QTest.mouseClick(target, Qt.MouseButton.LeftButton)
    settle()
