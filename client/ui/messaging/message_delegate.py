"""Draws messages: mine in bubbles, those of others plain with face and post, a line between days."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QTextLayout
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from client.messaging.rows import Delivery, FileRow, MessageRow
from client.ui.base.icons import Icon
from client.ui.base.moments import size_words
from client.ui.base.rows import RowRole
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.messaging.message_layout import MessageLayout, Placed, is_note
from client.ui.messaging.message_model import MessageLook
from client.ui.messaging.words import clock_words, quote_words
from client.ui.widgets.avatar import paint_avatar

Index = QModelIndex | QPersistentModelIndex

_RADIUS = 6
_ICON = 24
_START = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class MessageDelegate(QStyledItemDelegate):
    """Rows of MessageLook."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view
        self._layout = MessageLayout()
        self.found = ""  # the message a search or a quotation has led to

    def placed(self, index: Index) -> Placed | None:
        """Where the parts of a row are."""
        look = index.data(RowRole.CONTENT)
        if not isinstance(look, MessageLook):
            return None
        return self._layout.place(look, self._view.viewport().width())

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        placed = self.placed(index)
        return QSize(120, 0 if placed is None else placed.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, placed = index.data(RowRole.CONTENT), self.placed(index)
        if placed is None or not isinstance(look, MessageLook):
            return
        rect = QRect(option.rect)  # type: ignore[attr-defined]  # the stubs hide the public members of style options
        state = cast(QStyle.StateFlag, option.state)  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.topLeft())
        _paint_ground(painter, rect, placed, state, found=look.row.id == self.found)
        if look.line:
            _paint_line(painter, placed.line, look.line, fresh=look.fresh)
        _paint_parts(painter, look, placed)
        painter.restore()


def _paint_ground(
    painter: QPainter, rect: QRect, placed: Placed, state: QStyle.StateFlag, *, found: bool
) -> None:
    theme = current_theme()
    whole = QRect(0, placed.line.height(), rect.width(), rect.height() - placed.line.height())
    if found or state & QStyle.StateFlag.State_Selected:
        painter.fillRect(whole, theme.color(Role.SELECTION))
    if found:
        painter.fillRect(QRect(0, whole.top(), 3, whole.height()), theme.color(Role.ACTION))
    if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
        painter.setPen(theme.color(Role.ACTION))
        painter.drawRect(whole.adjusted(1, 1, -2, -2))


def _paint_line(painter: QPainter, place: QRect, words: str, *, fresh: bool) -> None:
    theme, face = current_theme(), font(TextSize.SECONDARY)
    wide = QFontMetrics(face).horizontalAdvance(words) + 32
    middle = place.center().y() + 4
    painter.setPen(theme.color(Role.SEAL if fresh else Role.EDGE))
    half = (place.width() - wide) // 2
    painter.drawLine(QPoint(20, middle), QPoint(half, middle))
    painter.drawLine(QPoint(half + wide, middle), QPoint(place.width() - 20, middle))
    painter.setFont(face)
    painter.setPen(theme.color(Role.SEAL if fresh else Role.INK_3))
    painter.drawText(place.translated(0, 4), Qt.AlignmentFlag.AlignCenter, words)


def _paint_parts(painter: QPainter, look: MessageLook, placed: Placed) -> None:
    theme, row = current_theme(), look.row
    if not placed.disc.isEmpty():
        paint_avatar(painter, placed.disc, row.sender)
        _paint_head(painter, placed.head, row)
    if not placed.bubble.isEmpty():
        refused = row.delivery is Delivery.REFUSED
        painter.setPen(theme.color(Role.SEAL if refused else Role.EDGE))
        painter.setBrush(theme.color(Role.SEAL_TINT if refused else Role.ACTION_TINT))
        painter.drawRoundedRect(placed.bubble.adjusted(0, 0, -1, -1), _RADIUS, _RADIUS)
    if not placed.quote.isEmpty():
        _paint_quote(painter, placed.quote, row)
    if row.file is not None and not placed.file.isEmpty():
        _paint_file(painter, placed.file, row.file, framed=placed.file != placed.bubble)
    if placed.text is not None:
        role = Role.INK_3 if is_note(row) else Role.WAITING if row.unreadable is not None else Role.INK
        _draw_text(painter, placed.text, placed.text_at, theme.color(role))
    _paint_foot(painter, placed, row)


