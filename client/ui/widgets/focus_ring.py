"""Where the keyboard is on a filled control: its edge is too near its ground in colour to tell."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from client.ui.base.theme import Role, current_theme

_INSET = 3.0
_RADIUS = 4.0


def paint_inner_ring(control: QWidget) -> None:
    """A light line inside the edge, over what the control has painted."""
    if not control.hasFocus():
        return
    painter = QPainter(control)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(current_theme().color(Role.ON_SEAL), 2))
    painter.drawRoundedRect(
        QRectF(control.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET), _RADIUS, _RADIUS
    )
    painter.end()
