"""The program on its desktop: the seal in the tray, whether the window is seen, the clipboard, the lock of the screen, later starts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from client.core.events import LiveMeetingChanged
from client.ui.base.bridge import Bridge
from client.ui.base.errors import Notice
from client.ui.base.language import tr
from client.ui.base.theme import Tone
from client.ui.base.window_state import WindowState
from client.ui.desktop.clipboard_watch import ClipboardWatch
from client.ui.desktop.links import DesktopLinks
from client.ui.login.flow import LoginFlow
from client.ui.settings.choices import chosen_clipboard_minutes, locks_with_screen
from client.ui.window.main_window import MainWindow
from client.ui.window.screen_watch import ScreenWatch
from client.ui.window.tray import Tray
from client.ui.window.window_host import WindowHost

_log = logging.getLogger(__name__)


class DesktopLife(QObject):
    """Signals: `ended` (the user closed it for good), `quit_asked` (out of the tray), `withdrawn` (the window was closed, the program
    goes on), `lock_asked` (Notice of why, or None), `handed` (Handed, of a later start)."""

    ended = Signal()
    quit_asked = Signal()
    withdrawn = Signal()
    lock_asked = Signal(object)
    handed = Signal(object)

    def __init__(
        self,
        profile: Path,
        state: WindowState,
        in_meeting: Callable[[], bool],
        bridge: Bridge,
        parent: QObject,
        *,
        hidden: bool,
    ) -> None:
        """`hidden`: begin without a window."""
        super().__init__(parent)
        self.tray = Tray(self)
        self._held = False
        self._clipboard = ClipboardWatch(lambda: chosen_clipboard_minutes(state), self)
        self._host = WindowHost(self.tray, state, hidden=hidden, parent=self)
        self._host.ended.connect(self.ended)
        self._host.withdrawn.connect(self.withdrawn)
        self.tray.opened.connect(lambda: self._host.present())
        self.tray.lock_asked.connect(lambda: self.lock_asked.emit(None))
        self.tray.quit_asked.connect(self._on_quit)
        screen = ScreenWatch(lambda: locks_with_screen(state), in_meeting, self)
        screen.expired.connect(self._on_screen)
        # Once the pages have heard it, too: they know whether that was the end of it.
        bridge.listen(screen, LiveMeetingChanged, lambda _event: QTimer.singleShot(0, screen, screen.look))
        self._links = DesktopLinks(profile, self)
        self._links.handed.connect(self.handed)
        self._links.screen_locked.connect(screen.on_locked)
        self._links.screen_unlocked.connect(screen.on_unlocked)

    def host(self, window: LoginFlow | MainWindow) -> None:
        """This is the window now; it is shown unless the program runs without one. Only what is open asks when it is closed."""
        self._held = False
        window.goes_on = self._host.goes_on
        self._host.host(window, window.closing, asks=isinstance(window, MainWindow))

    def hold(self, window: QWidget) -> None:
        """This one cannot be closed, nor the program ended out of the tray, until the next is hosted; it is shown whatever was."""
        self._held = True
        self._host.host(window, None, asks=False)
        self._host.present()

    def present(self, token: str = "") -> None:
        """Show the window before all others; `token`: see `WindowHost.present`."""
        self._host.present(token)

    def forget(self) -> None:
        """The store closes: what was copied out of it goes."""
        self._clipboard.forget()

    def close(self) -> None:
        """The program ends."""
        self._links.close()
        self._clipboard.forget()

    def _on_quit(self) -> None:
        if self._held:
            self.present()
        else:
            self.quit_asked.emit()

    def _on_screen(self) -> None:
        _log.info("the screen was locked")
        what = tr("Jinshu locked itself together with the screen.")
        self.lock_asked.emit(Notice(what, tr("Enter the passphrase."), tone=Tone.WAITING))
