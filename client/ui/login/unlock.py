"""Opens a locked store with the passphrase, or with the recovery code."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.login.sheet import Login, Sheet
from client.ui.widgets.buttons import PrimaryButton, QuietButton
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.form import Form
from client.ui.widgets.secret_entry import SecretEntry


class UnlockPage(Sheet):
    """Enter opens as well.

    Signals: `unlocked`, `set_aside` (what is locked was given up; the computer can be enrolled again).
    """

    unlocked = Signal()
    set_aside = Signal()

    def __init__(self, login: Login, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Jinshu is locked"),
            tr("Enter your passphrase to open your documents on this computer."),
            parent,
        )
        self._login = login
        self._runner = runner
        self._by_code = False
        form = Form()
        self._passphrase = SecretEntry(tr("Passphrase"))
        self._code = SecretEntry(tr("Recovery code"))
        self._passphrase_row = form.add(tr("Passphrase"), self._passphrase)
        self._code_row = form.add(tr("Recovery code"), self._code)
        self._open = PrimaryButton(tr("Unlock"))
        self._other = QuietButton(tr("Use the recovery code"))
        self.column.add(form)
        self._lost = QuietButton(tr("I have neither"))
        self.column.add_row(self._open, self._other, self._lost)
        self._open.clicked.connect(self._on_open)
        self._passphrase.submitted.connect(self._on_open)
        self._code.submitted.connect(self._on_open)
        self._other.clicked.connect(self._on_other)
        self._lost.clicked.connect(self._on_lost)
        self._show_way()
        self.setFocusProxy(self._passphrase.field)

    def _show_way(self) -> None:
        self._passphrase_row.setVisible(not self._by_code)
        self._code_row.setVisible(self._by_code)
        self._other.setText(tr("Use the passphrase") if self._by_code else tr("Use the recovery code"))

    def _on_other(self) -> None:
        self._by_code = not self._by_code
        self.clear_notice()
        self._show_way()

    def _on_open(self) -> None:
        self.clear_notice()
        secret = (self._code if self._by_code else self._passphrase).text()
        way = self._login.unlock_with_recovery if self._by_code else self._login.unlock
        self._open.setEnabled(False)
        work = Operation(
            self, self._runner, lambda: way(secret), on_success=lambda _none: self.unlocked.emit()
        )
        work.finished.connect(lambda: self._open.setEnabled(True))

    def _on_lost(self) -> None:
        words = tr(
            "Nobody can open what is on this computer without them. First ask your administrator to revoke this device and for a new invitation. What is here is then put aside, unopened, and you enrol anew; colleagues and other devices of yours bring the keys back."
        )
        question = ConfirmPopover(self._lost, words, tr("Put it aside and enrol anew"))
        question.confirmed.connect(self._on_set_aside)
        question.open()

    def _on_set_aside(self) -> None:
        Operation(self, self._runner, self._login.set_aside, on_success=lambda _none: self.set_aside.emit())
