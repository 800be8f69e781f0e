"""A meeting before and after it: what, who, when, and the one way in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.meetings.rows import MeetingRow, MeetingStanding
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.meetings.meeting_list import copy_invitation
from client.ui.meetings.words import meeting_title, people_words, span_words, standing_mark
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.card import Card
from client.ui.widgets.text import Text, TextKind

_MEASURE = 640


class Details(QWidget):
    """Signals: `join_asked` (meeting id), `again_asked` (conversation id: call another one)."""

    join_asked = Signal(str)
    again_asked = Signal(str)

    def __init__(self, now: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._row: MeetingRow | None = None
        self._card: Card | None = None
        self._join = PrimaryButton(tr("Join"), Icon.MEETINGS, self)
        self._join.clicked.connect(self._on_join)
        self._again = SecondaryButton(tr("Call another meeting"), Icon.PLUS, self)
        self._again.clicked.connect(self._on_again)
        self._copy = SecondaryButton(tr("Copy the invitation"), Icon.COPY, self)
        self._copy.clicked.connect(self._on_copy)
        self._hint = Text("", TextKind.HINT, self, wrap=True)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        acts.addWidget(self._join)
        acts.addWidget(self._again)
        acts.addWidget(self._copy)
        acts.addStretch(1)
        inner = QWidget(self)
        inner.setMaximumWidth(_MEASURE)
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(16)
        self._column.addLayout(acts)
        self._column.addWidget(self._hint)
        self._column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 24, 24, 24)
        row.addStretch(1)
        row.addWidget(inner, 1000)
        row.addStretch(1)

    @property
    def meeting(self) -> str:
        return "" if self._row is None else self._row.id

    def show_row(self, row: MeetingRow) -> None:
        if row == self._row:
            return
        self._row = row
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
        self._card = self._made(row)
        self._column.insertWidget(0, self._card)
        over = row.standing is MeetingStanding.OVER
        self._join.setVisible(not over)
        self._again.setVisible(over)
        self._copy.setVisible(not over)
        self._copy.setText(tr("Copy the invitation"))
        self._hint.setText(_hint(row))

    def focus(self) -> None:
        (self._again if self._join.isHidden() else self._join).setFocus(Qt.FocusReason.OtherFocusReason)

    def _made(self, row: MeetingRow) -> Card:
        card = Card(meeting_title(row), span_words(row, self._now()), self, icon=Icon.MEETINGS)
        mark = standing_mark(row.standing)
        card.add_fact(tr("State"), mark.text, mark.tone)
        if row.chair:
            card.add_fact(tr("Chair"), row.chair)
        card.add_fact(tr("Members"), people_words(row.members))
        card.add_fact(tr("Encryption"), tr("End-to-end; the server sees neither picture nor sound"))
        return card

    def _on_join(self) -> None:
        if self._row is not None:
            self.join_asked.emit(self._row.id)

    def _on_copy(self) -> None:
        if self._row is not None:
            copy_invitation(self._row)
            self._copy.setText(tr("Copied"))

    def _on_again(self) -> None:
        if self._row is not None:
            self.again_asked.emit(self._row.conversation)


def _hint(row: MeetingRow) -> str:
    if row.standing is MeetingStanding.OVER:
        return tr("This meeting is over.")
    if row.mine:
        return tr("You may chair this meeting. You try camera and sound before you go in.")
    return tr("You try camera and sound before you go in.")
