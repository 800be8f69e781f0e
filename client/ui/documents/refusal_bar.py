"""An act the server refused: what happened, and the choice to try again or to take the act back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.documents.rows import RouteStep, Standing
from client.ui.base.errors import code_notice
from client.ui.base.language import tr
from client.ui.documents.words import step_words
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.text import Text, TextKind


class RefusalBar(QWidget):
    """Signals: `retried`, `taken_back`."""

    retried = Signal()
    taken_back = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = Text("", TextKind.STRONG, self, wrap=True)
        self._notice = NoticeBar(self)
        retry = SecondaryButton(tr("Try again"), None, self)
        retry.clicked.connect(self.retried)
        take_back = SecondaryButton(tr("Take back"), None, self)
        take_back.clicked.connect(self.taken_back)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(retry)
        buttons.addWidget(take_back)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._what)
        column.addWidget(self._notice)
        column.addLayout(buttons)
        self.hide()

    def show_route(self, route: tuple[RouteStep, ...]) -> None:
        """Speak of the refused act on this route, if there is one."""
        refused = next((step for step in route if step.standing is Standing.REFUSED), None)
        if refused is not None:
            self._what.setText(tr("Refused by the server: {act}", act=step_words(refused.step)))
            self._notice.show_notice(code_notice(refused.refusal or ""))
        self.setVisible(refused is not None)
