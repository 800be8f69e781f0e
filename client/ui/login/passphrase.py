"""After approval: a passphrase for this computer, and the recovery code to write down."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.login.sheet import Login, Sheet
from client.ui.widgets.buttons import PrimaryButton
from client.ui.widgets.code_display import CodeDisplay
from client.ui.widgets.form import Form
from client.ui.widgets.secret_entry import SecretEntry
from client.ui.widgets.text import Text, TextKind

_SHORTEST = 8
# The recovery code stands on one line, to be copied by hand.
_MEASURE = 760


class PassphrasePage(Sheet):
    """Protects the store and opens it.

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
        self._form = Form()
        self._first = SecretEntry(tr("Passphrase"), show_strength=True)
        self._again = SecretEntry(tr("Repeat passphrase"))
        self._first_row = self._form.add(tr("Passphrase"), self._first, required=True)
        self._again_row = self._form.add(tr("Repeat passphrase"), self._again, required=True)
        self.column.add(self._form)
        self.column.add(Text(tr("Recovery code"), TextKind.LABEL))
        code = CodeDisplay(tr("Recovery code"))
        code.set_code(login.recovery_code())
        self.column.add(code)
        self.column.add(
            Text(
                tr("Write it down and keep it apart from this computer. It is shown only now."),
                TextKind.HINT,
                wrap=True,
            )
        )
        self._written = QCheckBox(tr("I have written down the recovery code"))
        self._written.setAccessibleName(tr("I have written down the recovery code"))
        self._open = PrimaryButton(tr("Open Jinshu"))
        self._open.setEnabled(False)
        self._written.toggled.connect(self._open.setEnabled)
        self._open.clicked.connect(self._on_open)
        self.column.add(self._written)
        self.column.add_row(self._open)

    def _on_open(self) -> None:
        self.clear_notice()
        self._form.clear_errors()
        passphrase = self._first.text()
        if len(passphrase) < _SHORTEST:
            self._first_row.set_error(tr("Too short: at least {count} characters", count=_SHORTEST))
            return
        if passphrase != self._again.text():
            self._again_row.set_error(tr("The two passphrases differ."))
            return
        self._open.setEnabled(False)
        work = Operation(
            self,
            self._runner,
            lambda: self._login.protect(passphrase),
            on_success=lambda _none: self.protected.emit(),
        )
        work.finished.connect(lambda: self._open.setEnabled(self._written.isChecked()))
