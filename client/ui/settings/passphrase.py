"""口令: changing it, and letting the desktop's keyring or a UKey open Jinshu."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QWidget

from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.settings.section import ButtonRow, Section
from client.ui.settings.services import Secrets
from client.ui.settings.token_card import TokenCard
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.form import FormRow
from client.ui.widgets.new_passphrase import NewPassphrase
from client.ui.widgets.secret_entry import SecretEntry
from client.ui.widgets.text import Text, TextKind
from protocol.errors import ErrorCode, JinshuError


class PassphraseSection(Section):
    """Every act that adds a way in asks for the passphrase in force: an unlocked screen alone must not be enough."""

    def __init__(self, secrets: Secrets, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(tr("Passphrase"), Icon.KEY, parent)
        self._secrets = secrets
        self._runner = runner
        self._change_card()
        self._keyring_card()
        self._token = TokenCard(secrets, runner)
        self.add_card(
            tr("UKey"),
            self._token,
            hint=tr(
                "The UKey and its PIN then open Jinshu, too. Passphrase and recovery code stay as they are: a UKey can be lost or locked."
            ),
        )
        self._show_keyring()

    def _change_card(self) -> None:
        self._old = SecretEntry(tr("Passphrase until now"))
        self._old_row = FormRow(tr("Passphrase until now"), self._old, required=True)
        self._new = NewPassphrase(name=tr("New passphrase"))
        self._change = PrimaryButton(tr("Change the passphrase"))
        self._change.clicked.connect(self._on_change)
        self._new.submitted.connect(self._on_change)
        self.add_card(
            tr("Change the passphrase"),
            self._old_row,
            self._new,
            ButtonRow(self._change),
            hint=tr("It is for this computer only. The recovery code stays the same."),
        )

    def _keyring_card(self) -> None:
        self._keyring_says = Text("", TextKind.BODY, wrap=True)
        self._proof = SecretEntry(tr("Your passphrase"))
        self._proof_row = FormRow(tr("Your passphrase"), self._proof)
        self._use = SecondaryButton(tr("Open by itself"))
        self._stop = SecondaryButton(tr("Ask for the passphrase again"))
        self._use.clicked.connect(self._on_use)
        self._proof.submitted.connect(self._on_use)
        self._stop.clicked.connect(self._on_stop)
        self.add_card(
            tr("Open when I am signed in to this computer"),
            self._keyring_says,
            self._proof_row,
            ButtonRow(self._use, self._stop),
            hint=tr(
                "The computer's keyring then keeps a key to Jinshu: whoever signs in as you opens it. After locking, the passphrase is asked all the same."
            ),
        )

    def _show_keyring(self) -> None:
        on, possible = self._secrets.has_keyring_slot, self._secrets.keyring_available
        if on:
            words = tr("It is on: at the start Jinshu opens by itself.")
        elif possible:
            words = tr("It is off: the passphrase is asked at every start.")
        else:
            words = tr("This computer has no keyring that Jinshu could use.")
        self._keyring_says.setText(words)
        self._proof_row.setVisible(possible and not on)
        self._use.setVisible(possible and not on)
        self._stop.setVisible(on)

    def _on_change(self) -> None:
        self.clear_notice()
        self._old_row.clear_error()
        old, new = self._old.text(), self._new.checked()
        if not old:
            self._old_row.set_error(tr("Enter the passphrase you use now."))
        if not old or new is None or not self._change.isEnabled():
            return
        self._change.setEnabled(False)
        work = Operation(
            self,
            self._runner,
            lambda: self._secrets.change_passphrase(old, new),
            on_success=lambda _none: self._on_changed(),
            on_failure=lambda error: self._on_failed(error, self._old_row),
        )
        work.finished.connect(lambda: self._change.setEnabled(True))

    def _on_changed(self) -> None:
        self._old.clear()
        self._new.clear()
        self.show_notice(Notice(tr("The passphrase is changed."), tone=Tone.DONE))

    def _on_use(self) -> None:
        self.clear_notice()
        self._proof_row.clear_error()
        passphrase = self._proof.text()
        if not passphrase:
            self._proof_row.set_error(tr("Enter the passphrase you use now."))
            return
        self._run_keyring(lambda: self._secrets.add_keyring(passphrase))

    def _on_stop(self) -> None:
        self.clear_notice()
        self._run_keyring(self._secrets.remove_keyring)

    def _run_keyring(self, act: Callable[[], Awaitable[None]]) -> None:
        for button in (self._use, self._stop):
            button.setEnabled(False)
        work = Operation(
            self,
            self._runner,
            act,
            on_success=lambda _none: self._proof.clear(),
            on_failure=lambda error: self._on_failed(error, self._proof_row),
        )
        work.finished.connect(self._on_keyring_done)

    def _on_keyring_done(self) -> None:
        for button in (self._use, self._stop):
            button.setEnabled(True)
        self._show_keyring()

    def _on_failed(self, error: BaseException, row: FormRow) -> None:
        notice = present(error)
        if isinstance(error, JinshuError) and error.code is ErrorCode.KEYS_WRONG_PASSPHRASE:
            row.set_error(notice.sentence)
        else:
            self.show_notice(notice)
