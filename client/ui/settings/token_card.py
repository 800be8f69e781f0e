"""UKey: registering a token that opens Jinshu beside the passphrase, and taking it back."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QFileDialog, QVBoxLayout, QWidget

from client.core.tokens.rows import PinState, TokenRow
from client.ui.base.errors import Notice, code_notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation, nearest_notice_place
from client.ui.base.theme import Tone
from client.ui.settings.section import ButtonRow
from client.ui.settings.services import Secrets
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.form import FormRow
from client.ui.widgets.progress_line import ProgressLine
from client.ui.widgets.secret_entry import SecretEntry
from client.ui.widgets.text import Text, TextKind
from protocol.errors import ErrorCode, JinshuError

_AT_PIN = frozenset(
    {
        ErrorCode.KEYS_TOKEN_WRONG_PIN,
        ErrorCode.KEYS_TOKEN_LAST_TRY,
        ErrorCode.KEYS_TOKEN_PIN_LOCKED,
        ErrorCode.KEYS_TOKEN_PIN_UNSET,
    }
)


class TokenCard(QWidget):
    """What the settings say of the UKey. Registering asks for the passphrase too: an unlocked screen alone must not be enough."""

    def __init__(self, secrets: Secrets, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._secrets = secrets
        self._runner = runner
        self._rows: tuple[TokenRow, ...] = ()
        self._warned = False  # that one try is left; the next press is meant
        self._work: Operation[None] | Operation[tuple[TokenRow, ...]] | None = None
        self._says = Text("", TextKind.BODY, self, wrap=True)
        self._which = QComboBox(self)
        self._which.setProperty("may_elide", True)
        self._which.setMinimumContentsLength(12)
        self._which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._which_row = FormRow(tr("UKey"), self._which)
        self._pin = SecretEntry(tr("PIN of the UKey"))
        self._pin_row = FormRow(tr("PIN of the UKey"), self._pin)
        self._proof = SecretEntry(tr("Your passphrase"))
        self._proof_row = FormRow(tr("Your passphrase"), self._proof)
        self._progress = ProgressLine(self)
        self._register = PrimaryButton(tr("Register the UKey"))
        self._find = SecondaryButton(tr("Look for a UKey"))
        self._choose = SecondaryButton(tr("Choose a driver…"), Icon.FILE)
        self._remove = SecondaryButton(tr("Remove the UKey"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        buttons = ButtonRow(self._register, self._find, self._choose, self._remove)
        rows = (self._which_row, self._pin_row, self._proof_row)
        for each in (self._says, *rows, self._progress, buttons):
            column.addWidget(each)
        self._find.clicked.connect(lambda: self._look(""))
        self._choose.clicked.connect(self._on_choose)
        self._register.clicked.connect(self._on_register)
        self._pin.submitted.connect(self._on_register)
        self._proof.submitted.connect(self._on_register)
        self._remove.clicked.connect(self._on_remove)
        self._which.currentIndexChanged.connect(self._on_other)
        self._progress.cancelled.connect(self._on_cancelled)
        self._show("")

    def _show(self, words: str) -> None:
        """`words`: what was found, where there is something to say of it."""
        on = self._secrets.has_token_slot
        if on:
            words = tr("Registered: “{token}”.", token=self._secrets.token_label)
        self._says.setText(words or tr("No UKey is registered. Plug it in first."))
        ready = bool(self._rows) and not on
        for row in (self._which_row, self._pin_row, self._proof_row):
            row.setVisible(ready)
        self._register.setVisible(ready)
        self._find.setVisible(not on)
        self._choose.setVisible(not on)
        self._remove.setVisible(on)

    def _on_choose(self) -> None:
        kinds = tr("Drivers (PKCS #11)") + " (*.so *.so.* *.dll)"
        name, _kind = QFileDialog.getOpenFileName(self, tr("Choose the UKey's driver"), "", kinds)
        if name:
            self._look(name)

    def _look(self, driver: str) -> None:
        self._begin(tr("Looking for UKeys…"))
        self._work = Operation(
            self,
            self._runner,
            lambda: self._secrets.tokens(driver),
            on_success=lambda rows: self._on_found(driver, rows),
            on_failure=self._on_failed,
        )
        self._work.finished.connect(self._end)

    def _on_found(self, driver: str, rows: tuple[TokenRow, ...]) -> None:
        self._rows = rows
        self._which.clear()
        for row in rows:
            self._which.addItem(f"{row.name.label or row.name.model} · {row.name.serial[-8:]}")
        if rows:
            words = tr("Enter the PIN and your passphrase. A key is then made in the UKey and stays there.")
        elif driver:
            words = tr("Through this driver no UKey can be seen that could hold a key.")
        else:
            words = tr("No UKey was found. Install its driver, or choose the driver's file.")
        self._show(words)
        if rows:
            self._pin.setFocus()

    def _on_other(self) -> None:
        self._warned = False
        self._pin_row.clear_error()
        index = self._which.currentIndex()
        if not 0 <= index < len(self._rows):
            return
        self._tell_pin(self._rows[index].pin)

    def _tell_pin(self, state: PinState) -> None:
        """Before it is typed: how near it is to being locked."""
        if state is PinState.LOCKED:
            self._pin_row.set_error(code_notice(ErrorCode.KEYS_TOKEN_PIN_LOCKED).sentence)
        elif state is PinState.LAST_TRY:
            self._warned = True
            self._pin_row.set_error(code_notice(ErrorCode.KEYS_TOKEN_LAST_TRY).sentence)

    def _on_register(self) -> None:
        if not self._register.isEnabled() or not self._register.isVisible():
            return
        pin, passphrase = self._pin.text(), self._proof.text()
        self._pin_row.show_fault("" if pin else tr("Enter the UKey's PIN."))
        self._proof_row.show_fault("" if passphrase else tr("Enter the passphrase you use now."))
        row = self._rows[self._which.currentIndex()]
        if not pin or not passphrase:
            return
        self._begin(tr("Making a key in the UKey; leave it plugged in…"))
        last_try, self._warned = self._warned, False
        self._work = Operation(
            self,
            self._runner,
            lambda: self._secrets.add_token(passphrase, row, pin, last_try=last_try),
            on_success=lambda _none: self._on_registered(),
            on_failure=self._on_failed,
        )
        self._work.finished.connect(self._end)

    def _on_registered(self) -> None:
        self._rows = ()
        self._pin.clear()
        self._proof.clear()
        self._show("")
        self._say(
            Notice(tr("The UKey is registered; the passphrase opens Jinshu as before."), tone=Tone.DONE)
        )

    def _on_remove(self) -> None:
        words = tr("The UKey then no longer opens Jinshu here; passphrase and recovery code do.")
        question = ConfirmPopover(self._remove, words, tr("Remove the UKey"))
        question.confirmed.connect(self._on_confirmed)
        question.open()

    def _on_confirmed(self) -> None:
        Operation(self, self._runner, self._secrets.remove_token, on_success=lambda _none: self._on_removed())

    def _on_removed(self) -> None:
        self._show("")
        self._say(Notice(tr("The UKey is removed."), tone=Tone.DONE))

    def _on_cancelled(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def _on_failed(self, error: BaseException) -> None:
        notice = present(error)
        code = error.code if isinstance(error, JinshuError) else None
        self._warned = code is ErrorCode.KEYS_TOKEN_LAST_TRY
        if code in _AT_PIN:
            self._pin.clear()
            self._pin_row.set_error(notice.sentence)
        elif code is ErrorCode.KEYS_WRONG_PASSPHRASE:
            self._proof_row.set_error(notice.sentence)
        else:
            self._say(notice)

    def _say(self, notice: Notice) -> None:
        place = nearest_notice_place(self)
        if place is not None:
            place.show_notice(notice)

    def _begin(self, words: str) -> None:
        place = nearest_notice_place(self)
        if place is not None:
            place.clear_notice()
        for button in (self._register, self._find, self._choose):
            button.setEnabled(False)
        self._progress.start(words)

    def _end(self) -> None:
        self._work = None
        self._progress.stop()
        for button in (self._register, self._find, self._choose):
            button.setEnabled(True)
