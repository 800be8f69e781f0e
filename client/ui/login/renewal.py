"""After opening with the recovery code: a new passphrase, since the old one is forgotten."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.login.sheet import Login, Sheet
from client.ui.widgets.buttons import PrimaryButton, QuietButton
from client.ui.widgets.new_passphrase import NewPassphrase


class RenewalPage(Sheet):
    """Signals: `renewed` (or the old passphrase stays)."""

    renewed = Signal()

    def __init__(self, login: Login, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Choose a new passphrase"),
            tr(
                "You opened this computer with the recovery code. The passphrase chosen here takes the place of the old one; the recovery code stays the same."
            ),
            parent,
        )
        self._login = login
        self._runner = runner
        self._passphrase = NewPassphrase()
        self._save = PrimaryButton(tr("Save and open"))
        self._keep = QuietButton(tr("I know the old one: keep it"))
        self.column.add(self._passphrase)
        self.column.add_row(self._save, self._keep)
        self._save.clicked.connect(self._on_save)
        self._passphrase.submitted.connect(self._on_save)
        self._keep.clicked.connect(self._on_keep)
        self.setFocusProxy(self._passphrase.first.field)

    def _on_save(self) -> None:
        self.clear_notice()
        passphrase = self._passphrase.checked()
        if passphrase is None or not self._save.isEnabled():
            return
        self._save.setEnabled(False)
        work = Operation(
            self,
            self._runner,
            lambda: self._login.replace_passphrase(passphrase),
            on_success=lambda _none: self.renewed.emit(),
        )
        work.finished.connect(lambda: self._save.setEnabled(True))

    def _on_keep(self) -> None:
        self._login.keep_passphrase()
        self.renewed.emit()
