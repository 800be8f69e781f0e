"""Asks in place why something is returned or rejected, voided or annulled; nothing goes without a reason."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.base.text_faults import fault_words
from client.ui.documents.tall import Tall, bring_into_view
from client.ui.documents.words import ReasonWords
from client.ui.widgets.buttons import Button, DangerButton, PrimaryButton, QuietButton
from client.ui.widgets.form import FormRow
from client.ui.widgets.text import Text, TextKind
from client.ui.widgets.text_entry import TextEntry
from protocol.text import Field, clean

_HEIGHT = 72


class ReasonPanel(QFrame):
    """What ends something (`ends`) has a panel of its own beside that of what sends it back.

    Signals: `given` (the reason).
    """

    given = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, ends: bool) -> None:
        super().__init__(parent)
        # The stripe of the seal's red stands beside what ends something, and beside nothing else here.
        self.setProperty(*(("notice", "seal") if ends else ("ground", "card")))
        self._title = Text("", TextKind.STRONG, self, wrap=True)
        self._consequence = Text("", TextKind.BODY, self, wrap=True)
        self.edit = TextEntry(Field.OPINION, self)
        self.edit.setTabChangesFocus(True)
        self._row = FormRow(tr("Reason"), Tall(self.edit, _HEIGHT), required=True, parent=self)
        self.edit.textChanged.connect(self._on_typed)
        self._confirm: Button = DangerButton("", None, self) if ends else PrimaryButton("", None, self)
        self._confirm.clicked.connect(self._on_confirm)
        cancel = QuietButton(tr("Cancel"), None, self)
        cancel.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._confirm)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for row in (self._title, self._consequence, self._row):
            column.addWidget(row)
        column.addLayout(buttons)
        self.hide()

    def ask(self, words: ReasonWords) -> None:
        """Ask for the reason of the act those words are of."""
        self._title.setText(words.title)
        self._consequence.setText(words.consequence)
        self._row.rename(words.field)
        self._confirm.setText(words.confirm)
        self._confirm.setAccessibleName(words.confirm)
        self._row.clear_error()
        self.show()
        self.edit.setFocus()
        bring_into_view(self)

    def forget(self) -> None:
        """The reason was given, or is asked for no longer."""
        self.edit.finish_composing()
        self.edit.clear()
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def _on_typed(self) -> None:
        self._row.clear_error()
        self._row.show_fault(fault_words(self.edit.toPlainText(), Field.OPINION))

    def _on_confirm(self) -> None:
        self.edit.finish_composing()
        reason = clean(self.edit.toPlainText(), Field.OPINION)
        if fault_words(reason, Field.OPINION):
            self.edit.setFocus()
            return
        if not reason:
            self._row.set_error(tr("Write the reason: it is signed and kept with the document."))
            self.edit.setFocus()
            return
        self.given.emit(reason)
