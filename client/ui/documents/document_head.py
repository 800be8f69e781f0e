"""The head of a document: its title, where it stands, who has it, and whether it is to be believed."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.documents.rows import DocumentView
from client.ui.base.language import tr
from client.ui.base.theme import Tone
from client.ui.documents.findings import verification_words
from client.ui.documents.words import kind_words, urgency_mark, view_mark
from client.ui.widgets.chip import Chip
from client.ui.widgets.text import Text, TextKind
from protocol.documents.steps import Phase

_KINDS = {
    Tone.DONE: TextKind.DONE,
    Tone.WAITING: TextKind.WAITING,
    Tone.SEAL: TextKind.ERROR,
    Tone.NEUTRAL: TextKind.HINT,
}

_OVER = (Phase.DISPATCHED, Phase.CLOSED, Phase.VOID, Phase.ANNULLED)


class DocumentHead(QWidget):
    """Reads a DocumentView; `action` stands beside the state."""

    def __init__(self, action: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Text("", TextKind.TITLE, self, wrap=True)
        self._title.setAccessibleName(tr("Title of the document"))
        self._urgent = Chip("", Tone.SEAL, self, name=tr("Urgency"), filled=True)
        self._state = Chip("", Tone.NEUTRAL, self, name=tr("State"))
        self._facts = Text("", TextKind.SECONDARY, self, wrap=True)
        self._verified = Text("", TextKind.HINT, self, wrap=True)
        self._verified.setAccessibleName(tr("Verification"))
        chips = QHBoxLayout()
        chips.setSpacing(8)
        chips.addWidget(self._urgent)
        chips.addWidget(self._state)
        chips.addStretch(1)
        chips.addWidget(action)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addLayout(chips)
        column.addWidget(self._facts)
        column.addWidget(self._verified)

    def show_view(self, view: DocumentView, holder: str) -> None:
        """Say what this document is; `holder` has it now."""
        self._title.setText(view.title)
        mark = view_mark(view)
        self._state.set_state(mark.text, mark.tone)
        urgent = urgency_mark(view.elements.urgency.value) if view.elements is not None else None
        self._urgent.setVisible(urgent is not None)
        if urgent is not None:
            self._urgent.set_state(urgent.text, urgent.tone, filled=True)
        kind = kind_words(view.elements.kind) if view.elements is not None else ""
        if view.matter is not None and view.matter.called != view.title:
            kind = view.matter.called
        held = tr("with {holder}", holder=holder) if holder and view.phase not in _OVER else ""
        self._facts.setText(" · ".join(part for part in (view.number or kind, view.signed_on, held) if part))
        sentence, tone = verification_words(view.verification)
        self._verified.setText(sentence)
        self._verified.set_kind(_KINDS[tone])
