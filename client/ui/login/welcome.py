"""The first page of a new installation: an invitation that says everything, or server and enrolment code by hand."""

from __future__ import annotations

import asyncio
import platform
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from client.core.invitation_file import read_invitation
from client.ui.base.errors import present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.login.invited import InvitedCard
from client.ui.login.sheet import Login, Sheet
from client.ui.widgets.buttons import PrimaryButton, QuietButton, SecondaryButton
from client.ui.widgets.dropped import holds_files, local_paths, text_in
from client.ui.widgets.form import Form, FormRow
from client.ui.widgets.panes import Column
from client.ui.widgets.text import Text, TextKind
from client.ui.widgets.text_entry import KeysLine, KeysText, LineEntry
from protocol.enrolment import MAX_LABEL
from protocol.errors import JinshuError
from protocol.invitation import SUFFIX, Invitation, is_link
from protocol.text import Field, clean

# A keyboard, or a scanner that poses as one, brings letters one by one; what comes at once was pasted, and is whole or wrong.
_PASTED = 8


class WelcomePage(Sheet):
    """Asks the server for enrolment.

    An invitation comes by `take`, by a button, dropped anywhere on the page, or pasted into a field (a scanner types it there);
    the page then shows where it leads, and one button.

    Signals: `asked` (the request is on its way to the CA).
    """

    asked = Signal()

    def __init__(self, login: Login, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("Welcome to Jinshu"),
            tr("Enrol this computer with the invitation or the slip that your administrator gave you."),
            parent,
        )
        self._login = login
        self._runner = runner
        self._invitation: Invitation | None = None
        self._card: InvitedCard | None = None
        self._invited = Column(spacing=16, margin=0, ground="")
        self._by_hand = self._manual()
        self._device = LineEntry(Field.NAME)
        self._device.setMaxLength(MAX_LABEL)
        self._device.setText(platform.node()[:40])
        self._ask = PrimaryButton(tr("Request enrolment"))
        self._ask.clicked.connect(self._on_asked)
        self._back = QuietButton(tr("Fill in by hand instead"))
        self._back.clicked.connect(self._on_back)
        common = Form()
        common.add(tr("Device name"), self._device, hint=tr("How your colleagues will see this computer."))
        self.column.add(self._invited)
        self.column.add(self._by_hand)
        self.column.add(common)
        self.column.add_row(self._ask, self._back)
        self.setAcceptDrops(True)
        self._show_way()

    @property
    def invitation(self) -> Invitation | None:
        """What the page shows and its button agrees to."""
        return self._invitation

    def take(self, text: str) -> None:
        """Show where an invitation leads; what is none is said, and changes nothing else.

        Args:
            text: a link, or what a `.jinshu` file holds.
        """
        self.clear_notice()
        try:
            self._show_invitation(Invitation.parse(text))
        except JinshuError as error:
            self.show_notice(present(error))

    def take_file(self, path: Path) -> None:
        """The same with a file, read beside the pages: it may lie on a slow share."""
        self.clear_notice()
        Operation(self, self._runner, lambda: asyncio.to_thread(read_invitation, path), on_success=self.take)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._consider(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._consider(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.mark_drop(dropping=False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.mark_drop(dropping=False)
        data = event.mimeData()
        event.acceptProposedAction()
        if holds_files(data):
            # Of several the first is looked at: which of them is meant, its card says.
            self.take_file(local_paths(data)[0])
        else:
            self.take(text_in(data))

    def _consider(self, event: QDragMoveEvent) -> None:
        data = event.mimeData()
        if holds_files(data) or is_link(text_in(data)):
            self.mark_drop(dropping=True)
            event.acceptProposedAction()

    def _manual(self) -> QWidget:
        """Everything for who has no invitation at hand, below the button for who has."""
        part = Column(spacing=16, margin=0, ground="")
        self._open = SecondaryButton(tr("Open an invitation"), Icon.FILE)
        self._open.clicked.connect(self._on_open)
        part.add_row(self._open)
        words = tr("Or drop the invitation ({suffix}) anywhere on this page.", suffix=SUFFIX)
        part.add(Text(words, TextKind.HINT, wrap=True))
        self._form = Form()
        self._server = KeysLine()
        self._server.setText(self._login.server)
        self._server.setPlaceholderText("https://")
        self._code = KeysText()
        self._code.setTabChangesFocus(True)
        self._code.setFixedHeight(72)
        self._server_row = self._form.add(tr("Server address"), self._server, required=True)
        self._code_row = self._form.add(
            tr("Enrolment code"),
            self._code,
            hint=tr(
                "Paste or type the code, or paste the invitation's link. Used once, good for seven days."
            ),
            required=True,
        )
        # A file is dropped on the page, not as a path into a field.
        self._server.setAcceptDrops(False)
        self._code.setAcceptDrops(False)
        self._lengths = {self._server_row: 0, self._code_row: 0}
        self._server.textChanged.connect(lambda text: self._on_text(self._server_row, text))
        self._code.textChanged.connect(lambda: self._on_text(self._code_row, self._code.toPlainText()))
        part.add(self._form)
        return part

    def _on_open(self) -> None:
        kinds = tr("Invitations to Jinshu (*{suffix})", suffix=SUFFIX)
        name, _kind = QFileDialog.getOpenFileName(self, tr("Open an invitation"), "", kinds)
        if name:
            self.take_file(Path(name))

    def _on_text(self, row: FormRow, text: str) -> None:
        """A link in a field is an invitation as soon as it is whole."""
        grown = len(text) - self._lengths[row]
        self._lengths[row] = len(text)
        if not is_link(text):
            return
        try:
            self._show_invitation(Invitation.parse(text))
        except JinshuError as error:
            row.show_fault(present(error).sentence if grown >= _PASTED else "")

    def _show_invitation(self, invitation: Invitation) -> None:
        self._forget()
        self._form.clear_errors()
        self._invitation = invitation
        self._card = InvitedCard(invitation)
        self._invited.add(self._card)
        for field in (self._server, self._code):
            if is_link(field.text() if isinstance(field, KeysLine) else field.toPlainText()):
                field.clear()
        self._show_way()
        # Not the button: a scanner ends what it types with Enter, and nobody has read the card yet.
        self._device.setFocus()

    def _on_back(self) -> None:
        self.clear_notice()
        self._forget()
        self._show_way()
        self._server.setFocus()

    def _forget(self) -> None:
        self._invitation = None
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
            self._card = None

    def _show_way(self) -> None:
        invited = self._invitation is not None
        self._invited.setVisible(invited)
        self._by_hand.setVisible(not invited)
        self._back.setVisible(invited)
        self._ask.setText(tr("Enrol here") if invited else tr("Request enrolment"))

    def _on_asked(self) -> None:
        self.clear_notice()
        self._form.clear_errors()
        asked = self._asked_for()
        if asked is None or not self._ask.isEnabled():
            return
        server, code = asked
        label = clean(self._device.text(), Field.NAME) or platform.node()
        self._ask.setEnabled(False)
        self._back.setEnabled(False)
        work = Operation(
            self,
            self._runner,
            lambda: self._login.enrol(server, code, label),
            on_success=lambda _none: self.asked.emit(),
        )
        work.finished.connect(self._on_answered)

    def _on_answered(self) -> None:
        self._ask.setEnabled(True)
        self._back.setEnabled(True)

    def _asked_for(self) -> tuple[str, str] | None:
        """Server and code: of the invitation, or of the fields if both are filled in."""
        if self._invitation is not None:
            return self._invitation.server, self._invitation.code.text()
        server, code = self._server.text().strip(), self._code.toPlainText().strip()
        for row, text in ((self._code_row, code), (self._server_row, server)):
            if is_link(text):
                # Whole, it would have been taken.
                self._say_fault(row, text)
                return None
        if not server:
            self._server_row.set_error(tr("The server's address is missing."))
        if not code:
            self._code_row.set_error(tr("The enrolment code is missing."))
        return (server, code) if server and code else None

    @staticmethod
    def _say_fault(row: FormRow, text: str) -> None:
        """What keeps a link from being an invitation."""
        try:
            Invitation.parse(text)
        except JinshuError as error:
            row.set_error(present(error).sentence)
