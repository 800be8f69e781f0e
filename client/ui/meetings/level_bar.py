"""How loud the microphone hears: a bar of steps, so that its height is seen without its colour."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from client.ui.base.language import tr
from client.ui.base.theme import Role, current_theme

_STEPS: Final = 20
_GAP: Final = 3


class LevelBar(QWidget):
    """0 to 1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lit = 0
        self.setAccessibleName(tr("Level of the microphone"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        current_theme().changed.connect(self.update)

    @property
    def lit(self) -> int:
        """How many of the steps are lit."""
        return self._lit

    def set_level(self, level: float) -> None:
        lit = round(max(0.0, min(level, 1.0)) * _STEPS)
        if lit != self._lit:
            self._lit = lit
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 10)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = (self.width() - (_STEPS - 1) * _GAP) / _STEPS
        for step in range(_STEPS):
            # Lit steps are filled, the others drawn: in high contrast both colours are dark.
            lit = step < self._lit
            painter.setPen(theme.color(Role.DONE if lit else Role.EDGE))
            painter.setBrush(theme.color(Role.DONE) if lit else Qt.BrushStyle.NoBrush)
            place = QRectF(step * (width + _GAP), 0, width, self.height()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(place, 2, 2)
        painter.end()
