"""Comparing pictures face to face: the same seven on both screens mean that nobody is in between."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from client.messaging.rows import EmojiRow, MemberRow
from client.ui.base.language import tr
from client.ui.base.theme import font
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.text import Text, TextKind

_ACROSS = 4
_SYMBOL_PX = 28


class Comparison(QWidget):
    """Signals: `agreed` (person), `closed`."""

    agreed = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._person = ""
        self._what = Text("", TextKind.BODY, self, wrap=True)
        self._grid = QWidget(self)
        self._cells = QGridLayout(self._grid)
        self._cells.setContentsMargins(0, 0, 0, 0)
        self._cells.setHorizontalSpacing(4)
        self._cells.setVerticalSpacing(16)
        self._agree = PrimaryButton(tr("They are the same"), None, self)
        self._agree.clicked.connect(lambda: self.agreed.emit(self._person))
        self._other = SecondaryButton(tr("They differ"), None, self)
        self._other.clicked.connect(self._on_differ)
        close = SecondaryButton(tr("Close"), None, self)
        close.clicked.connect(self.closed)
        self._warning = Text(
            tr(
                "Do not write anything confidential to this person, and tell your administrator: somebody "
                "may be listening."
            ),
            TextKind.ERROR,
            self,
            wrap=True,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(Text(tr("Compare face to face"), TextKind.SECTION))
        column.addWidget(self._what)
        column.addWidget(self._grid)
        column.addWidget(self._warning)
        column.addWidget(self._agree)
        column.addWidget(self._other)
        column.addWidget(close)
        column.addStretch(1)

    @property
    def person(self) -> str:
        return self._person

    def show_person(self, member: MemberRow, emoji: EmojiRow) -> None:
        """What both should see."""
        self._person = member.person
        self._warning.hide()
        self._agree.setEnabled(True)
        self._what.setText(
            tr(
                "Meet {name} or call on the telephone, and read the words out in order. Both screens must "
                "show the same.",
                name=member.name,
            )
        )
        while (item := self._cells.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
                widget.hide()
        pictures = _drawable(emoji.symbols)
        for number, (symbol, word) in enumerate(zip(emoji.symbols, emoji.words, strict=True)):
            cell = self._cell(symbol if pictures else "", word)
            self._cells.addWidget(cell, number // _ACROSS, number % _ACROSS)
        self._agree.setFocus()

    def _cell(self, symbol: str, word: str) -> QWidget:
        cell = QWidget(self._grid)
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        said = Text(word, TextKind.SECONDARY if symbol else TextKind.SECTION, cell)
        if symbol:
            picture = QLabel(symbol, cell)
            picture.setTextFormat(Qt.TextFormat.PlainText)
            picture.setAccessibleName(word)
            picture.setStyleSheet(f"font-size: {_SYMBOL_PX}px;")
            picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(picture)
        said.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(said)
        return cell

    def _on_differ(self) -> None:
        self._agree.setEnabled(False)
        self._warning.show()


def _drawable(symbols: tuple[str, ...]) -> bool:
    """Whether this computer has a face with these pictures; without one the words do."""
    metrics = QFontMetrics(font())
    return all(metrics.inFontUcs4(ord(symbol[0])) for symbol in symbols)
