"""After approval: a passphrase for this computer, and the recovery code: one to write down, or the one he has already."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.ui.base.errors import present
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.login.sheet import Login, Sheet
from client.ui.widgets.buttons import CheckBox, PrimaryButton, RadioButton
from client.ui.widgets.code_display import CodeDisplay
from client.ui.widgets.form import FormRow
from client.ui.widgets.new_passphrase import NewPassphrase
from client.ui.widgets.secret_entry import SecretEntry
from client.ui.widgets.text import Text, TextKind
from protocol.errors import ErrorCode, JinshuError

# The recovery code stands on one line, to be copied by hand.
_MEASURE = 760


class PassphrasePage(Sheet):
    """Protects the store and opens it. Who has a recovery code from another device gives that one: it brings his keys along.

    Signals: `protected`.
    """

    protected = Signal()

    def __init__(self, login: Login, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Protect this computer"),
            tr(
                "Documents and keys on this computer are encrypted. Nobody can open them without the passphrase or the recovery code."
            ),
            parent,
            measure=_MEASURE,
        )
        self._login = login
        self._runner = runner
        self._passphrase = NewPassphrase()
        self.column.add(self._passphrase)
        self.column.add(Text(tr("Recovery code"), TextKind.LABEL))
        self._has_code = RadioButton(tr("I wrote one down on another device"))
        self._has_none = RadioButton(tr("It is not at hand: give me a new one"))
        for choice in (self._has_code, self._has_none):
            choice.setAccessibleName(choice.text())
            choice.setVisible(login.recoverable)
            self.column.add(choice)
        self._known, self._known_row = self._known_code()
        self._new = self._new_code(login.recovery_code())
        self.column.add(self._known_row)
        self.column.add(self._new)
        self._keyring = CheckBox(tr("Open by itself when I am signed in to this computer"))
        self._keyring.setAccessibleName(self._keyring.text())
        self._keyring.setVisible(login.keyring_available)
        self._open = PrimaryButton(tr("Open Jinshu"))
        self.column.add(self._keyring)
        self.column.add_row(self._open)
        self._has_code.setChecked(login.recoverable)
        self._has_none.setChecked(not login.recoverable)
        self._has_code.toggled.connect(self._show_way)
        self._written.toggled.connect(self._show_way)
        self._open.clicked.connect(self._on_open)
        self._show_way()

    def _known_code(self) -> tuple[SecretEntry, FormRow]:
        entry = SecretEntry(tr("The code written down"))
        hint = tr("It brings your keys to this computer, and opens it from now on as well.")
        return entry, FormRow(tr("The code written down"), entry, hint=hint)

    def _new_code(self, code: str) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        if self._login.recoverable:
            words = tr(
                "Your keys come to this computer when you agree on another of your devices; or enter the old code later under Settings."
            )
            column.addWidget(Text(words, TextKind.HINT, wrap=True))
        shown = CodeDisplay(tr("Recovery code"), secret=True)
        shown.set_code(code)
        column.addWidget(shown)
        words = tr("Write it down and keep it apart from this computer. It is shown only now.")
        column.addWidget(Text(words, TextKind.HINT, wrap=True))
        self._written = CheckBox(tr("I have written down the recovery code"))
        self._written.setAccessibleName(tr("I have written down the recovery code"))
        column.addWidget(self._written)
        return part

    def _show_way(self) -> None:
        known = self._has_code.isChecked()
        self._known_row.setVisible(known)
        self._new.setVisible(not known)
        self._open.setEnabled(known or self._written.isChecked())

    def _on_open(self) -> None:
        self.clear_notice()
        self._known_row.clear_error()
        passphrase = self._passphrase.checked()
        if passphrase is None:
            return
        use_keyring = self._keyring.isChecked()
        known = self._known.text() if self._has_code.isChecked() else None
        self._open.setEnabled(False)
        work = Operation(
            self,
            self._runner,
            lambda: self._login.protect(passphrase, use_keyring=use_keyring, known_code=known),
            on_success=lambda _none: self.protected.emit(),
            on_failure=self._on_failed,
        )
        work.finished.connect(self._show_way)

    def _on_failed(self, error: BaseException) -> None:
        notice = present(error)
        if isinstance(error, JinshuError) and error.code is ErrorCode.KEYS_WRONG_RECOVERY_CODE:
            self._known_row.set_error(notice.sentence)
        else:
            self.show_notice(notice)
