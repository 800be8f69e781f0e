"""Opens a locked store with the passphrase, with the recovery code, or with a UKey where one is registered."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.core.tokens.rows import PinState
from client.ui.base.errors import code_notice, present
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.login.sheet import Login, Sheet
from client.ui.widgets.buttons import PrimaryButton, QuietButton
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.form import Form
from client.ui.widgets.secret_entry import SecretEntry
from protocol.errors import ErrorCode, JinshuError

_STATES = {
    PinState.LAST_TRY: ErrorCode.KEYS_TOKEN_LAST_TRY,
    PinState.LOCKED: ErrorCode.KEYS_TOKEN_PIN_LOCKED,
}


class _Way(Enum):
    PASSPHRASE = auto()
    CODE = auto()
    TOKEN = auto()


class UnlockPage(Sheet):
    """Enter opens as well.

    Signals: `unlocked`, `set_aside` (what is locked was given up; the computer can be enrolled again).
    """

    unlocked = Signal()
    set_aside = Signal()

    def __init__(self, login: Login, runner: CoreRunner, parent: QWidget | None = None) -> None:
        token = login.has_token_slot
        words = (
            tr("Open your documents on this computer with your passphrase, or with your UKey and its PIN.")
            if token
            else tr("Enter your passphrase to open your documents on this computer.")
        )
        super().__init__(tr("Jinshu is locked"), words, parent)
        self._login = login
        self._runner = runner
        self._way = _Way.PASSPHRASE
        self._warned = False  # that one try is left for the PIN; the next press is meant
        self._work: Operation[None] | None = None
        form = Form()
        self._passphrase = SecretEntry(tr("Passphrase"))
        self._code = SecretEntry(tr("Recovery code"))
        self._pin = SecretEntry(tr("PIN of the UKey"))
        self._rows = {
            _Way.PASSPHRASE: form.add(tr("Passphrase"), self._passphrase),
            _Way.CODE: form.add(tr("Recovery code"), self._code),
            _Way.TOKEN: form.add(tr("PIN of the UKey"), self._pin, hint=self._token_hint(token)),
        }
        self._entries = {
            _Way.PASSPHRASE: self._passphrase,
            _Way.CODE: self._code,
            _Way.TOKEN: self._pin,
        }
        self._open = PrimaryButton(tr("Unlock"))
        self._other = QuietButton(tr("Use the recovery code"))
        self._by_token = QuietButton(tr("Use the UKey"))
        self._by_token.setVisible(token)
        self.column.add(form)
        self._lost = QuietButton(tr("I have neither"))
        if token:
            self.column.add_row(self._open, self._by_token)
            self.column.add_row(self._other, self._lost)
        else:
            self.column.add_row(self._open, self._other, self._lost)
        self._open.clicked.connect(self._on_open)
        for entry in self._entries.values():
            entry.submitted.connect(self._on_open)
        self._other.clicked.connect(
            lambda: self._take(_Way.PASSPHRASE if self._way is _Way.CODE else _Way.CODE)
        )
        self._by_token.clicked.connect(
            lambda: self._take(_Way.PASSPHRASE if self._way is _Way.TOKEN else _Way.TOKEN)
        )
        self._lost.clicked.connect(self._on_lost)
        self._show_way()
        self.setFocusProxy(self._passphrase.field)

    def _token_hint(self, token: bool) -> str:
        if not token:
            return ""
        return tr("Plug in “{token}” and leave it in until Jinshu is open.", token=self._login.token_label)

    def _show_way(self) -> None:
        for way, row in self._rows.items():
            row.setVisible(way is self._way)
        self._other.setText(
            tr("Use the passphrase") if self._way is _Way.CODE else tr("Use the recovery code")
        )
        self._by_token.setText(tr("Use the passphrase") if self._way is _Way.TOKEN else tr("Use the UKey"))

    def _take(self, way: _Way) -> None:
        if self._work is not None:
            self._work.cancel()  # a driver may take its time, and he may rather type the passphrase
        self._way = way
        self.clear_notice()
        self._show_way()
        self._entries[way].field.setFocus()
        if way is _Way.TOKEN:
            self._rows[way].clear_error()
            Operation(
                self,
                self._runner,
                self._login.token_state,
                on_success=self._on_state,
                on_failure=lambda error: self._rows[_Way.TOKEN].set_error(present(error).sentence),
            )

    def _on_state(self, state: PinState) -> None:
        """Before the PIN is typed: how near it is to being locked."""
        self._warned = state is PinState.LAST_TRY
        if state in _STATES:
            self._rows[_Way.TOKEN].set_error(code_notice(_STATES[state]).sentence)

    def _on_open(self) -> None:
        if not self._open.isEnabled():
            return
        self.clear_notice()
        secret = self._entries[self._way].text()
        if self._way is _Way.TOKEN and not secret:
            self._rows[_Way.TOKEN].set_error(tr("Enter the UKey's PIN."))
            return
        last_try, self._warned = self._warned, False
        acts = {
            _Way.PASSPHRASE: lambda: self._login.unlock(secret),
            _Way.CODE: lambda: self._login.unlock_with_recovery(secret),
            _Way.TOKEN: lambda: self._login.unlock_with_token(secret, last_try=last_try),
        }
        self._open.setEnabled(False)
        self._work = Operation(
            self,
            self._runner,
            acts[self._way],
            on_success=lambda _none: self.unlocked.emit(),
            on_failure=self._on_failed,
        )
        self._work.finished.connect(self._on_finished)

    def _on_finished(self) -> None:
        self._work = None
        self._open.setEnabled(True)

    def _on_failed(self, error: BaseException) -> None:
        self._warned = isinstance(error, JinshuError) and error.code is ErrorCode.KEYS_TOKEN_LAST_TRY
        if self._way is _Way.TOKEN:
            self._pin.clear()
            self._rows[_Way.TOKEN].set_error(present(error).sentence)
        else:
            self.show_notice(present(error))

    def _on_lost(self) -> None:
        words = tr(
            "Nobody can open what is on this computer without them. First ask your administrator to revoke this device and for a new invitation. What is here is then put aside, unopened, and you enrol anew; colleagues and other devices of yours bring the keys back."
        )
        question = ConfirmPopover(self._lost, words, tr("Put it aside and enrol anew"))
        question.confirmed.connect(self._on_set_aside)
        question.open()

    def _on_set_aside(self) -> None:
        Operation(self, self._runner, self._login.set_aside, on_success=lambda _none: self.set_aside.emit())
