"""Long work in place: what, how far in numbers, how long still, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.base.moments import duration_words
from client.ui.widgets.buttons import QuietButton
from client.ui.widgets.text import Text, TextKind


class ProgressLine(QWidget):
    """Hidden while nothing runs.

    Signals: `cancelled` (the user wants it to stop).
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = Text("", TextKind.BODY, self)
        self._count = Text("", TextKind.SECONDARY, self)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("Progress"))
        self._cancel = QuietButton(tr("Cancel"), None, self)
        self._cancel.clicked.connect(self.cancelled)
        head = QHBoxLayout()
        head.addWidget(self._what)
        head.addStretch(1)
        head.addWidget(self._count)
        head.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._bar)
        self.hide()

    def start(self, what: str, *, can_cancel: bool = True) -> None:
        """Say what begins; how far is not known yet."""
        self._what.setText(what)
        self._count.setText("")
        self._bar.setRange(0, 0)
        self._cancel.setVisible(can_cancel)
        self.show()

    def set_progress(self, done: int, total: int, seconds_left: float | None = None) -> None:
        """How far: `done` of `total`, and how long still when that is known."""
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
        words = tr("{done} of {total}", done=done, total=total)
        self._count.setText(words if seconds_left is None else f"{words} · {duration_words(seconds_left)}")

    def set_amount(self, done: int, total: int, done_words: str, total_words: str) -> None:
        """How far, where the numbers themselves say nothing to a reader: bytes, say."""
        # In thousandths: a bar counts no further than two thousand million.
        self._bar.setRange(0, 1000)
        self._bar.setValue(done * 1000 // max(total, 1))
        self._count.setText(tr("{done} of {total}", done=done_words, total=total_words))

    def stop(self) -> None:
        self.hide()
