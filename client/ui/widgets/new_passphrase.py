"""A new passphrase, typed twice: what is wrong with it is said at the field, before anything is changed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.ui.base.language import tr
from client.ui.widgets.form import Form
from client.ui.widgets.secret_entry import SHORTEST, SecretEntry


class NewPassphrase(Form):
    """Signals: `submitted` (Enter in the second field)."""

    submitted = Signal()

    def __init__(self, parent: QWidget | None = None, *, name: str = "") -> None:
        """`name`: what the first field is called, where "Passphrase" alone would be another's name."""
        super().__init__(parent)
        name = name or tr("Passphrase")
        self.first = SecretEntry(name, show_strength=True)
        self._again = SecretEntry(tr("Repeat passphrase"))
        self._first_row = self.add(name, self.first, required=True)
        self._again_row = self.add(tr("Repeat passphrase"), self._again, required=True)
        self._again.submitted.connect(self.submitted)

    def checked(self) -> str | None:
        """The passphrase; or None, and the field says why not."""
        self.clear_errors()
        passphrase = self.first.text()
        if len(passphrase) < SHORTEST:
            self._first_row.set_error(tr("Too short: at least {count} characters", count=SHORTEST))
        elif passphrase != self._again.text():
            self._again_row.set_error(tr("The two passphrases differ."))
        else:
            return passphrase
        return None

    def clear(self) -> None:
        """Nothing typed stays in the fields."""
        self.first.clear()
        self._again.clear()
        self.clear_errors()
