"""How a document's row looks: its title on two lines; below it state, number, who has it and when."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QTextLayout
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from client.documents.rows import Box, DocumentRow
from client.ui.base.language import tr
from client.ui.base.moments import deadline_words, when_words
from client.ui.base.rows import RowContent
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.documents.words import row_mark, urgency_mark
from client.ui.widgets.chip import mark_width, paint_mark
from client.ui.widgets.row_delegate import TWO_LINES, Index, RowDelegate

_BETWEEN = " · "
_MARGIN = 16
_TOP = 8
_LINE = 21
_HEIGHT = 20
_GAP = 8
_LEAST_DETAIL = 48  # less room than for two characters and an ellipsis says nothing


def row_content(row: DocumentRow, box: Box | None, now_ms: int) -> RowContent:
    """A document in a list."""
    urgent = urgency_mark(row.urgency)
    marks = (row_mark(row, box),) if urgent is None else (urgent, row_mark(row, box))
    who = row.origin if box in (Box.INCOMING, Box.RECEIVED) else row.holder
    parts = [part for part in (row.number, who) if part]
    return RowContent(
        title=row.title or tr("Without a title"),
        detail=_BETWEEN.join(parts),
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
    """What identifies a document is never cut: its title has two lines, its number comes first below them."""

    def __init__(self, parent: QWidget, *, title_lines: int = 2) -> None:
        super().__init__(parent)
        self._lines = title_lines

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(120, TWO_LINES + (self._lines - 1) * _LINE)

    def is_cut(self, content: RowContent, width: int) -> bool:
        room = _Room(content, width - 2 * _MARGIN, self._lines)
        return room.title_cut or room.detail != content.detail or not room.when

    def _paint_two_lines(self, painter: QPainter, room: QRect, content: RowContent) -> None:
        fitted, theme = _Room(content, room.width(), self._lines), current_theme()
        left, top = room.left(), room.top() + _TOP
        for mark in content.marks:
            if mark.filled:
                width = mark_width(mark)
                paint_mark(painter, QRect(left, top + 2, width, _HEIGHT), mark)
                left += width + _GAP
        painter.setFont(fitted.face)
        painter.setPen(theme.color(Role.INK))
        for number, words in enumerate(fitted.title):
            start = left if number == 0 else room.left()
            place = QRect(start, top + number * _LINE, room.right() - start, _LINE)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        line = QRect(room.left(), top + self._lines * _LINE + 4, room.width(), _HEIGHT)
        self._paint_facts(painter, line, content, fitted)

    @staticmethod
    def _paint_facts(painter: QPainter, line: QRect, content: RowContent, fitted: _Room) -> None:
        theme, left = current_theme(), line.left()
        for mark in content.marks:
            if not mark.filled:
                width = mark_width(mark)
                paint_mark(painter, QRect(left, line.top(), width, _HEIGHT), mark)
                left += width + _GAP
        across = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(TextSize.SECONDARY))
        painter.setPen(theme.color(Role.INK_2))
        painter.drawText(
            line.adjusted(left - line.left(), 0, 0, 0), Qt.AlignmentFlag.AlignLeft | across, fitted.detail
        )
        painter.setFont(fitted.end_face)
        painter.setPen(theme.color(content.deadline.tone.text if content.deadline else Role.INK_3))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | across, fitted.when)


class _Room:
    """The words of a row as a width has room for them: the number whole, then the time, then who has it."""

    def __init__(self, content: RowContent, width: int, lines: int) -> None:
        self.face = font(TextSize.BODY, bold=content.unread)
        self.end_face = font(TextSize.SECONDARY, bold=content.deadline is not None)
        tags = sum(mark_width(mark) + _GAP for mark in content.marks if mark.filled)
        title = short_title(content.title)
        self.title, self.title_cut = _wrapped(title, self.face, width, width - tags, lines)
        chips = sum(mark_width(mark) + _GAP for mark in content.marks if not mark.filled)
        self.detail, self.when = self._facts(content, width - chips)

    def _facts(self, content: RowContent, width: int) -> tuple[str, str]:
        small, end = QFontMetrics(font(TextSize.SECONDARY)), QFontMetrics(self.end_face)
        when = content.deadline.text if content.deadline is not None else content.when
        number = content.detail.split(_BETWEEN)[0] if "〕" in content.detail.split(_BETWEEN)[0] else ""
        left = width - end.horizontalAdvance(when) - _GAP
        if small.horizontalAdvance(number) > left:
            return small.elidedText(number, Qt.TextElideMode.ElideRight, width), ""
        detail = small.elidedText(content.detail, Qt.TextElideMode.ElideRight, left)
        if left < _LEAST_DETAIL or (number and not detail.startswith(number)):
            detail = number
        return detail, when


def _wrapped(text: str, face: QFont, width: int, first: int, lines: int) -> tuple[tuple[str, ...], bool]:
    """Text over one or two lines of a width, the first one narrower; and whether the last had to be cut."""
    layout = QTextLayout(text, face)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(max(first, 1))
    layout.endLayout()
    if line.textLength() >= len(text):
        return (text,), False
    taken = line.textLength() if lines > 1 else 0
    rest = text[taken:].lstrip()
    shown = QFontMetrics(face).elidedText(rest, Qt.TextElideMode.ElideRight, width if taken else first)
    return (text[:taken].rstrip(), shown)[0 if taken else 1 :], shown != rest
