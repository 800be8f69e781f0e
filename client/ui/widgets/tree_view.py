"""The organisation's tree: icons, a quiet second word after each name, what was open stays open."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from PySide6.QtCore import QItemSelection, QModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from client.ui.base.icons import ICON_SIZE
from client.ui.base.rows import RowContent, RowRole
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.base.tree import TreeRowsModel
from client.ui.widgets.list_view import MenuFor
from client.ui.widgets.menu import pop_up

_HEIGHT = 36


class TreeDelegate(QStyledItemDelegate):
    """Draws the detail of a row after its name, in the room that is left."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Any) -> QSize:
        return QSize(120, _HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        super().paint(painter, option, index)
        content = index.data(RowRole.CONTENT)
        if not isinstance(content, RowContent) or not content.detail:
            return
        rect = QRect(option.rect)  # type: ignore[attr-defined]  # hidden by the stubs
        taken = QFontMetrics(font()).horizontalAdvance(content.title) + ICON_SIZE + 28
        room = rect.adjusted(taken, 0, -8, 0)
        face = font(TextSize.SECONDARY)
        painter.save()
        painter.setFont(face)
        painter.setPen(current_theme().color(Role.INK_3))
        shown = QFontMetrics(face).elidedText(
            content.detail, Qt.TextElideMode.ElideRight, max(room.width(), 0)
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.restore()


class TreeView(QTreeView):
    """A tree with an accessible name, over a TreeRowsModel.

    Set `menu_for` to offer a right-click menu for a row.
    Signals: `opened` (the frozen row; Enter or a click), `chosen` (the row now selected, or None).
    """

    opened = Signal(object)
    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.menu_for: MenuFor | None = None
        self._open_keys: set[Hashable] = set()
        self._current_key: Hashable = None
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHeaderHidden(True)
        self.setIndentation(20)
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self.setMouseTracking(True)
        self.setUniformRowHeights(True)
        self.setItemDelegate(TreeDelegate(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setExpandsOnDoubleClick(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu_asked)
        self.clicked.connect(self._on_opened)
        current_theme().changed.connect(self.viewport().update)

    def show_model(self, model: TreeRowsModel[Any], *, depth: int = 1) -> None:
        """Show a model, open down to `depth`; what the user opens stays open when the rows change."""
        self.setModel(model)
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._restore)
        self.expandToDepth(depth - 1)

    def choose(self, key: Hashable) -> bool:
        """Select the row of that key and open the way to it."""
        model = self.model()
        index = model.index_of(key) if isinstance(model, TreeRowsModel) else QModelIndex()
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)
        return index.isValid()

    def current_row(self) -> Any:
        return self.currentIndex().data(RowRole.ROW) if self.currentIndex().isValid() else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._on_opened(self.currentIndex())
            return
        super().keyPressEvent(event)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        indexes = self.selectedIndexes()
        self.chosen.emit(indexes[0].data(RowRole.ROW) if indexes else None)

    def _on_opened(self, index: QModelIndex) -> None:
        self.opened.emit(index.data(RowRole.ROW))

    def _on_menu_asked(self, place: QPoint) -> None:
        index = self.indexAt(place)
        if index.isValid() and self.menu_for is not None:
            pop_up(self.menu_for(index.data(RowRole.ROW)), self, self.viewport().mapToGlobal(place))

    def _remember(self) -> None:
        model = self.model()
        if isinstance(model, TreeRowsModel):
            self._open_keys = {model.key_at(index) for index in _all_indexes(model) if self.isExpanded(index)}
            self._current_key = model.key_at(self.currentIndex()) if self.currentIndex().isValid() else None

    def _restore(self) -> None:
        model = self.model()
        if isinstance(model, TreeRowsModel):
            for key in self._open_keys:
                self.expand(model.index_of(key))
            if self._current_key is not None:
                self.choose(self._current_key)


def _all_indexes(model: TreeRowsModel[Any]) -> list[QModelIndex]:
    found, waiting = [], [QModelIndex()]
    while waiting:
        above = waiting.pop()
        for row in range(model.rowCount(above)):
            index = model.index(row, 0, above)
            found.append(index)
            waiting.append(index)
    return found
