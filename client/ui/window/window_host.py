"""Whether the program is seen: one window at a time, which closing may leave running behind the seal in the tray.

Without a tray nothing is ever left running that cannot be reached: closing ends the program then.
"""

from __future__ import annotations

import os
from typing import Final, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from client.ui.base.window_state import WindowState
from client.ui.settings.choices import OnClose, chosen_on_close, keep_on_close
from client.ui.window.closing_question import ClosingQuestion

_LOOK_MS: Final = 1_000
# A panel starts with the session, as a program does that the session starts.
_LOOKS: Final = 30


class TrayPlace(Protocol):
    """Where the program can be reached without a window (client.ui.window.tray.Tray)."""

    def look(self) -> bool: ...


class WindowHost(QObject):
    """Signals: `ended` (the user closed it for good), `withdrawn` (the window was closed and the program goes on)."""

    ended = Signal()
    withdrawn = Signal()

    def __init__(self, tray: TrayPlace, state: WindowState, *, hidden: bool, parent: QObject) -> None:
        """`hidden`: begin without a window, for which there must be a tray, now or soon."""
        super().__init__(parent)
        self._tray = tray
        self._state = state
        self._hidden = hidden
        self._session_ends = False
        self._window: QWidget | None = None
        self._asks = False
        self._looks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        # From the first of them on the end of the session asks nothing; a session that goes on after all is used again.
        application.commitDataRequest.connect(self._on_session_end, Qt.ConnectionType.DirectConnection)
        application.saveStateRequest.connect(self._on_session_end, Qt.ConnectionType.DirectConnection)
        if hidden and not tray.look():
            self._timer.start()

    def host(self, window: QWidget, closing: SignalInstance | None, *, asks: bool) -> None:
        """This is the window now; it is shown unless the program runs without one.

        Args:
            closing: its signal that it was closed for good; None: it cannot be.
            asks: whether closing it may ask; a page before the store is open has nothing to go on with.
        """
        self._window, self._asks = window, asks
        if closing is not None:
            closing.connect(self.ended)
        if not self._hidden:
            window.show()

    def present(self, token: str = "") -> None:
        """Show the window, and bring it before all others.

        Args:
            token: by which the desktop knows that the user asked for it, where another process was given that.
        """
        self._timer.stop()
        self._hidden = self._session_ends = False
        window = self._window
        if window is None:
            return
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = (
                token  # Qt uses it for the next activation, and takes it away
            )
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def goes_on(self) -> bool:
        """The user closes the window: whether the program stays, or he is being asked about it."""
        if self._session_ends or not self._tray.look():
            return False
        choice = chosen_on_close(self._state)
        if choice is OnClose.STAY:
            self._withdraw()
        elif choice is OnClose.ASK and self._asks:
            self._ask()
        else:
            return False
        return True

    def look(self) -> None:
        """See whether the tray has come that the program was started into; it is not waited for without an end."""
        self._looks += 1
        if self._tray.look():
            self._timer.stop()
        elif self._looks >= _LOOKS:
            self._timer.stop()
            self._hidden = False
            if self._window is not None:
                self._window.showMinimized()

    def _ask(self) -> None:
        assert self._window is not None
        question = ClosingQuestion(self._window)
        question.answered.connect(self._on_answered)
        question.open()

    def _on_answered(self, choice: OnClose, remember: bool) -> None:
        if remember:
            keep_on_close(self._state, choice)
        if choice is OnClose.STAY:
            self._withdraw()
        else:
            self.ended.emit()

    def _withdraw(self) -> None:
        self._hidden = True
        self.withdrawn.emit()
        if self._window is not None:
            self._window.hide()

    def _on_session_end(self, _manager: object) -> None:
        self._session_ends = True
