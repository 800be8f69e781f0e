"""What an empty place says: what would be here, and the first act."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from client.ui.base.icons import Icon, draw_pixmap
from client.ui.base.theme import Role, current_theme
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.text import Text, TextKind

_DRAWING = 40
_MEASURE = 360


class EmptyState(QWidget):
    """Centred and quiet.

    Signals: `acted` (the first act was asked for).
    """

    acted = Signal()

    def __init__(
        self, icon: Icon, title: str, hint: str, action: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._drawing = QLabel(self)
        self._drawing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = Text(title, TextKind.SECTION, self, wrap=True)
        self._hint = Text(hint, TextKind.SECONDARY, self, wrap=True)
        inner = QWidget(self)
        inner.setMaximumWidth(_MEASURE)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 24, 24, 24)
        row.addStretch(1)
        row.addWidget(inner, 1000)
        row.addStretch(1)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(self._drawing)
        for label in (self._title, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            column.addWidget(label)
        if action:
            button = SecondaryButton(action, None, self)
            button.clicked.connect(self.acted)
            column.addSpacing(8)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        current_theme().changed.connect(self._draw)
        self._draw()

    def set_words(self, title: str, hint: str) -> None:
        """Say something else, e.g. that a search found nothing."""
        self._title.setText(title)
        self._hint.setText(hint)

    def _draw(self) -> None:
        colour = current_theme().color(Role.CONTROL_EDGE)
        self._drawing.setPixmap(
            draw_pixmap(self._icon, colour, size=_DRAWING, scale=self.devicePixelRatioF())
        )
