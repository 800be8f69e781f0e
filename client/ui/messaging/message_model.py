"""The messages in view as a model: each with what stands on the line above it and whether it goes on from the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from client.messaging.rows import MessageKind, MessageRow
from client.ui.base.language import tr
from client.ui.base.moments import local_day
from client.ui.base.rows import RowRole
from client.ui.messaging.words import day_words, spoken

Index = QModelIndex | QPersistentModelIndex

_RUN_MS = 5 * 60 * 1000  # messages of one person within this need his name only once


@dataclass(frozen=True, slots=True)
class MessageLook:
    """A message as it is drawn."""

    row: MessageRow
    line: str  # what stands on the line above, or nothing
    fresh: bool  # that line is where the news begin
    headed: bool  # with the sender's face and name
    group: bool


def looks_of(rows: Sequence[MessageRow], now_ms: int, *, group: bool, fresh: str = "") -> list[MessageLook]:
    """How these messages look one after the other; `fresh` is the first that was not read when the conversation was opened."""
    looks = []
    before: MessageRow | None = None
    for row in rows:
        turned = before is None or local_day(before.at) != local_day(row.at)
        new = row.id == fresh
        goes_on = (
            not turned
            and not new
            and before is not None
            and before.person == row.person
            and before.kind is not MessageKind.NOTICE
            and not before.recalled
            and row.at - before.at < _RUN_MS
        )
        above = (day_words(row.at, now_ms) if turned else "", tr("New messages") if new else "")
        looks.append(MessageLook(row, " · ".join(filter(None, above)), new, not goes_on, group))
        before = row
    return looks


def first_new(rows: Sequence[MessageRow], place: int, *, at_start: bool) -> str:
    """The id of the first message from a place on; nothing while that is further back than these.

    `at_start`: nothing lies before these. What stood at the place itself need not be a row any more: what could not be
    read may turn out to have been a mark.
    """
    numbers = [row.n for row in rows if row.n is not None]
    if not numbers or (numbers[0] > place and not at_start):
        return ""
    return next((row.id for row in rows if row.n is not None and row.n >= place), "")


class MessageModel(QAbstractListModel):
    """Tells changes in blocks, so that a view keeps its place and selection."""

    def __init__(self, now: Callable[[], int], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._looks: list[MessageLook] = []
        self._group = False
        self._fresh = ""

    @property
    def rows(self) -> tuple[MessageRow, ...]:
        return tuple(look.row for look in self._looks)

    def index_of(self, message: str) -> QModelIndex:
        """Where a message is; invalid when it is not in view."""
        for number, look in enumerate(self._looks):
            if look.row.id == message:
                return self.index(number, 0)
        return QModelIndex()

    def set_rows(self, rows: Sequence[MessageRow], *, group: bool, fresh: str = "") -> None:
        """Show these from now on."""
        self._group, self._fresh = group, fresh
        looks = looks_of(rows, self._now(), group=group, fresh=fresh)
        wanted = {look.row.id for look in looks}
        gone = [n for n, look in enumerate(self._looks) if look.row.id not in wanted]
        for first, last in reversed(list(_runs(gone))):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._looks[first : last + 1]
            self.endRemoveRows()
        kept = {look.row.id for look in self._looks}
        if [look.row.id for look in looks if look.row.id in kept] != [look.row.id for look in self._looks]:
            self.beginResetModel()  # in another order: a pending message has found its place
            self._looks = looks
            self.endResetModel()
            return
        for first, last in _runs([n for n, look in enumerate(looks) if look.row.id not in kept]):
            self.beginInsertRows(QModelIndex(), first, last)
            self._looks[first:first] = looks[first : last + 1]
            self.endInsertRows()
        changed = [n for n, look in enumerate(looks) if look != self._looks[n]]
        for first, last in _runs(changed):
            self._looks[first : last + 1] = looks[first : last + 1]
            self.dataChanged.emit(self.index(first, 0), self.index(last, 0))

    def turn_day(self) -> None:
        """Another day has begun: what was today is yesterday."""
        self.set_rows(self.rows, group=self._group, fresh=self._fresh)

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._looks)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._looks):
            return None
        look = self._looks[index.row()]
        if role == RowRole.CONTENT:
            return look
        if role == RowRole.ROW:
            return look.row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken(look.row, group=look.group, line=look.line)
        return None


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring numbers as first and last."""
    start: int | None = None
    for place, number in enumerate(numbers):
        if start is None:
            start = number
        if place + 1 == len(numbers) or numbers[place + 1] != number + 1:
            yield start, number
            start = None
