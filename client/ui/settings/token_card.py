"""UKey: registering a token that opens Jinshu beside the passphrase, and taking it back."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.ui.base.errors import Notice, present
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.settings.services import Secrets
from client.ui.settings.token_finder import TokenFinder
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.form import FormRow
from client.ui.widgets.secret_entry import SecretEntry
from protocol.errors import ErrorCode, JinshuError


class TokenCard(QWidget):
    """What the settings say of the UKey. Registering asks for the passphrase too: an unlocked screen alone must not be enough."""

    def __init__(self, secrets: Secrets, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._secrets = secrets
        self._runner = runner
        self._proof = SecretEntry(tr("Your passphrase"))
        self._proof_row = FormRow(tr("Your passphrase"), self._proof)
        register = PrimaryButton(tr("Register the UKey"))
        self._remove = SecondaryButton(tr("Remove the UKey"))
        self._finder = TokenFinder(
            secrets.tokens,
            runner,
            register,
            tr("No UKey is registered. Plug it in first."),
            tr("Enter the PIN and your passphrase. A key is then made in the UKey and stays there."),
            rows=(self._proof_row,),
            buttons=(self._remove,),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._finder)
        self._finder.submitted.connect(self._on_register)
        self._proof.submitted.connect(register.click)
        self._remove.clicked.connect(self._on_remove)
        self._show()

    def _show(self) -> None:
        on = self._secrets.has_token_slot
        words = tr("Registered: “{token}”.", token=self._secrets.token_label) if on else ""
        self._finder.show_state(words, looking=not on)
        self._remove.setVisible(on)

    def _on_register(self) -> None:
        passphrase, pin = self._proof.text(), self._finder.pin.take()
        self._proof_row.show_fault("" if passphrase else tr("Enter the passphrase you use now."))
        row = self._finder.chosen
        if pin is None or not passphrase:
            return
        self._finder.run(
            tr("Making a key in the UKey; leave it plugged in…"),
            lambda: self._secrets.add_token(passphrase, row, pin.pin, last_try=pin.last_try),
            lambda _none: self._on_registered(),
            self._on_failed,
        )

    def _on_registered(self) -> None:
        self._finder.forget()
        self._proof.clear()
        self._show()
        self._finder.say(
            Notice(tr("The UKey is registered; the passphrase opens Jinshu as before."), tone=Tone.DONE)
        )

    def _on_failed(self, error: BaseException) -> None:
        if isinstance(error, JinshuError) and error.code is ErrorCode.KEYS_WRONG_PASSPHRASE:
            self._proof_row.set_error(present(error).sentence)
        else:
            self._finder.refused(error)

    def _on_remove(self) -> None:
        words = tr("The UKey then no longer opens Jinshu here; passphrase and recovery code do.")
        question = ConfirmPopover(self._remove, words, tr("Remove the UKey"))
        question.confirmed.connect(self._on_confirmed)
        question.open()

    def _on_confirmed(self) -> None:
        Operation(self, self._runner, self._secrets.remove_token, on_success=lambda _none: self._on_removed())

    def _on_removed(self) -> None:
        self._show()
        self._finder.say(Notice(tr("The UKey is removed."), tone=Tone.DONE))
