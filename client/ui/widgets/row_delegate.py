"""Draws rows: two lines (what it is; who, where it stands, when), or one line in compact lists."""

from __future__ import annotations

from typing import Final, cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from client.ui.base.rows import RowContent, RowRole
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.base.tips import show_tip
from client.ui.widgets.avatar import paint_avatar
from client.ui.widgets.chip import mark_width, paint_mark

Index = QModelIndex | QPersistentModelIndex

TWO_LINES: Final = 64
ONE_LINE: Final = 36
_MARGIN: Final = 16
_GAP: Final = 8
_DOT: Final = 8
_BOX: Final = 16
_DISC: Final = 36
_MARK_HEIGHT: Final = 20


class RowDelegate(QStyledItemDelegate):
    """Rows of RowContent. Unread is bold with a seal-red dot; titles may be cut, with the whole row as tooltip."""

    def __init__(self, parent: QWidget, *, compact: bool = False) -> None:
        super().__init__(parent)
        self._compact = compact

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, ONE_LINE if self._compact else TWO_LINES)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        content = index.data(RowRole.CONTENT)
        if not isinstance(content, RowContent):
            super().paint(painter, option, index)
            return
        painter.save()
        self._paint_ground(painter, option, index)
        room = self._paint_lead(painter, _rect(option), content, index)
        if self._compact:
            self._paint_line(painter, room, content)
        else:
            self._paint_two_lines(painter, room, content)
        painter.restore()

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, rect, state = current_theme(), _rect(option), _state(option)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color(Role.SELECTION))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), theme.color(Role.ACTION))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.color(Role.HOVER))
        if not self._compact and not self._closes_frame(index):
            painter.fillRect(
                QRect(rect.left() + _MARGIN, rect.bottom(), rect.width() - _MARGIN, 1), theme.color(Role.EDGE)
            )
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(theme.color(Role.ACTION))
            painter.drawRect(rect.adjusted(1, 1, -2, -2))

    def _closes_frame(self, index: Index) -> bool:
        """The last row in a frame: a line of its own would double the frame's."""
        owner = self.parent()
        framed = isinstance(owner, QWidget) and bool(owner.property("framed"))
        return framed and index.row() == index.model().rowCount() - 1

    def _paint_lead(self, painter: QPainter, rect: QRect, content: RowContent, index: Index) -> QRect:
        """Draw tick box, dot or disc and return the room left for words."""
        room = rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        ticked = index.data(Qt.ItemDataRole.CheckStateRole)
        if ticked is not None:
            _paint_box(painter, self._box(rect), ticked=Qt.CheckState(ticked) == Qt.CheckState.Checked)
            room.setLeft(room.left() + _BOX + _GAP)
        if content.avatar and not self._compact:
            disc = QRect(room.left(), rect.center().y() - _DISC // 2, _DISC, _DISC)
            paint_avatar(painter, disc, content.avatar)
            room.setLeft(disc.right() + 12)
        if content.unread:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(current_theme().color(Role.SEAL))
            middle = rect.center().y() if self._compact else rect.top() + 22
            painter.drawEllipse(QRect(rect.left() + 5, middle - _DOT // 2, _DOT, _DOT))
        return room

    def _paint_two_lines(self, painter: QPainter, room: QRect, content: RowContent) -> None:
        first = QRect(room.left(), room.top() + 10, room.width(), 24)
        second = QRect(room.left(), room.top() + 35, room.width(), 20)
        left = _paint_marks(painter, first, content)
        right = _paint_end(painter, first, content.when, font(TextSize.SECONDARY), Role.INK_3)
        face = font(TextSize.BODY, bold=content.unread)
        _paint_words(
            painter, QRect(left, first.top(), right - left, first.height()), content.title, face, Role.INK
        )
        end = second.right()
        if content.deadline is not None:
            face = font(TextSize.SECONDARY, bold=True)
            end = _paint_end(painter, second, content.deadline.text, face, content.deadline.tone.text)
        place = QRect(second.left(), second.top(), end - second.left(), second.height())
        _paint_words(painter, place, content.detail, font(TextSize.SECONDARY), Role.INK_2)

    def _paint_line(self, painter: QPainter, room: QRect, content: RowContent) -> None:
        left = _paint_marks(painter, room, content)
        right = _paint_end(painter, room, content.when, font(TextSize.SECONDARY), Role.INK_3)
        face = font(TextSize.BODY, bold=content.unread)
        _paint_words(
            painter, QRect(left, room.top(), right - left, room.height()), content.title, face, Role.INK
        )

    def _box(self, rect: QRect) -> QRect:
        return QRect(rect.left() + _MARGIN, rect.center().y() - _BOX // 2, _BOX, _BOX)

    # Ticking: the whole left end of a row is the target, not 16 pixels.

    def editorEvent(
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        ticked = index.data(Qt.ItemDataRole.CheckStateRole)
        if ticked is None or not index.flags() & Qt.ItemFlag.ItemIsUserCheckable:
            return False
        turned = (
            Qt.CheckState.Unchecked
            if Qt.CheckState(ticked) == Qt.CheckState.Checked
            else Qt.CheckState.Checked
        )
        if (
            event.type() == QEvent.Type.MouseButtonRelease
            and cast(QMouseEvent, event).button() == Qt.MouseButton.LeftButton
        ):
            return model.setData(_plain(index), turned, Qt.ItemDataRole.CheckStateRole)
        if event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Select):  # type: ignore[attr-defined]
            return model.setData(_plain(index), turned, Qt.ItemDataRole.CheckStateRole)
        return False

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        content = index.data(RowRole.CONTENT)
        if event.type() != QEvent.Type.ToolTip or not isinstance(content, RowContent):
            return super().helpEvent(event, view, option, index)
        show_tip(
            event.globalPos(), content.spoken() if self.is_cut(content, _rect(option).width()) else "", view
        )
        return True

    def is_cut(self, content: RowContent, width: int) -> bool:
        """Whether a row of that width cannot show all its words."""
        room = width - 2 * _MARGIN - (_DISC + 12 if content.avatar else 0)
        first = sum(mark_width(m) + 4 for m in content.marks) + _advance(
            font(bold=content.unread), content.title
        )
        first += _advance(font(TextSize.SECONDARY), content.when) + (_GAP if content.when else 0)
        second = _advance(font(TextSize.SECONDARY), content.detail)
        second += (
            _advance(font(TextSize.SECONDARY, bold=True), content.deadline.text) + _GAP
            if content.deadline
            else 0
        )
        return max(first, second) > room


def _plain(index: Index) -> QModelIndex:
    return index if isinstance(index, QModelIndex) else index.model().index(index.row(), index.column())


def _rect(option: QStyleOptionViewItem) -> QRect:
    return QRect(option.rect)  # type: ignore[attr-defined]  # the stubs hide the public members of style options


def _state(option: QStyleOptionViewItem) -> QStyle.StateFlag:
    return cast(QStyle.StateFlag, option.state)  # type: ignore[attr-defined]


def _advance(face: QFont, text: str) -> int:
    return QFontMetrics(face).horizontalAdvance(text)


def _paint_box(painter: QPainter, place: QRect, *, ticked: bool) -> None:
    theme = current_theme()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.color(Role.ACTION if ticked else Role.CONTROL_EDGE))
    painter.setBrush(theme.color(Role.ACTION if ticked else Role.SURFACE))
    painter.drawRoundedRect(place.adjusted(0, 0, -1, -1), 4, 4)
    if ticked:
        pen = painter.pen()
        pen.setColor(theme.color(Role.ON_ACTION))
        pen.setWidthF(1.8)
        painter.setPen(pen)
        left, top = place.left(), place.top()
        painter.drawPolyline(
            [QPoint(left + 3, top + 8), QPoint(left + 6, top + 11), QPoint(left + 12, top + 4)]
        )


def _paint_marks(painter: QPainter, line: QRect, content: RowContent) -> int:
    """Draw the marks before the title and return where it begins."""
    left = line.left()
    for mark in content.marks:
        width = mark_width(mark)
        paint_mark(painter, QRect(left, line.center().y() - _MARK_HEIGHT // 2 + 1, width, _MARK_HEIGHT), mark)
        left += width + 6
    return left


def _paint_end(painter: QPainter, line: QRect, text: str, face: QFont, role: Role) -> int:
    """Draw text at the end of a line and return where the room before it ends."""
    if not text:
        return line.right()
    painter.setFont(face)
    painter.setPen(current_theme().color(role))
    painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    return line.right() - _advance(face, text) - _GAP


def _paint_words(painter: QPainter, place: QRect, text: str, face: QFont, role: Role) -> None:
    painter.setFont(face)
    painter.setPen(current_theme().color(role))
    shown = QFontMetrics(face).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
