"""Asks once, beside the button, with the consequence in words; Escape or a click elsewhere means no."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.widgets.buttons import DangerButton, PrimaryButton, SecondaryButton
from client.ui.widgets.question import Question
from client.ui.widgets.text import Text, TextKind

_WIDTH = 320


class ConfirmPopover(Question):
    """Yes or no.

    Signals: `confirmed` (yes).
    """

    confirmed = Signal()

    def __init__(self, anchor: QWidget, consequence: str, action: str, *, danger: bool = True) -> None:
        super().__init__(anchor, consequence, _WIDTH)
        no = SecondaryButton(tr("Cancel"), None, self)
        no.clicked.connect(self.close)
        yes = DangerButton(action, None, self) if danger else PrimaryButton(action, None, self)
        yes.clicked.connect(self._on_yes)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(no)
        buttons.addWidget(yes)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(16)
        column.addWidget(Text(consequence, TextKind.BODY, self, wrap=True))
        column.addLayout(buttons)

    def _on_yes(self) -> None:
        # Closed first: what is done may take the button, and this question with it.
        self.close()
        self.confirmed.emit()
