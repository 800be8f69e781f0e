"""My opinion: half-typed words stay with their document however often it is refreshed or left."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.base.text_faults import fault_words
from client.ui.documents.tall import Tall, bring_into_view
from client.ui.documents.words import phrases
from client.ui.widgets.phrase_menu import PhraseMenu
from client.ui.widgets.text import Text, TextKind, restyle
from client.ui.widgets.text_entry import TextEntry
from protocol.text import Field, clean

_HEIGHT = 84


class OpinionBox(QWidget):
    """Remembers what was typed for each document; `typed` and `put_back` carry it over a lock."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = ""
        self._typed: dict[str, str] = {}
        label = Text(tr("Opinion"), TextKind.LABEL, self)
        self.edit = TextEntry(Field.OPINION, self)
        self.edit.setAccessibleName(tr("Opinion"))
        self.edit.setTabChangesFocus(True)
        self.edit.textChanged.connect(self._on_typed)
        label.setBuddy(self.edit)
        self._error = Text("", TextKind.ERROR, self, wrap=True)
        self._error.hide()
        head = QHBoxLayout()
        head.addWidget(label)
        head.addStretch(1)
        head.addWidget(PhraseMenu(self.edit, phrases(), self))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(Tall(self.edit, _HEIGHT, self))
        column.addWidget(self._error)

    def show_document(self, document: str) -> None:
        """Turn to a document; the words typed for another one are put aside."""
        if document == self._document:
            return
        self.edit.finish_composing()
        if self._document:
            self._typed[self._document] = self.edit.toPlainText()
        self._document = document
        self.edit.set_clean(self._typed.get(document, ""))

    @property
    def typed(self) -> dict[str, str]:
        """What is written and not given yet, by document."""
        all_typed = {**self._typed, **({self._document: self.edit.toPlainText()} if self._document else {})}
        return {document: text for document, text in all_typed.items() if text.strip()}

    def put_back(self, typed: Mapping[str, str]) -> None:
        """Bring back what was written before; what was typed since then stays."""
        self._typed = {**typed, **self._typed}
        if not self.edit.toPlainText() and self._document in typed:
            self.edit.set_clean(typed[self._document])

    def text(self) -> str:
        """As it stands now; what is being composed isn't part of it yet."""
        return clean(self.edit.toPlainText(), Field.OPINION)

    def has_fault(self) -> bool:
        """Whether what is typed cannot be signed; then it is said, and brought into view."""
        fault = fault_words(self.text(), Field.OPINION)
        if fault:
            self.set_error(fault)
        return bool(fault)

    def finish_composing(self) -> None:
        """An act is about to take these words."""
        self.edit.finish_composing()

    def forget(self, document: str) -> None:
        """The opinion was given."""
        self._typed.pop(document, None)
        if document == self._document:
            self.edit.finish_composing()
            self.edit.clear()

    def set_error(self, text: str) -> None:
        self._say(text)
        bring_into_view(self)
        self.edit.setFocus()

    def clear_error(self) -> None:
        if not self._error.isHidden():
            self._error.hide()
            self._mark(False)

    def _on_typed(self) -> None:
        """Say at once what cannot go; anything else that was said is answered by typing."""
        fault = fault_words(self.text(), Field.OPINION)
        if fault:
            self._say(fault)
        else:
            self.clear_error()

    def _say(self, text: str) -> None:
        self._error.setText(text)
        self._error.show()
        self._mark(True)

    def _mark(self, wrong: bool) -> None:
        self.edit.setProperty("wrong", wrong)
        self.edit.setAccessibleDescription(self._error.text() if wrong else "")
        restyle(self.edit)
