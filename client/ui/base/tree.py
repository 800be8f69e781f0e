"""A tree model over frozen rows that name their parent; used for the organisation."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from client.ui.base.icons import Icon
from client.ui.base.rows import RowContent, RowRole
from client.ui.base.theme import current_theme

T = TypeVar("T")
Index = QModelIndex | QPersistentModelIndex


@dataclass(slots=True)
class _Node(Generic[T]):
    key: Hashable
    row: T | None
    parent: _Node[T] | None
    place: int = 0
    children: list[_Node[T]] = field(default_factory=list)


class TreeRowsModel(QAbstractItemModel, Generic[T]):
    """`parent_key` gives the key of the row above, or None at the top; rows whose parent is not there stand at the top."""

    def __init__(
        self,
        parent: QObject | None,
        *,
        key: Callable[[T], Hashable],
        parent_key: Callable[[T], Hashable | None],
        content: Callable[[T], RowContent],
        rows: Sequence[T] = (),
        icon: Callable[[T], Icon] | None = None,
    ) -> None:
        super().__init__(parent)
        self._key = key
        self._parent_key = parent_key
        self._content = content
        self._icon = icon
        self._root: _Node[T] = _Node(None, None, None)
        self._nodes: dict[Hashable, _Node[T]] = {}
        self._rows: tuple[T, ...] = ()
        self._build(rows)

    @property
    def rows(self) -> tuple[T, ...]:
        return self._rows

    def set_rows(self, rows: Sequence[T]) -> None:
        """Show these rows from now on; nothing happens when they are the same."""
        if tuple(rows) == self._rows:
            return
        self.beginResetModel()
        self._build(rows)
        self.endResetModel()

    def row_at(self, index: Index) -> T | None:
        return self._node(index).row if index.isValid() else None

    def key_at(self, index: Index) -> Hashable:
        return self._node(index).key

    def index_of(self, key: Hashable) -> QModelIndex:
        node = self._nodes.get(key)
        return self.createIndex(node.place, 0, node) if node is not None else QModelIndex()

    def _build(self, rows: Sequence[T]) -> None:
        self._rows = tuple(rows)
        self._root = _Node(None, None, None)
        self._nodes = {self._key(row): _Node(self._key(row), row, None) for row in rows}
        for row in rows:
            node = self._nodes[self._key(row)]
            above = self._nodes.get(self._parent_key(row), self._root)
            node.parent, node.place = above, len(above.children)
            above.children.append(node)

    def _node(self, index: Index) -> _Node[T]:
        node: _Node[T] = index.internalPointer() if index.isValid() else self._root
        return node

    # Qt's side

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008  Qt's own default
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._node(parent).children[row])

    def parent(self, index: Index | None = None) -> Any:  # QObject.parent() and the model's share a name
        if index is None:
            return super().parent()
        above = self._node(index).parent if index.isValid() else None
        if above is None or above is self._root:
            return QModelIndex()
        return self.createIndex(above.place, 0, above)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 0 if parent.column() > 0 else len(self._node(parent).children)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_at(index)
        if row is None:
            return None
        if role == RowRole.ROW:
            return row
        if role == Qt.ItemDataRole.DecorationRole:
            return current_theme().icon(self._icon(row)) if self._icon is not None else None
        if role in (RowRole.CONTENT, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            content = self._content(row)
            if role == RowRole.CONTENT:
                return content
            return content.title if role == Qt.ItemDataRole.DisplayRole else content.spoken()
        return None
