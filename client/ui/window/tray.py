"""The desktop's tray: a seal that opens the window, and the notifications the desktop shows for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.theme import Role, current_theme

_SHOWN_MS: Final = 10_000


def notice_words(text: str, platform: str = sys.platform) -> str:
    """Words of others for the desktop's own notifications, which on Linux read markup and follow what it names."""
    return text if platform == "win32" else text.replace("<", "\N{FULLWIDTH LESS-THAN SIGN}")


class Tray(QObject):
    """Qt speaks to Windows, to the D-Bus of Linux desktops, or draws a balloon itself; without a tray only the taskbar alerts."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._icon = QSystemTrayIcon(self)
        self._draw()
        self._icon.setToolTip(tr("Jinshu"))
        current_theme().changed.connect(self._draw)
        if QSystemTrayIcon.isSystemTrayAvailable():
            self._icon.show()

    def on_click(self, heard: Callable[[], object]) -> None:
        """Call this when the icon or a notification is clicked."""
        self._icon.messageClicked.connect(heard)
        self._icon.activated.connect(lambda reason: heard() if reason in _OPENING else None)

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

    def _draw(self) -> None:
        self._icon.setIcon(current_theme().icon(Icon.SEAL, Role.SEAL))


_OPENING: Final = (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick)
