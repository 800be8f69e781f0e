"""Opens the page of meetings, and finds and does in it what an official would."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from client.meetings.rows import LiveRow
from client.ui.base.window_state import WindowState
from client.ui.meetings.bar import Bar
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


def made(
    meetings: MeetingsDouble | None = None,
    devices: DevicesDouble | None = None,
    state: WindowState | None = None,
    talks: ConversationsDouble | None = None,
) -> MeetingsPage:
    conversations = talks or ConversationsDouble()
    page = MeetingsPage(
        meetings or MeetingsDouble(),
        conversations,
        devices or DevicesDouble(),
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
