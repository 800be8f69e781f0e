"""The card of a person, a post or a body: who it is, then facts under short headings."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from client.ui.base.icons import Icon, draw_pixmap
from client.ui.base.theme import Role, Tone, current_theme
from client.ui.widgets.avatar import Avatar
from client.ui.widgets.chip import Chip
from client.ui.widgets.text import Line, Text, TextKind

_FACE = 48


class Card(QFrame):
    """`avatar` is a person's name; `icon` stands for things."""

    def __init__(
        self,
        title: str,
        subtitle: str = "",
        parent: QWidget | None = None,
        *,
        avatar: str = "",
        icon: Icon | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("ground", "card")
        self._icon = icon
        self._drawing = QLabel(self)
        self._drawing.setVisible(icon is not None)
        self.title = Text(title, TextKind.TITLE, self, wrap=True)
        self.subtitle = Text(subtitle, TextKind.SECONDARY, self, wrap=True)
        self.subtitle.setVisible(bool(subtitle))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.subtitle)
        head = QHBoxLayout()
        head.setSpacing(16)
        if avatar:
            head.addWidget(Avatar(avatar, self, size=_FACE), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._drawing, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(24, 20, 24, 20)
        self._column.setSpacing(12)
        self._column.addLayout(head)
        self._facts: QGridLayout | None = None
        current_theme().changed.connect(self._draw)
        self._draw()

    def add_fact(self, label: str, value: str, tone: Tone | None = None) -> QLabel:
        """A short fact; with a tone the value is a chip. The result is the label of the value."""
        if self._facts is None:
            self._facts = QGridLayout()
            self._facts.setHorizontalSpacing(24)
            self._facts.setVerticalSpacing(8)
            self._facts.setColumnStretch(1, 1)
            self._column.addLayout(self._facts)
        row = self._facts.rowCount()
        name = Text(label, TextKind.SECONDARY, self)
        name.setMinimumWidth(96)
        self._facts.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        if tone is not None:
            chip = Chip(value, tone, self, name=label)
            self._facts.addWidget(chip, row, 1, Qt.AlignmentFlag.AlignLeft)
            return chip
        shown = Text(value, TextKind.BODY, self, wrap=True)
        shown.setAccessibleName(label)
        shown.allow_copying()
        shown.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._facts.addWidget(shown, row, 1)
        return shown

    def add_section(self, title: str) -> None:
        """A heading for the facts that follow."""
        self._facts = None
        self._column.addWidget(Line(self))
        self._column.addWidget(Text(title, TextKind.LABEL, self))

    def _draw(self) -> None:
        if self._icon is not None:
            colour = current_theme().color(Role.ACTION)
            scale = self.devicePixelRatioF()
            self._drawing.setPixmap(draw_pixmap(self._icon, colour, size=32, scale=scale))
