"""Leads from an empty profile, or a locked one, to an open one: each state of the login has its page."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from client.core.events import LoginState
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner
from client.ui.base.screen_fit import ScreenFit
from client.ui.login.passphrase import PassphrasePage
from client.ui.login.sheet import Login
from client.ui.login.unlock import UnlockPage
from client.ui.login.waiting import WaitingPage
from client.ui.login.welcome import WelcomePage

_SMALLEST = QSize(720, 560)
_FIRST = (1280, 800)


class LoginFlow(QStackedWidget):
    """A window of its own, before the main one.

    Signals: `opened` (the store is open).
    """

    opened = Signal()

    def __init__(self, login: Login, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Jinshu"))
        self._fit = ScreenFit(self, _SMALLEST)
        self.resize(*_FIRST)
        self._login = login
        self._runner = runner
        self.advance()

    def advance(self) -> None:
        """Show the page of the present state."""
        state = self._login.state
        if state is LoginState.OPEN:
            self.opened.emit()
            return
        page = self._page(state)
        while self.count():
            old = self.widget(0)
            self.removeWidget(old)
            old.deleteLater()
        self.addWidget(page)
        page.setFocus()

    def _page(self, state: LoginState) -> QWidget:
        if state is LoginState.LOCKED:
            unlock = UnlockPage(self._login, self._runner)
            unlock.unlocked.connect(self.advance)
            return unlock
        if state is LoginState.UNPROTECTED:
            passphrase = PassphrasePage(self._login, self._runner)
            passphrase.protected.connect(self.advance)
            return passphrase
        if state is LoginState.WAITING and not self._login.needs_code:
            waiting = WaitingPage(self._login, self._runner)
            waiting.approved.connect(self.advance)
            waiting.given_up.connect(self.advance)
            return waiting
        welcome = WelcomePage(self._login, self._runner)
        welcome.asked.connect(self.advance)
        return welcome
