"""The foot of the compose page: who reviews, why it cannot go yet, and the way forward."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from client.cases.rows import Target
from client.documents.rows import Finding
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.tips import set_tip
from client.ui.documents.findings import finding_words, run_on
from client.ui.documents.words import target_words
from client.ui.widgets.buttons import PrimaryButton
from client.ui.widgets.text import Line, Text, TextKind

_SAID = 3


class SendBar(QWidget):
    """Signals: `sent` (the id of the reviewing post)."""

    sent = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hard: tuple[Finding, ...] = ()
        self._busy = False
        label = Text(tr("Reviewer"), TextKind.LABEL, self)
        self._reviewer = QComboBox(self)
        self._reviewer.setAccessibleName(tr("Reviewer"))
        label.setBuddy(self._reviewer)
        self._send = PrimaryButton(tr("Send to review"), Icon.SEND, self)
        self._send.clicked.connect(lambda: self.sent.emit(self._reviewer.currentData()))
        self._why = Text("", TextKind.ERROR, self, wrap=True)
        row = QHBoxLayout()
        row.setContentsMargins(24, 12, 24, 12)
        row.setSpacing(12)
        row.addWidget(label)
        row.addWidget(self._reviewer, 1)
        row.addWidget(self._send)
        why = QHBoxLayout()
        why.setContentsMargins(24, 8, 24, 0)
        why.addWidget(self._why)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Line(self))
        column.addLayout(why)
        column.addLayout(row)
        self._show()

    def set_reviewers(self, reviewers: Sequence[Target]) -> None:
        """Who may review; the choice made stays when it still can."""
        chosen = self._reviewer.currentData()
        self._reviewer.clear()
        for target in reviewers:
            self._reviewer.addItem(target_words(target), target.id)
        self._reviewer.setCurrentIndex(max(self._reviewer.findData(chosen), 0) if reviewers else -1)
        self._show()

    def set_hard(self, findings: tuple[Finding, ...]) -> None:
        """What stands in the way."""
        self._hard = findings
        self._show()

    def set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._show()

    def _show(self) -> None:
        why = self._obstacles()
        self._why.setText(why)
        self._why.setVisible(bool(why))
        set_tip(self._send, why)
        self._send.setEnabled(not why and not self._busy)
        self._reviewer.setEnabled(not self._busy)

    def _obstacles(self) -> str:
        more = tr("({count} points in all)", count=len(self._hard)) if len(self._hard) > _SAID else ""
        words = run_on(*(finding_words(finding) for finding in self._hard[:_SAID]), more)
        if words:
            return tr("Before it can be sent: {what}", what=words)
        return "" if self._reviewer.count() else tr("Your body has nobody who may review.")
