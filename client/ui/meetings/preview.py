"""How one looks before going in; without a camera, a drawing that says so."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from client.ui.base.icons import Icon, draw_pixmap
from client.ui.base.language import tr
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.meetings.picture_view import RADIUS, PictureView

_DRAWING: Final = 40


class Preview(PictureView):
    """Mirrored, as one knows oneself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, mirrored=True, ground=Role.NEUTRAL_TINT)
        self._on = False
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("What the others will see"))

    def show_on(self, on: bool) -> None:
        """Whether the camera is in use at all."""
        self._on = on
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 270)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width * 9 // 16

    def paint_over(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(current_theme().color(Role.EDGE))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        if self.has_picture:
            return
        words = tr("The camera is starting…") if self._on else tr("The camera is off")
        middle = self.rect().center()
        colour = current_theme().color(Role.INK_3)
        icon = Icon.CAMERA if self._on else Icon.CAMERA_OFF
        drawing = draw_pixmap(icon, colour, size=_DRAWING, scale=self.devicePixelRatioF())
        painter.drawPixmap(middle.x() - _DRAWING // 2, middle.y() - _DRAWING, drawing)
        painter.setFont(font(TextSize.BODY))
        painter.setPen(colour)
        place = QRect(0, middle.y() + 8, self.width(), 24)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
