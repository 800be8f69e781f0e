"""The first page of a new installation: server, enrolment code, and what to call this computer."""

from __future__ import annotations

import platform

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.login.sheet import Login, Sheet
from client.ui.widgets.buttons import PrimaryButton
from client.ui.widgets.form import Form
from client.ui.widgets.text_entry import KeysLine, KeysText, LineEntry
from protocol.enrolment import MAX_LABEL
from protocol.text import Field, clean


class WelcomePage(Sheet):
    """Asks the server for enrolment.

    Signals: `asked` (the request is on its way to the CA).
    """

    asked = Signal()

    def __init__(self, login: Login, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Welcome to Jinshu"),
            tr("Enter the server's address and the enrolment code that your organisation gave you on paper."),
            parent,
        )
        self._login = login
        self._runner = runner
        self._form = Form()
        self._server = KeysLine()
        self._server.setText(login.server)
        self._server.setPlaceholderText("https://")
        self._code = KeysText()
        self._code.setTabChangesFocus(True)
        self._code.setFixedHeight(88)
        self._device = LineEntry(Field.NAME)
        self._device.setMaxLength(MAX_LABEL)
        self._device.setText(platform.node()[:40])
        self._server_row = self._form.add(tr("Server address"), self._server, required=True)
        self._code_row = self._form.add(
            tr("Enrolment code"),
            self._code,
            hint=tr("Used once, good for seven days; paste it or type it."),
            required=True,
        )
        self._form.add(
            tr("Device name"), self._device, hint=tr("How your colleagues will see this computer.")
        )
        self._ask = PrimaryButton(tr("Request enrolment"))
        self._ask.clicked.connect(self._on_asked)
        self.column.add(self._form)
        self.column.add_row(self._ask)

    def _on_asked(self) -> None:
        self.clear_notice()
        self._form.clear_errors()
        server, code = self._server.text().strip(), self._code.toPlainText().strip()
        if not server:
            self._server_row.set_error(tr("The server's address is missing."))
        if not code:
            self._code_row.set_error(tr("The enrolment code is missing."))
        if not (server and code):
            return
        label = clean(self._device.text(), Field.NAME) or platform.node()
        work = Operation(
            self,
            self._runner,
            lambda: self._login.enrol(server, code, label),
            on_success=lambda _none: self.asked.emit(),
        )
        self._ask.setEnabled(False)
        work.finished.connect(lambda: self._ask.setEnabled(True))
