"""Small marks with a word in them: the state of a thing, and 特急/加急."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from client.ui.base.rows import Mark
from client.ui.base.theme import Role, TextSize, Tone, current_theme, font
from client.ui.widgets.text import restyle

_PADDING = 6


class Chip(QLabel):
    """A state in a word; `name` is what the state is of ("状态")."""

    def __init__(
        self,
        text: str = "",
        tone: Tone = Tone.NEUTRAL,
        parent: QWidget | None = None,
        *,
        name: str = "",
        filled: bool = False,
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setProperty("chip", "urgent" if filled else tone.value)

    def set_state(self, text: str, tone: Tone, *, filled: bool = False) -> None:
        """Say another state."""
        self.setProperty("chip", "urgent" if filled else tone.value)
        self.setText(text)
        restyle(self)


def mark_width(mark: Mark) -> int:
    """How wide `paint_mark` draws it."""
    return (
        QFontMetrics(font(TextSize.SECONDARY, bold=mark.filled)).horizontalAdvance(mark.text) + 2 * _PADDING
    )


def paint_mark(painter: QPainter, place: QRect, mark: Mark) -> None:
    """Draw a mark as a chip does, for rows of lists."""
    theme = current_theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.color(Role.SEAL if mark.filled else Role.EDGE))
    painter.setBrush(theme.color(Role.SEAL if mark.filled else mark.tone.tint))
    painter.drawRoundedRect(place.adjusted(0, 0, -1, -1), 4, 4)
    painter.setFont(font(TextSize.SECONDARY, bold=mark.filled))
    painter.setPen(theme.color(Role.ON_SEAL if mark.filled else mark.tone.text))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, mark.text)
    painter.restore()
