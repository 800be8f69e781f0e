"""Until the certificate authority has signed: the wait may last minutes or days, and may be given up."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from client.ui.base.errors import present
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.login.sheet import Login, Sheet
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.text import Text, TextKind


class WaitingPage(Sheet):
    """Polls while it is shown.

    Signals: `approved`, `given_up`.
    """

    approved = Signal()
    given_up = Signal()

    def __init__(self, login: Login, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Waiting for approval"),
            tr(
                "Your request is with the certificate authority of your city. This page goes on by itself once it has signed."
            ),
            parent,
        )
        self._login = login
        self._runner = runner
        self._work: Operation[None] | None = None
        self.column.add(
            Text(
                tr("You may close Jinshu; when you come back, open the invitation again or enter the code."),
                TextKind.HINT,
                wrap=True,
            )
        )
        self._cancel = SecondaryButton(tr("Cancel"))
        self._cancel.clicked.connect(self._on_cancel)
        self.column.add_row(self._cancel)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._work is None:
            self._work = Operation(
                self,
                self._runner,
                self._login.wait,
                on_success=lambda _none: self.approved.emit(),
                on_failure=self._on_failed,
            )

    def _on_failed(self, error: BaseException) -> None:
        self._work = None
        self.show_notice(present(error))

    def _on_cancel(self) -> None:
        question = ConfirmPopover(
            self._cancel,
            tr(
                "The request is withdrawn and its keys are deleted. The code may be used up; you would need a new one."
            ),
            tr("Withdraw the request"),
        )
        question.confirmed.connect(self._on_given_up)
        question.open()

    def _on_given_up(self) -> None:
        if self._work is not None:
            self._work.cancel()
            self._work = None
        Operation(self, self._runner, self._login.abandon, on_success=lambda _none: self.given_up.emit())
