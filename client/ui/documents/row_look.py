"""How a document's row looks: its title on the first line; state, who has it and when on the second."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from client.documents.rows import Box, DocumentRow
from client.ui.base.language import tr
from client.ui.base.moments import deadline_words, when_words
from client.ui.base.rows import RowContent
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.documents.words import row_mark, urgency_mark
from client.ui.widgets.chip import mark_width, paint_mark
from client.ui.widgets.row_delegate import RowDelegate

_HEIGHT = 20
_GAP = 8
_LEAST_DETAIL = 48  # less room than for two characters and an ellipsis says nothing


def row_content(row: DocumentRow, box: Box | None, now_ms: int) -> RowContent:
    """A document in a list."""
    urgent = urgency_mark(row.urgency)
    marks = (row_mark(row, box),) if urgent is None else (urgent, row_mark(row, box))
    who = row.origin if box in (Box.INCOMING, Box.RECEIVED) else row.holder
    parts = [part for part in (who, row.number) if part]
    return RowContent(
        title=row.title or tr("Without a title"),
        detail=" · ".join(parts),
        when=when_words(row.updated_at, now_ms),
        unread=row.unread,
        marks=marks,
        deadline=None if row.deadline is None else deadline_words(row.deadline, now_ms),
    )


def short_title(title: str) -> str:
    """A title as a narrow line shows it: whoever issued it is said elsewhere, so it begins with 关于."""
    at = title.find("关于")
    return title[at:] if at > 0 and title[at - 1] not in "《“〈" else title


class DocumentDelegate(RowDelegate):
    """Titles of documents are long: the state and the time leave the first line to them."""

    def _paint_two_lines(self, painter: QPainter, room: QRect, content: RowContent) -> None:
        filled = tuple(mark for mark in content.marks if mark.filled)
        title = short_title(content.title)
        first = replace(content, title=title, detail="", when="", deadline=None, marks=filled)
        super()._paint_two_lines(painter, room, first)
        line = QRect(room.left(), room.top() + 37, room.width(), _HEIGHT)
        left = line.left()
        for mark in content.marks:
            if not mark.filled:
                width = mark_width(mark)
                paint_mark(painter, QRect(left, line.top(), width, _HEIGHT), mark)
                left += width + _GAP
        face, role, text = font(TextSize.SECONDARY), Role.INK_3, content.when
        if content.deadline is not None:
            face, role = font(TextSize.SECONDARY, bold=True), content.deadline.tone.text
            text = content.deadline.text
        painter.setFont(face)
        painter.setPen(current_theme().color(role))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        end = line.right() - QFontMetrics(face).horizontalAdvance(text) - _GAP
        self._paint_detail(painter, QRect(left, line.top(), max(end - left, 0), _HEIGHT), content.detail)

    def _paint_detail(self, painter: QPainter, place: QRect, detail: str) -> None:
        face = font(TextSize.SECONDARY)
        painter.setFont(face)
        painter.setPen(current_theme().color(Role.INK_2))
        if place.width() < _LEAST_DETAIL:
            return
        shown = QFontMetrics(face).elidedText(detail, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
