"""The row in which the PIN of a UKey is typed: it says how near the UKey is to locking itself, before and after."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.core.tokens.rows import PinState, TokenPin
from client.ui.base.errors import code_notice, present
from client.ui.base.language import tr
from client.ui.widgets.form import FormRow
from client.ui.widgets.secret_entry import SecretEntry
from protocol.errors import ErrorCode, JinshuError

_STATES = {
    PinState.LAST_TRY: ErrorCode.KEYS_TOKEN_LAST_TRY,
    PinState.LOCKED: ErrorCode.KEYS_TOKEN_PIN_LOCKED,
}
_AT_PIN = frozenset(
    {
        ErrorCode.KEYS_TOKEN_WRONG_PIN,
        ErrorCode.KEYS_TOKEN_LAST_TRY,
        ErrorCode.KEYS_TOKEN_PIN_LOCKED,
        ErrorCode.KEYS_TOKEN_PIN_UNSET,
    }
)


class PinRow(FormRow):
    """Whoever has been told that one try is left, and gives a PIN all the same, means it.

    Signals: `submitted` (Enter).
    """

    submitted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._entry = SecretEntry(tr("PIN of the UKey"))
        super().__init__(tr("PIN of the UKey"), self._entry, parent=parent)
        self._warned = False
        self._entry.submitted.connect(self.submitted)

    def tell(self, state: PinState) -> None:
        """Before it is typed: how near the UKey is to being locked."""
        self._warned = state is PinState.LAST_TRY
        self.show_fault(code_notice(_STATES[state]).sentence if state in _STATES else "")

    def take(self) -> TokenPin | None:
        """What was typed, for one act; None, and said in place, if nothing was."""
        pin = self._entry.text()
        if not pin:
            self.set_error(tr("Enter the UKey's PIN."))
            return None
        self.clear_error()
        return TokenPin(pin, self._warned)

    def refused(self, error: BaseException) -> bool:
        """Say it in place if a PIN was refused, and forget the PIN; whether it was that."""
        code = error.code if isinstance(error, JinshuError) else None
        self._warned = code is ErrorCode.KEYS_TOKEN_LAST_TRY
        if code not in _AT_PIN:
            return False
        self._entry.clear()
        self.set_error(present(error).sentence)
        return True

    def clear(self) -> None:
        """Forget what was typed and what was said."""
        self._warned = False
        self._entry.clear()
        self.clear_error()

    def focus(self) -> None:
        self._entry.field.setFocus()
