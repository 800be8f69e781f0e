"""After a long text was pasted into an empty body: the offer to find its title and put its punctuation right."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.documents.compose_fields import ComposeFields
from client.ui.documents.services import Drafting
from client.ui.widgets.buttons import QuietButton, SecondaryButton
from client.ui.widgets.text import Text, TextKind


class PasteOffer(QFrame):
    """Hidden until there is something to offer; it goes when the text has been changed since."""

    def __init__(
        self, drafting: Drafting, runner: CoreRunner, fields: ComposeFields, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._drafting = drafting
        self._runner = runner
        self._fields = fields
        self._pasted = ""
        self.setProperty("notice", "action")
        tidy = SecondaryButton(tr("Tidy up"), None, self)
        tidy.clicked.connect(self._on_tidy)
        leave = QuietButton(tr("Leave as it is"), None, self)
        leave.clicked.connect(self.close_offer)
        words = Text(
            tr(
                "The pasted text can be tidied: its title goes to the title field, its punctuation is put right."
            ),
            TextKind.BODY,
            self,
            wrap=True,
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(tidy)
        buttons.addWidget(leave)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addWidget(words)
        column.addLayout(buttons)
        fields.changed.connect(self._on_changed)
        self.hide()

    def offer(self, text: str) -> None:
        """A long text came in."""
        self._pasted = text
        self.show()

    def close_offer(self) -> None:
        self._pasted = ""
        self.hide()

    def _on_changed(self) -> None:
        if self._pasted and self._fields.body.toPlainText() != self._pasted:
            self.close_offer()

    def _on_tidy(self) -> None:
        text = self._pasted
        Operation(
            self,
            self._runner,
            lambda: self._drafting.import_text(text),
            on_success=lambda found: self._take(text, found),
        )

    def _take(self, text: str, found: tuple[str, str]) -> None:
        # Typing may have gone on while the text was read: then it is the user's, not ours to replace.
        if text == self._pasted:
            self.close_offer()
            self._fields.take_import(*found)
