"""Right-click menus described as frozen entries, so that a list's owner says what may be done with a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from client.ui.base.icons import Icon
from client.ui.base.labels import plain_entry
from client.ui.base.theme import current_theme


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One line of a menu."""

    text: str
    act: Callable[[], object]
    icon: Icon | None = None
    enabled: bool = True


def add_line(menu: QMenu, words: str) -> QAction:
    """A line at the end of a menu that says these words, whatever is in them."""
    return menu.addAction(plain_entry(words))


def build_menu(entries: Sequence[MenuEntry], parent: QWidget) -> QMenu:
    """A menu of these entries; it deletes itself with its parent."""
    menu = QMenu(parent)
    for entry in entries:
        action = add_line(menu, entry.text)
        action.setEnabled(entry.enabled)
        if entry.icon is not None:
            action.setIcon(current_theme().icon(entry.icon))
        action.triggered.connect(lambda _checked=False, act=entry.act: act())
    return menu


def pop_up(entries: Sequence[MenuEntry], parent: QWidget, place: QPoint) -> QMenu | None:
    """Show the menu at a place on the screen; nothing when there is nothing to do."""
    if not entries:
        return None
    menu = build_menu(entries, parent)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(place)
    return menu
