"""One tile: a picture or a face without one, whose it is, and the marks that stand with the name."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import QWidget

from client.meetings.rows import Seal
from client.ui.base.icons import ICON_SIZE, Icon, draw_pixmap
from client.ui.base.language import tr
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.base.tips import show_tip
from client.ui.meetings.picture_view import RADIUS, Fit, PictureView
from client.ui.meetings.seating import Seat
from client.ui.meetings.words import seal_words, seat_name, seat_spoken
from client.ui.widgets.avatar import paint_avatar

_MARGIN: Final = 8
_PLATE_HEIGHT: Final = 28
_ICON: Final = 16
_PAD: Final = 8
_DISC_MOST: Final = 96
_DISC_LEAST: Final = 36


class Tile(PictureView):
    """Told whose it is by a row; asks its grid for everything else.

    Signals: `pin_asked` (double click, Enter), `menu_asked` (where on the screen).
    """

    pin_asked = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, seat: Seat, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seat = seat
        self._lock_place = QRect()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_seat(seat)

    @property
    def seat(self) -> Seat:
        return self._seat

    def set_seat(self, seat: Seat) -> None:
        """Who it is now, and how he is."""
        self._seat = seat
        self.set_look(fit=Fit.WHOLE if seat.screen else Fit.FILL, mirrored=seat.me and not seat.screen)
        self.setAccessibleName(seat_spoken(seat))
        self.update()

    # What is drawn over the picture

    def paint_over(self, painter: QPainter) -> None:
        if self._seat.seal is Seal.LOCKED:
            self._paint_locked(painter)
        elif not self.has_picture:
            self._paint_face(painter)
        self._paint_plate(painter)
        self._paint_end_marks(painter)
        self._paint_ring(painter)

    def _paint_face(self, painter: QPainter) -> None:
        side = max(_DISC_LEAST, min(_DISC_MOST, min(self.width(), self.height()) // 3))
        place = QRect(0, 0, side, side)
        place.moveCenter(self.rect().center())
        paint_avatar(painter, place, self._seat.name)

    def _paint_locked(self, painter: QPainter) -> None:
        theme, words = current_theme(), tr("Cannot be decrypted")
        face = font(TextSize.BODY, bold=True)
        height = ICON_SIZE + 6 + QFontMetrics(face).height()
        top = self.rect().center().y() - height // 2
        self._draw_icon(
            painter, Icon.LOCK, QPoint(self.width() // 2 - ICON_SIZE // 2, top), Role.SEAL_TEXT, ICON_SIZE
        )
        painter.setFont(face)
        painter.setPen(theme.color(Role.INK))
        place = QRect(0, top + ICON_SIZE + 6, self.width(), QFontMetrics(face).height())
        room = self.width() - 2 * _MARGIN
        shown = QFontMetrics(face).elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)

    def _paint_plate(self, painter: QPainter) -> None:
        """Name and marks on a slip of paper, readable over any picture."""
        seat, theme = self._seat, current_theme()
        face = font(TextSize.SECONDARY)
        icons = self._plate_icons()
        room = self.width() - 2 * _MARGIN - self._end_width()
        marks = len(icons) * (_ICON + 4)
        words = QFontMetrics(face).elidedText(
            seat_name(seat), Qt.TextElideMode.ElideRight, max(room - marks - 2 * _PAD, 0)
        )
        width = QFontMetrics(face).horizontalAdvance(words) + marks + 2 * _PAD
        plate = QRect(_MARGIN, _MARGIN, min(width, room), _PLATE_HEIGHT)
        self._paint_slip(painter, plate)
        left = plate.left() + _PAD
        self._lock_place = QRect()
        for icon, role in icons:
            self._draw_icon(painter, icon, QPoint(left, plate.top() + (_PLATE_HEIGHT - _ICON) // 2), role)
            if icon in (Icon.SHIELD, Icon.LOCK):
                self._lock_place = QRect(left - 4, plate.top(), _ICON + 8, _PLATE_HEIGHT)
            left += _ICON + 4
        painter.setFont(face)
        painter.setPen(theme.color(Role.INK))
        place = QRect(left, plate.top(), plate.right() - left, _PLATE_HEIGHT)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)

    def _plate_icons(self) -> list[tuple[Icon, Role]]:
        seat = self._seat
        icons: list[tuple[Icon, Role]] = []
        if seat.seal is Seal.LOCKED:
            icons.append((Icon.LOCK, Role.SEAL_TEXT))
        elif seat.seal is Seal.OPEN:
            icons.append((Icon.SHIELD, Role.DONE))
        if seat.screen:
            icons.append((Icon.SCREEN, Role.INK_2))
        elif not seat.microphone:
            icons.append((Icon.MIC_OFF, Role.INK_2))
        elif seat.speaking:
            icons.append((Icon.MIC, Role.DONE))
        return icons

    def _paint_end_marks(self, painter: QPainter) -> None:
        """At the right: the place in the queue of hands, and the pin."""
        seat, face = self._seat, font(TextSize.SECONDARY, bold=True)
        right = self.width() - _MARGIN
        if seat.pinned:
            slip = QRect(right - _PLATE_HEIGHT, _MARGIN, _PLATE_HEIGHT, _PLATE_HEIGHT)
            self._paint_slip(painter, slip)
            self._draw_icon(painter, Icon.PIN, slip.topLeft() + QPoint(6, 6), Role.ACTION)
            right = slip.left() - 4
        if seat.hand:
            words = str(seat.hand)
            width = _ICON + 4 + QFontMetrics(face).horizontalAdvance(words) + 2 * _PAD
            slip = QRect(right - width, _MARGIN, width, _PLATE_HEIGHT)
            self._paint_slip(painter, slip)
            self._draw_icon(painter, Icon.HAND, slip.topLeft() + QPoint(_PAD, 6), Role.WAITING)
            painter.setFont(face)
            painter.setPen(current_theme().color(Role.WAITING))
            place = slip.adjusted(_PAD + _ICON + 4, 0, -_PAD, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)

    def _end_width(self) -> int:
        face = QFontMetrics(font(TextSize.SECONDARY, bold=True))
        hand = _ICON + 8 + face.horizontalAdvance(str(self._seat.hand)) + 2 * _PAD if self._seat.hand else 0
        return hand + (_PLATE_HEIGHT + 4 if self._seat.pinned else 0)

    def _paint_ring(self, painter: QPainter) -> None:
        """Who speaks has a broad frame (and a microphone by the name), who has the keyboard a blue one inside it."""
        theme = current_theme()
        if self._seat.speaking:
            self._frame(painter, theme.color(Role.DONE), 3, 1.5)
        else:
            self._frame(painter, theme.color(Role.EDGE), 1, 0.5)
        if self.hasFocus():
            self._frame(painter, theme.color(Role.ACTION), 2, 4 if self._seat.speaking else 1)

    def _frame(self, painter: QPainter, colour: QColor, width: float, inset: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)

    def _paint_slip(self, painter: QPainter, place: QRect) -> None:
        theme = current_theme()
        painter.setPen(theme.color(Role.EDGE))
        painter.setBrush(theme.color(Role.RAISED))
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _draw_icon(self, painter: QPainter, icon: Icon, place: QPoint, role: Role, size: int = _ICON) -> None:
        colour = current_theme().color(role)
        drawing = draw_pixmap(icon, colour, size=size, scale=self.devicePixelRatioF())
        painter.drawPixmap(place, drawing)

    # Hands and keys

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            over_lock = self._lock_place.contains(event.pos())
            words = seal_words(self._seat.seal) if over_lock else seat_spoken(self._seat)
            show_tip(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pin_asked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pin_asked.emit()
        elif event.key() == Qt.Key.Key_Menu:
            self.menu_asked.emit(self.mapToGlobal(self.rect().center()))
        else:
            super().keyPressEvent(event)
