"""A person without a photograph: the family name's character in a disc, its colour drawn from the name."""

from __future__ import annotations

import zlib

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from client.ui.base.theme import Role, TextSize, Tone, current_theme, font

_TONES = (Tone.ACTION, Tone.DONE, Tone.WAITING, Tone.NEUTRAL)


def paint_avatar(painter: QPainter, place: QRect, name: str) -> None:
    """Draw the disc of `name`."""
    theme = current_theme()
    tone = _TONES[zlib.crc32(name.encode()) % len(_TONES)]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.color(Role.EDGE))
    painter.setBrush(theme.color(tone.tint))
    painter.drawEllipse(place.adjusted(0, 0, -1, -1))
    painter.setFont(font(TextSize.SECTION if place.width() >= 40 else TextSize.BODY, bold=True))
    painter.setPen(theme.color(tone.text))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name.strip()[:1].upper())
    painter.restore()


class Avatar(QWidget):
    """The disc alone; the name stands beside it in words."""

    def __init__(self, name: str, parent: QWidget | None = None, *, size: int = 32) -> None:
        super().__init__(parent)
        self._name = name
        self._side = size
        self.setFixedSize(size, size)
        self.setAccessibleName(name)
        current_theme().changed.connect(self.update)

    def set_name(self, name: str) -> None:
        self._name = name
        self.setAccessibleName(name)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_avatar(painter, self.rect(), self._name)
        painter.end()
