"""How many things wait, in a seal-red disc over the corner of a drawing."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from client.ui.base.theme import Role, TextSize, current_theme, font

_MOST: Final = 99
_HEIGHT: Final = 16
_TEXT: Final = 11


def paint_badge(painter: QPainter, corner: QPoint, count: int) -> None:
    """Draw the number from its top left corner on; nothing when nothing waits."""
    if not count:
        return
    theme, face = current_theme(), font(TextSize.SECONDARY, bold=True)
    face.setPixelSize(_TEXT)
    text = str(count) if count <= _MOST else f"{_MOST}+"
    width = max(QFontMetrics(face).horizontalAdvance(text) + 8, _HEIGHT)
    place = QRect(corner.x(), corner.y(), width, _HEIGHT)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(Role.SEAL))
    painter.drawRoundedRect(place, _HEIGHT // 2, _HEIGHT // 2)
    painter.setPen(theme.color(Role.ON_SEAL))
    painter.setFont(face)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
