"""The desktop's tray: a seal that opens the window, its menu, and the notifications the desktop shows for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.theme import Role, current_theme
from client.ui.widgets.menu import add_line

_SHOWN_MS: Final = 10_000


def notice_words(text: str, platform: str = sys.platform) -> str:
    """Words of others for the desktop's own notifications, which on Linux read markup and follow what it names."""
    return text if platform == "win32" else text.replace("<", "\N{FULLWIDTH LESS-THAN SIGN}")


def tray_words(unread: int | None) -> str:
    """What is said of the program beside its seal; None: it is locked."""
    if unread is None:
        return tr("Jinshu (locked)")
    return tr("Jinshu · {count} unread", count=unread) if unread else tr("Jinshu")


class Tray(QObject):
    """Qt speaks to Windows, to the D-Bus of Linux desktops, or draws a balloon itself; without a tray only the taskbar alerts.

    Signals, of its menu: `opened` (show the window), `lock_asked`, `quit_asked`.
    """

    opened = Signal()
    lock_asked = Signal()
    quit_asked = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._icon = QSystemTrayIcon(self)
        self._menu: QMenu | None = None
        self._unread: int | None = None
        self._draw()
        current_theme().changed.connect(self._draw)
        self.describe(None)
        self.look()

    def look(self) -> bool:
        """Whether there is a tray; the seal is in it from the first time there is. A desktop may start us before its panel."""
        there = QSystemTrayIcon.isSystemTrayAvailable()
        if there and not self._icon.isVisible():
            self._make_menu()
            self._icon.show()
        return there

    def on_click(self, heard: Callable[[], object]) -> None:
        """Call this when the icon or a notification is clicked."""
        self._icon.messageClicked.connect(heard)
        self._icon.activated.connect(lambda reason: heard() if reason in _OPENING else None)

    def describe(self, unread: int | None) -> None:
        """How many messages are unread; None while the store is closed."""
        self._unread = unread
        self._icon.setToolTip(tray_words(unread))
        if self._menu is not None:
            self._fill(self._menu)

    def show(self, title: str, text: str) -> None:
        if self._icon.isVisible() and QSystemTrayIcon.supportsMessages():
            self._icon.showMessage(notice_words(title), notice_words(text), self._icon.icon(), _SHOWN_MS)

    def withdraw(self) -> None:
        """Take back what is shown: a notification goes with its icon."""
        if self._icon.isVisible():
            self._icon.hide()
            self._icon.show()

    def alert(self, window: QWidget) -> None:
        QApplication.alert(window)

    def _make_menu(self) -> None:
        if self._menu is None:
            menu = self._menu = QMenu()
            self._fill(menu)
            self._icon.setContextMenu(menu)
            # A menu has no parent but a widget, and there is none here.
            self.destroyed.connect(menu.deleteLater)

    def _fill(self, menu: QMenu) -> None:
        """Anew each time: the language may be another."""
        menu.clear()
        add_line(menu, tr("Show Jinshu")).triggered.connect(self.opened)
        lock = add_line(menu, tr("Lock"))
        lock.setEnabled(self._unread is not None)
        lock.triggered.connect(self.lock_asked)
        menu.addSeparator()
        add_line(menu, tr("Quit")).triggered.connect(self.quit_asked)

    def _draw(self) -> None:
        self._icon.setIcon(current_theme().icon(Icon.SEAL, Role.SEAL))


_OPENING: Final = (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick)
