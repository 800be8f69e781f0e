"""Where everything of a message goes in a row of some width: measured once, for the height and for the painting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QTextLayout, QTextOption

from client.messaging.rows import Delivery, MessageKind, MessageRow
from client.ui.base.errors import code_notice
from client.ui.base.language import tr
from client.ui.base.theme import TextSize, font
from client.ui.messaging.message_model import MessageLook
from client.ui.messaging.words import (
    clock_words,
    delivery_words,
    folded,
    is_folded,
    message_words,
    quote_words,
    unvouched_words,
)

SIDE: Final = 20
DISC: Final = 36
TEXT_LEFT: Final = SIDE + DISC + 12
LINE: Final = 40
HEAD: Final = 22
FOOT: Final = 20
QUOTE: Final = 24
CARD_HEIGHT: Final = 60
CARD_WIDTH: Final = 300
PADDING: Final = 10
_LINE: Final = 1.5
_MEASURE: Final = 640  # longer lines are tiring to read
_OLD: Final = 600  # layouts kept


@dataclass(frozen=True, slots=True)
class Placed:
    """Rectangles are relative to the row's top left corner; empty ones are not there."""

    height: int
    line: QRect  # between days, and above what is new
    disc: QRect
    head: QRect
    bubble: QRect
    quote: QRect
    text: QTextLayout | None
    text_at: QPointF
    file: QRect
    foot: QRect
    foot_words: str
    link: QRect  # what can be clicked in the foot
    link_words: str


def is_note(row: MessageRow) -> bool:
    """Whether a message is a line in the middle: somebody came, went, or took something back."""
    return row.kind is MessageKind.NOTICE or row.recalled


def set_text(
    text: str, width: float, face: QFont, *, centred: bool = False
) -> tuple[QTextLayout, float, float]:
    """Lines of text no wider than `width`, with how wide and high they are."""
    layout = QTextLayout(text.replace("\r\n", "\n").replace("\n", "\u2028"), face)
    option = QTextOption(Qt.AlignmentFlag.AlignHCenter if centred else Qt.AlignmentFlag.AlignLeft)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    step, top, widest = face.pixelSize() * _LINE, 0.0, 0.0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        line.setPosition(QPointF(0, top + (step - line.height()) / 2))
        widest = max(widest, line.naturalTextWidth())
        top += step
    layout.endLayout()
    return layout, widest, top


class MessageLayout:
    """Measures messages; what was measured for this width is kept."""

    def __init__(self) -> None:
        self._width = 0
        self._kept: dict[str, tuple[MessageLook, Placed]] = {}

    def place(self, look: MessageLook, width: int) -> Placed:
        """Where the parts of a message are in a row of this width."""
        if width != self._width:
            self._width = width
            self._kept.clear()
        known = self._kept.get(look.row.id)
        if known is not None and known[0] == look:
            return known[1]
        if len(self._kept) >= _OLD:
            del self._kept[next(iter(self._kept))]
        placed = _note(look, width) if is_note(look.row) else _message(look, width)
        self._kept[look.row.id] = (look, placed)
        return placed


def _line(look: MessageLook, width: int) -> QRect:
    return QRect(0, 0, width, LINE) if look.line else QRect()


def _note(look: MessageLook, width: int) -> Placed:
    line = _line(look, width)
    layout, _widest, high = set_text(
        folded(message_words(look.row)), width - 4 * SIDE, font(TextSize.SECONDARY), centred=True
    )
    top = line.height() + 8
    return Placed(
        height=round(top + high + 8),
        line=line,
        disc=QRect(),
        head=QRect(),
        bubble=QRect(),
        quote=QRect(),
        text=layout,
        text_at=QPointF(2 * SIDE, top),
        file=QRect(),
        foot=QRect(),
        foot_words="",
        link=QRect(),
        link_words="",
    )