def _paint_head(painter: QPainter, place: QRect, row: MessageRow) -> None:
    theme, bold, small = current_theme(), font(TextSize.SECONDARY, bold=True), font(TextSize.SECONDARY)
    painter.setFont(bold)
    painter.setPen(theme.color(Role.INK))
    name = QFontMetrics(bold).elidedText(row.sender, Qt.TextElideMode.ElideRight, place.width() // 2)
    painter.drawText(place, _START, name)
    rest = place.adjusted(QFontMetrics(bold).horizontalAdvance(name) + 8, 0, 0, 0)
    clock = clock_words(row.at)
    painter.setFont(small)
    painter.setPen(theme.color(Role.INK_3))
    metrics = QFontMetrics(small)
    end = metrics.horizontalAdvance(clock) + 8
    post = metrics.elidedText(row.post, Qt.TextElideMode.ElideRight, max(rest.width() - end, 0))
    painter.setPen(theme.color(Role.INK_2))
    painter.drawText(rest, _START, post)
    painter.setPen(theme.color(Role.INK_3))
    left = metrics.horizontalAdvance(post) + 8 if post else 0
    painter.drawText(rest.adjusted(left, 0, 0, 0), _START, clock)


def _paint_quote(painter: QPainter, place: QRect, row: MessageRow) -> None:
    if row.reply is None:
        return
    theme, face = current_theme(), font(TextSize.SECONDARY)
    painter.fillRect(
        QRect(place.left(), place.top() + 2, 3, place.height() - 4), theme.color(Role.CONTROL_EDGE)
    )
    words = quote_words(row.reply)
    line = place.adjusted(10, 0, 0, 0)
    painter.setFont(face)
    painter.setPen(theme.color(Role.INK_2))
    painter.drawText(
        line, _START, QFontMetrics(face).elidedText(words, Qt.TextElideMode.ElideRight, line.width())
    )


def _paint_file(painter: QPainter, place: QRect, file: FileRow, *, framed: bool) -> None:
    theme = current_theme()
    if framed:
        painter.setPen(theme.color(Role.EDGE))
        painter.setBrush(theme.color(Role.SURFACE))
        painter.drawRoundedRect(place.adjusted(0, 0, -1, -1), _RADIUS, _RADIUS)
    icon = QRect(place.left() + 12, place.top() + (place.height() - _ICON) // 2, _ICON, _ICON)
    theme.icon(Icon.FILE).paint(painter, icon)
    words = place.adjusted(48, 8, -12, -8)
    face, small = font(), font(TextSize.SECONDARY)
    painter.setFont(face)
    painter.setPen(theme.color(Role.INK))
    name = QFontMetrics(face).elidedText(file.name, Qt.TextElideMode.ElideMiddle, words.width())
    painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, name)
    painter.setFont(small)
    painter.setPen(theme.color(Role.INK_2))
    below = size_words(file.size)
    if file.progress is not None:
        below = f"{file.progress // 10} % · {below}"
        bar = QRect(place.left() + 1, place.bottom() - 4, place.width() - 2, 3)
        painter.fillRect(bar, theme.color(Role.NEUTRAL_TINT))
        bar.setWidth(bar.width() * max(0, min(file.progress, 1000)) // 1000)
        painter.fillRect(bar, theme.color(Role.ACTION))
    painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, below)


def _draw_text(painter: QPainter, layout: QTextLayout, at: QPointF, colour: QColor) -> None:
    painter.setPen(colour)
    layout.draw(painter, at)


def _paint_foot(painter: QPainter, placed: Placed, row: MessageRow) -> None:
    theme, face = current_theme(), font(TextSize.SECONDARY)
    painter.setFont(face)
    if placed.foot_words:
        refused = row.mine and row.delivery is Delivery.REFUSED
        role = Role.SEAL_TEXT if refused else Role.WAITING if row.unvouched else Role.INK_3
        painter.setPen(theme.color(role))
        words = QFontMetrics(face).elidedText(
            placed.foot_words, Qt.TextElideMode.ElideRight, placed.foot.width() + 2
        )
        painter.drawText(placed.foot, _START, words)
    if placed.link_words:
        painter.setPen(theme.color(Role.ACTION))
        painter.drawText(placed.link, _START, placed.link_words)
