"""An act the server refused: what happened, and the choice to try again or to take the act back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from client.cases.rows import Standing
from client.documents.rows import RouteStep
from client.ui.base.errors import code_notice
from client.ui.base.language import tr
from client.ui.documents.findings import run_on
from client.ui.documents.words import step_words
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.code_detail import CodeDetail
from client.ui.widgets.text import Text, TextKind


class RefusalBar(QFrame):
    """Signals: `retried`, `taken_back`."""

    retried = Signal()
    taken_back = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("notice", "seal")
        self._act = Text("", TextKind.STRONG, self, wrap=True)
        self._why = Text("", TextKind.BODY, self, wrap=True)
        self._code = CodeDetail(self)
        retry = SecondaryButton(tr("Try again"), None, self)
        retry.clicked.connect(self.retried)
        take_back = SecondaryButton(tr("Take back"), None, self)
        take_back.clicked.connect(self.taken_back)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(retry)
        buttons.addWidget(take_back)
        buttons.addStretch(1)
        buttons.addWidget(self._code)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for words in (self._act, self._why):
            column.addWidget(words)
        column.addLayout(buttons)
        self.hide()

    def show_route(self, route: tuple[RouteStep, ...]) -> None:
        """Speak of the refused act on this route, if there is one."""
        refused = next((step for step in route if step.standing is Standing.REFUSED), None)
        if refused is not None:
            notice = code_notice(refused.refusal or "")
            self._act.setText(
                tr("Refused by the server: {act}", act=step_words(refused.step, refused.called))
            )
            self._why.setText(run_on(notice.what, notice.do))
            self._code.set_code(notice.code)
        self.setVisible(refused is not None)
