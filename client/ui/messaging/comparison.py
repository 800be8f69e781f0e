"""Comparing pictures face to face: the same on both screens mean that nobody is in between."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from client.messaging.rows import EmojiRow, MemberRow
from client.ui.base.language import tr
from client.ui.base.theme import font
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.panes import Column, ScrollPane
from client.ui.widgets.text import Text, TextKind

_ACROSS = 4
_SYMBOL_PX = 28


class _Pictures(QWidget):
    """Eight pictures with their names, in two rows."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._cells = QGridLayout(self)
        self._cells.setContentsMargins(0, 0, 0, 0)
        self._cells.setHorizontalSpacing(4)
        self._cells.setVerticalSpacing(12)

    def show_pictures(self, symbols: tuple[str, ...], words: tuple[str, ...]) -> None:
        while (item := self._cells.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
                widget.hide()
        drawable = _drawable(symbols)
        for number, (symbol, word) in enumerate(zip(symbols, words, strict=True)):
            cell = self._cell(symbol if drawable else "", word)
            self._cells.addWidget(cell, number // _ACROSS, number % _ACROSS)

    def _cell(self, symbol: str, word: str) -> QWidget:
        cell = QWidget(self)
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


class Comparison(QWidget):
    """Signals: `agreed` (person), `closed`."""

    agreed = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._person = ""
        self._what = Text("", TextKind.BODY, self, wrap=True)
        self._keys, self._log = _Pictures(self), _Pictures(self)
        self._of_log = Text(tr("The address book you both are shown:"), TextKind.SECONDARY, self, wrap=True)
        self._agree = PrimaryButton(tr("They are the same"), None, self)
        self._agree.clicked.connect(lambda: self.agreed.emit(self._person))
        self._other = SecondaryButton(tr("They differ"), None, self)
        self._other.clicked.connect(self._on_differ)
        close = SecondaryButton(tr("Close"), None, self)
        close.clicked.connect(self.closed)
        self._warning = Text(
            tr(
                "Do not write anything confidential to this person, and tell your administrator: somebody "
                "may be listening. If only the lower pictures differ, both connect once and compare again: if they still "
                "differ, the server shows you different address books."
            ),
            TextKind.ERROR,
            self,
            wrap=True,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        # The smallest window holds the buttons and a part of the pictures.
        shown = Column(margin=0, spacing=12)
        for widget in (self._what, self._keys, self._of_log, self._log, self._warning):
            shown.add(widget)
        shown.add_stretch()
        column.addWidget(Text(tr("Compare face to face"), TextKind.SECTION))
        self._scroll = ScrollPane(shown)
        column.addWidget(self._scroll, 1)
        for button in (self._agree, self._other, close):
            column.addWidget(button)

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
        self._keys.show_pictures(emoji.symbols, emoji.words)
        self._log.show_pictures(emoji.log_symbols, emoji.log_words)
        for widget in (self._of_log, self._log):
            widget.setVisible(bool(emoji.log_words))
        self._agree.setFocus()

    def _on_differ(self) -> None:
        self._agree.setEnabled(False)
        self._warning.show()
        self._scroll.ensureWidgetVisible(self._warning)


def _drawable(symbols: tuple[str, ...]) -> bool:
    """Whether this computer has a face with these pictures; without one the words do."""
    metrics = QFontMetrics(font())
    return all(metrics.inFontUcs4(ord(symbol[0])) for symbol in symbols)
