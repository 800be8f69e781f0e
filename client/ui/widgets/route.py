"""The route of a document: a vertical line of seals, who did what and when, verified or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from client.ui.base.language import tr
from client.ui.base.rows import RowRole, RowsModel
from client.ui.base.theme import Role, TextSize, Tone, current_theme, font

_SEAL: Final = 18
_LEFT: Final = 16
_TEXT: Final = _LEFT + _SEAL + 12
_LINE: Final = 21
_PADDING: Final = 8


class SealState(StrEnum):
    """How far a step is to be believed."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    PENDING = "pending"  # done here, on its way to the server
    REFUSED = "refused"
    WAITING = "waiting"  # not done yet: whose turn it is


@dataclass(frozen=True, slots=True)
class RouteSeal:
    """One seal: `who` is "市发改委 文秘科 · 王芳", `what` the step, `opinion` what was written."""

    key: str
    who: str
    what: str
    when: str
    opinion: str = ""
    state: SealState = SealState.VERIFIED
    note: str = ""
    facts: str = ""  # what it shows besides, a line each

    @property
    def title(self) -> str:
        return self.what

    def spoken(self) -> str:
        words = (self.what, self.who, self.when, state_words(self.state), self.facts, self.opinion, self.note)
        return " ".join(w for w in words if w)


_TONES: Final = {
    SealState.VERIFIED: Tone.DONE,
    SealState.UNVERIFIED: Tone.SEAL,
    SealState.PENDING: Tone.WAITING,
    SealState.REFUSED: Tone.SEAL,
    SealState.WAITING: Tone.NEUTRAL,
}


def state_words(state: SealState) -> str:
    """A word for each state: colour alone says nothing."""
    return {
        SealState.VERIFIED: tr("verified"),
        SealState.UNVERIFIED: tr("not verified"),
        SealState.PENDING: tr("on its way"),
        SealState.REFUSED: tr("refused"),
        SealState.WAITING: tr("waiting"),
    }[state]


class RouteDelegate(QStyledItemDelegate):
    """Heights follow the words: opinions are shown whole, however long."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, index: Any) -> QSize:
        width = self._view.viewport().width()
        seal: RouteSeal = index.data(RowRole.CONTENT)
        height = _PADDING * 2 + sum(rect.height() for _t, _f, _r, rect in _lines(seal, width))
        return QSize(max(width, 160), height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        seal: RouteSeal = index.data(RowRole.CONTENT)
        rect = QRect(option.rect)  # type: ignore[attr-defined]  # hidden by the stubs
        painter.save()
        if index == self._view.currentIndex() and self._view.hasFocus():
            painter.fillRect(rect, current_theme().color(Role.HOVER))
        last = index.row() == index.model().rowCount() - 1
        _paint_thread(painter, rect, first=index.row() == 0, last=last)
        _paint_seal(painter, QRect(rect.left() + _LEFT, rect.top() + _PADDING + 2, _SEAL, _SEAL), seal.state)
        for text, face, role, place in _lines(seal, rect.width()):
            painter.setFont(face)
            painter.setPen(current_theme().color(role))
            painter.drawText(place.translated(rect.topLeft()), _FLAGS, text)
        painter.restore()


_FLAGS: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWrapAnywhere)


def _lines(seal: RouteSeal, width: int) -> list[tuple[str, QFont, Role, QRect]]:
    """Each text of a seal with its place, from the top of the row."""
    small, strong = font(TextSize.SECONDARY), font(bold=True)
    tone = _TONES[seal.state]
    parts = [
        (f"{seal.what}  ·  {state_words(seal.state)}", strong, Role.INK if tone is Tone.DONE else tone.text),
        (seal.who, small, Role.INK_2),
        (seal.when, small, Role.INK_3),
        (seal.facts, font(), Role.INK),
        (seal.opinion, font(), Role.INK),
        (seal.note, small, tone.text),
    ]
    found, top, room = [], _PADDING, max(width - _TEXT - 12, 80)
    for text, face, role in parts:
        if text:
            needed = QFontMetrics(face).boundingRect(QRect(0, 0, room, 10_000), _FLAGS, text).height()
            height = max(needed, _LINE)
            found.append((text, face, role, QRect(_TEXT, top, room, height)))
            top += height
    return found


def _paint_thread(painter: QPainter, rect: QRect, *, first: bool, last: bool) -> None:
    painter.setPen(QPen(current_theme().color(Role.EDGE), 2))
    middle = rect.left() + _LEFT + _SEAL // 2
    seal_middle = rect.top() + _PADDING + 2 + _SEAL // 2
    top = seal_middle if first else rect.top()
    painter.drawLine(QPoint(middle, top), QPoint(middle, seal_middle if last else rect.bottom() + 1))


def _paint_seal(painter: QPainter, place: QRect, state: SealState) -> None:
    """A square seal: filled with a tick when verified, with a stroke when not, hollow while it waits."""
    theme = current_theme()
    colour = theme.color(_TONES[state].text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    filled = state in (SealState.VERIFIED, SealState.UNVERIFIED, SealState.REFUSED)
    painter.setPen(
        QPen(colour, 2, Qt.PenStyle.DashLine if state is SealState.PENDING else Qt.PenStyle.SolidLine)
    )
    painter.setBrush(colour if filled else theme.color(Role.SURFACE))
    painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 3, 3)
    painter.setPen(QPen(theme.color(Role.SURFACE), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    left, top = place.left(), place.top()
    if state is SealState.VERIFIED:
        painter.drawPolyline(
            [QPoint(left + 5, top + 9), QPoint(left + 8, top + 12), QPoint(left + 13, top + 6)]
        )
    elif filled:
        painter.drawLine(QPoint(left + 6, top + 6), QPoint(left + 12, top + 12))
        painter.drawLine(QPoint(left + 12, top + 6), QPoint(left + 6, top + 12))


class RouteTimeline(QListView):
    """The seals of a document from the first to the next."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setItemDelegate(RouteDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setTabKeyNavigation(False)
        self._seals: RowsModel[RouteSeal] = RowsModel(self, key=lambda s: s.key, content=lambda s: s)
        self.setModel(self._seals)
        current_theme().changed.connect(self.viewport().update)

    def set_steps(self, seals: Sequence[RouteSeal]) -> None:
        """Show this route."""
        self._seals.set_rows(seals)
        self.scheduleDelayedItemsLayout()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()
