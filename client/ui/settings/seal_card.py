"""印章: where the keys of the seals I keep lie, and asking for a certificate of a key elsewhere: on this computer, or in a UKey."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from client.documents.rows import SealRow, SealStanding
from client.ui.base.errors import Notice
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.settings.section import ButtonRow, Choice
from client.ui.settings.services import Seals
from client.ui.settings.token_finder import TokenFinder
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.form import FormRow
from client.ui.widgets.text import Text, TextKind


class SealCard(QWidget):
    """Signals: `asked` (something was asked for: read the rows again)."""

    asked = Signal()

    def __init__(self, seals: Seals, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seals = seals
        self._runner = runner
        self._rows: tuple[SealRow, ...] = ()
        self._said = QVBoxLayout()
        self._said.setSpacing(12)
        self._begin = SecondaryButton(tr("Ask for a new certificate"))
        self._begin_row = ButtonRow(self._begin)
        self._which = QComboBox(self)
        self._which.setProperty("may_elide", True)
        self._which_row = FormRow(tr("Seal to ask for"), self._which)
        places = [(tr("On this computer (encrypted)"), False), (tr("In a UKey"), True)]
        self._in_token = False
        self._place = FormRow(tr("Keep the key"), Choice(places, False, self._on_place, self))
        self._ask_here = PrimaryButton(tr("Ask for the certificate"))
        self._here = ButtonRow(self._ask_here)
        self._finder = TokenFinder(
            seals.tokens,
            runner,
            PrimaryButton(tr("Make the key and ask")),
            tr("Plug in the UKey that is to hold the seal's key, and look for it."),
            tr(
                "Enter the PIN. The key is made in the UKey and never leaves it; each sealing asks for the PIN."
            ),
        )
        self._form = QWidget(self)
        form = QVBoxLayout(self._form)
        form.setContentsMargins(0, 8, 0, 0)
        form.setSpacing(12)
        for row in (self._which_row, self._place, self._here, self._finder):
            form.addWidget(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._said)
        column.addWidget(self._begin_row)
        column.addWidget(self._form)
        self._begin.clicked.connect(self._on_begin)
        self._ask_here.clicked.connect(self._on_here)
        self._finder.submitted.connect(self._on_token)
        self._form.hide()
        self._on_place(False)

    def set_rows(self, rows: tuple[SealRow, ...]) -> None:
        """What there is now; a form half filled stays."""
        if rows == self._rows:
            return
        self._rows = rows
        while (item := self._said.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row in rows:
            self._said.addWidget(_words(row))
        chosen = self._which.currentData()
        self._which.clear()
        for row in rows:
            self._which.addItem(row.name, row.id)
        self._which.setCurrentIndex(max(self._which.findData(chosen), 0))
        self._which_row.setVisible(len(rows) > 1)

    def _on_begin(self) -> None:
        self._form.setVisible(self._form.isHidden())

    def _on_place(self, in_token: bool) -> None:
        self._in_token = in_token
        self._here.setVisible(not in_token)
        self._finder.setVisible(in_token)

    def _on_here(self) -> None:
        seal = self._which.currentData()
        if seal is None:
            return
        self._ask_here.setEnabled(False)
        work = Operation(
            self,
            self._runner,
            lambda: self._seals.ask_here(seal),
            on_success=lambda _none: self._on_asked(),
            on_failure=self._on_failed,
        )
        work.finished.connect(lambda: self._ask_here.setEnabled(True))

    def _on_token(self) -> None:
        seal, pin = self._which.currentData(), self._finder.pin.take()
        if seal is None or pin is None:
            return
        row = self._finder.chosen
        self._finder.run(
            tr("Making a key in the UKey; leave it plugged in…"),
            lambda: self._seals.ask_in_token(seal, row, pin.pin, last_try=pin.last_try),
            lambda _none: self._on_asked(),
            self._on_failed,
        )

    def _on_failed(self, error: BaseException) -> None:
        self._finder.refused(error)
        # What could not be sent for want of a server is asked for later by itself, and so stands there already.
        self.asked.emit()

    def _on_asked(self) -> None:
        self._finder.forget()
        self._finder.show_state("")
        self._form.hide()
        self._finder.say(
            Notice(
                tr(
                    "The certificate is asked for. Until the authority has signed it, the seal's former key serves."
                ),
                tone=Tone.DONE,
            )
        )
        self.asked.emit()


def _words(row: SealRow) -> QWidget:
    """A seal by name and body, and where its key lies."""
    shown = QWidget()
    column = QVBoxLayout(shown)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    column.addWidget(Text(row.name, TextKind.STRONG, shown, wrap=True))
    column.addWidget(Text(f"{row.body} · {_standing(row)}", TextKind.SECONDARY, shown, wrap=True))
    return shown


def _standing(row: SealRow) -> str:
    if row.standing is SealStanding.NONE:
        said = tr("its key is not here: ask for a new certificate")
    elif row.standing is SealStanding.WAITING:
        said = _waiting(row)
    else:
        said = tr("key in the UKey “{token}”", token=row.token) if row.token else tr("key on this computer")
    if row.standing is SealStanding.MOVING:
        said += " · " + _waiting(row)
    if row.refused:
        said += " · " + tr("the last certificate asked for was refused")
    return said


def _waiting(row: SealRow) -> str:
    if row.asked_token:
        return tr("a certificate for a key in the UKey “{token}” is asked for", token=row.asked_token)
    return tr("a certificate for a key on this computer is asked for")