def _message(look: MessageLook, width: int) -> Placed:
    row, line = look.row, _line(look, width)
    top = line.height() + (12 if look.headed else 3)
    disc = head = QRect()
    if look.headed and not row.mine:
        disc = QRect(SIDE, top, DISC, DISC)
        head = QRect(TEXT_LEFT, top, width - TEXT_LEFT - SIDE, HEAD)
        top += HEAD
    left_end = min(2 * TEXT_LEFT, width // 6) if row.mine else TEXT_LEFT
    is_file = row.kind is MessageKind.FILE and row.file is not None and row.unreadable is None
    card = is_file and row.reply is None  # a card of mine is its own bubble
    inset = PADDING if row.mine and not card else 0
    above = 8 if row.mine and not card else 2
    room = max(min(width - left_end - SIDE - 2 * inset, _MEASURE), 120)
    layout, wide, high = None, float(min(CARD_WIDTH, room)), float(CARD_HEIGHT)
    if not is_file:
        layout, wide, high = set_text(folded(message_words(row)), room, font())
    if row.reply is not None:
        wide = max(wide, min(_quote_width(row), room))
    inner_width, inner_top = int(wide) + 1, top + (0 if row.mine and card else above)
    left = width - SIDE - inset - inner_width if row.mine else TEXT_LEFT
    quote = QRect()
    at = inner_top
    if row.reply is not None:
        quote = QRect(left, at, inner_width, QUOTE)
        at += QUOTE + 4
    file = QRect(left, at, inner_width, CARD_HEIGHT) if is_file else QRect()
    end = round(at + high) + (0 if row.mine and card else above)
    bubble = QRect()
    if row.mine:
        bubble = QRect(left - inset, top, inner_width + 2 * inset, end - top)
    words, link_words = _foot_words(look), _link_words(row)
    foot = link = QRect()
    if words or link_words:
        foot, link = _place_foot(row, words, link_words, width, end + 2)
        end += FOOT + 2
    return Placed(
        height=max(end, disc.bottom()) + 3,
        line=line,
        disc=disc,
        head=head,
        bubble=bubble,
        quote=quote,
        text=layout,
        text_at=QPointF(left, at),
        file=file,
        foot=foot,
        foot_words=words,
        link=link,
        link_words=link_words,
    )


def _quote_width(row: MessageRow) -> float:
    if row.reply is None:
        return 0
    return QFontMetrics(font(TextSize.SECONDARY)).horizontalAdvance(quote_words(row.reply)) + 24.0


def _foot_words(look: MessageLook) -> str:
    """Under mine: when and how far it got; under others' that it was edited. Under all: that the device is doubtful."""
    row = look.row
    parts = [unvouched_words()] if row.unvouched else []
    parts += [tr("Edited")] if row.edited else []
    if row.mine:
        parts = [clock_words(row.at), *parts, delivery_words(row, group=look.group)]
        if row.delivery is Delivery.REFUSED and row.refusal is not None:
            parts.append(code_notice(row.refusal).what)
    return " · ".join(parts)


def _link_words(row: MessageRow) -> str:
    if row.mine and row.delivery is Delivery.REFUSED:
        return tr("Try again")
    if row.file is not None and row.file.progress is not None:
        return tr("Cancel")
    if row.file is not None and row.unreadable is None and not row.mine:
        return tr("Save file as…")
    return tr("Show all") if is_folded(row) else ""


def _place_foot(row: MessageRow, words: str, link_words: str, width: int, top: int) -> tuple[QRect, QRect]:
    """The words of the foot, and what can be clicked after them."""
    face = QFontMetrics(font(TextSize.SECONDARY))
    link_wide = face.horizontalAdvance(link_words) + 12 if link_words else 0
    room = width - SIDE - TEXT_LEFT - link_wide
    wide = min(face.horizontalAdvance(words) + 2, room) if words else 0
    left = width - SIDE - wide - link_wide if row.mine else TEXT_LEFT
    foot = QRect(left, top, wide, FOOT)
    link = QRect(left + wide + (10 if wide else 0), top, link_wide, FOOT) if link_words else QRect()
    return foot, link
