"""Leads from an empty profile, or a locked one, to an open one: each state of the login has its page."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from client.core.events import LoginState
from client.ui.base.errors import Notice, code_notice
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.screen_fit import ScreenFit
from client.ui.base.theme import Tone
from client.ui.guide.chapters import Chapter
from client.ui.guide.guide_window import listen_for_help
from client.ui.login.passphrase import PassphrasePage
from client.ui.login.renewal import RenewalPage
from client.ui.login.sheet import Login, Sheet
from client.ui.login.unlock import UnlockPage
from client.ui.login.waiting import WaitingPage
from client.ui.login.welcome import WelcomePage
from protocol.errors import ErrorCode

_SMALLEST = QSize(720, 560)
_FIRST = (1280, 800)


class LoginFlow(QStackedWidget):
    """A window of its own, before the main one.

    Signals: `opened` (the store is open), `closing` (it was closed for good), `help_asked` (F1; the Chapter that fits the page in
    view). `goes_on` is asked before the user closes it: whether the program stays without it, which is hidden then.
    """

    opened = Signal()
    closing = Signal()
    help_asked = Signal(object)

    def __init__(self, login: Login, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Jinshu"))
        self._fit = ScreenFit(self, _SMALLEST)
        self.resize(*_FIRST)
        self._login = login
        self._runner = runner
        self._done = False
        self.goes_on: Callable[[], bool] = lambda: False
        listen_for_help(self, lambda: self.help_asked.emit(self.chapter))
        self.advance()

    @property
    def chapter(self) -> Chapter:
        """What the guide says of the page in view."""
        page = self.currentWidget()
        if isinstance(page, UnlockPage):
            return Chapter.FORGOTTEN
        return Chapter.PASSPHRASE if isinstance(page, PassphrasePage | RenewalPage) else Chapter.JOIN

    def open_by_keyring(self) -> None:
        """When the program starts: whoever signed in to this computer is let in, if he wanted it so. Not after locking:
        a lock that opens by itself is none. The passphrase can be typed meanwhile."""
        if self._login.state is LoginState.LOCKED and self._login.has_keyring_slot:
            Operation(self, self._runner, self._login.unlock_with_keyring, on_success=self._on_keyring)

    def say(self, notice: Notice) -> None:
        """Above the fields of the page in view."""
        page = self.currentWidget()
        if isinstance(page, Sheet):
            page.show_notice(notice)

    def take(self, invitation_text: str) -> None:
        """An invitation came from outside: on the command line, or from a later start of the program.

        Args:
            invitation_text: a link, or what a `.jinshu` file holds. What is no invitation, or comes when this computer has
                asked already, is said on the page in view and changes nothing.
        """
        page = self.currentWidget()
        if isinstance(page, WelcomePage):
            page.take(invitation_text)
        else:
            self.say(code_notice(ErrorCode.AUTH_INVITATION_IDLE))

    def advance(self) -> None:
        """Show the page of the present state."""
        state = self._login.state
        if state is LoginState.OPEN and not self._login.passphrase_forgotten:
            if not self._done:
                # The keyring and he may both have opened it.
                self._done = True
                self.opened.emit()
            return
        page = self._page(state)
        while self.count():
            old = self.widget(0)
            self.removeWidget(old)
            old.deleteLater()
        self.addWidget(page)
        page.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.goes_on():
            event.ignore()
            return
        self.closing.emit()
        super().closeEvent(event)

    def _on_keyring(self, opened: bool) -> None:
        # Not by the state alone: it is open a moment before what is in it has been read.
        if opened:
            self.advance()
        elif self._login.state is LoginState.LOCKED:
            what = tr("This computer's keyring did not open Jinshu.")
            self.say(Notice(what, tr("Enter the passphrase."), tone=Tone.WAITING))

    def _page(self, state: LoginState) -> QWidget:
        if state is LoginState.OPEN:
            renewal = RenewalPage(self._login, self._runner)
            renewal.renewed.connect(self.advance)
            return renewal
        if state is LoginState.LOCKED:
            unlock = UnlockPage(self._login, self._runner)
            unlock.unlocked.connect(self.advance)
            unlock.set_aside.connect(self.advance)
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
