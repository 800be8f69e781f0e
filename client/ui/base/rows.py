"""Models over frozen rows: what changed is told row by row, so that views keep their selection and place."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from client.ui.base.theme import Tone

T = TypeVar("T")
Index = QModelIndex | QPersistentModelIndex


class RowRole(IntEnum):
    """Item roles of row models beside Qt's own."""

    CONTENT = Qt.ItemDataRole.UserRole + 1  # what to draw: RowContent, RouteSeal, …
    ROW = Qt.ItemDataRole.UserRole + 2  # the frozen row itself


@dataclass(frozen=True, slots=True)
class Mark:
    """A word with a meaning: 急件, 已签发, 今天 17:00 前."""

    text: str
    tone: Tone = Tone.NEUTRAL
    filled: bool = False  # 特急/加急 only


@dataclass(frozen=True, slots=True)
class RowContent:
    """What a two-line row shows: what it is; then who, where it stands; when."""

    title: str
    detail: str = ""
    when: str = ""
    unread: bool = False
    marks: tuple[Mark, ...] = ()
    deadline: Mark | None = None
    avatar: str = ""  # a person's name, for the disc; empty: no disc

    def spoken(self) -> str:
        """The row as a screen reader says it."""
        words = [m.text for m in self.marks] + [
            self.title,
            self.detail,
            self.deadline.text if self.deadline else "",
        ]
        return " ".join(w for w in (*words, self.when) if w)


class RowsModel(QAbstractTableModel, Generic[T]):
    """One column of frozen rows; `key` names a row for ever, `content` says how it looks.

    `set_rows` removes, moves in and updates single rows instead of resetting. With `checkable` each row has a box
    and `checked()` lists the keys ticked.
    """

    def __init__(
        self,
        parent: QObject | None,
        *,
        key: Callable[[T], Hashable],
        content: Callable[[T], Any],
        rows: Sequence[T] = (),
        checkable: bool = False,
    ) -> None:
        super().__init__(parent)
        self._key = key
        self._content = content
        self._rows: list[T] = list(rows)
        self._checkable = checkable
        self._checked: set[Hashable] = set()

    @property
    def rows(self) -> tuple[T, ...]:
        return tuple(self._rows)

    def row_at(self, index: Index) -> T | None:
        """The frozen row under an index."""
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def index_of(self, key: Hashable) -> QModelIndex:
        """Where the row of that key is; invalid when it is not there."""
        for number, row in enumerate(self._rows):
            if self._key(row) == key:
                return self.index(number, 0)
        return QModelIndex()

    def set_rows(self, rows: Sequence[T]) -> None:
        """Show these rows from now on."""
        wanted = [self._key(row) for row in rows]
        self._remove_missing(set(wanted))
        for place, row in enumerate(rows):
            self._put(place, row, wanted[place])
        self._checked &= set(wanted)

    def checked(self) -> tuple[Hashable, ...]:
        """Keys of the ticked rows, in the order of the rows."""
        return tuple(k for k in map(self._key, self._rows) if k in self._checked)

    def set_checked(self, keys: Sequence[Hashable]) -> None:
        self._checked = set(keys)
        if self._rows:
            last = self.index(len(self._rows) - 1, 0)
            self.dataChanged.emit(self.index(0, 0), last, [Qt.ItemDataRole.CheckStateRole])

    def _remove_missing(self, wanted: set[Hashable]) -> None:
        for number in range(len(self._rows) - 1, -1, -1):
            if self._key(self._rows[number]) not in wanted:
                self.beginRemoveRows(QModelIndex(), number, number)
                del self._rows[number]
                self.endRemoveRows()

    def _put(self, place: int, row: T, key: Hashable) -> None:
        if place < len(self._rows) and self._key(self._rows[place]) == key:
            if self._rows[place] != row:
                self._rows[place] = row
                self.dataChanged.emit(self.index(place, 0), self.index(place, 0))
            return
        was = next((n for n in range(place + 1, len(self._rows)) if self._key(self._rows[n]) == key), None)
        if was is None:
            self.beginInsertRows(QModelIndex(), place, place)
            self._rows.insert(place, row)
            self.endInsertRows()
            return
        self.beginMoveRows(QModelIndex(), was, was, QModelIndex(), place)
        del self._rows[was]
        self._rows.insert(place, row)
        self.endMoveRows()
        self.dataChanged.emit(self.index(place, 0), self.index(place, 0))

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_at(index)
        if row is None:
            return None
        if role == RowRole.ROW:
            return row
        if role == Qt.ItemDataRole.CheckStateRole and self._checkable:
            ticked = self._key(row) in self._checked
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if role in (RowRole.CONTENT, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            content = self._content(row)
            if role == RowRole.CONTENT:
                return content
            return content.title if role == Qt.ItemDataRole.DisplayRole else content.spoken()
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self.row_at(index)
        if row is None or not self._checkable or role != Qt.ItemDataRole.CheckStateRole:
            return False
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self._checked.add(self._key(row))
        else:
            self._checked.discard(self._key(row))
        self.dataChanged.emit(index, index, [role])
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.row_at(index) is None:
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsUserCheckable if self._checkable else flags
