"""Lists of frozen rows: two-line rows, Enter and click open, right click offers what may be done."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QItemSelection, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStackedWidget, QWidget

from client.ui.base.passing_time import passing_time
from client.ui.base.rows import RowRole, RowsModel
from client.ui.base.theme import current_theme
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.menu import MenuEntry, pop_up
from client.ui.widgets.row_delegate import RowDelegate

MenuFor = Callable[[Any], Sequence[MenuEntry]]


class ListView(QListView):
    """A list with an accessible name.

    Set `menu_for` to offer a right-click menu for a row.
    Signals: `opened` (the frozen row; Enter or a click), `chosen` (the row now selected, or None).
    """

    opened = Signal(object)
    chosen = Signal(object)

    def __init__(
        self, name: str, parent: QWidget | None = None, *, compact: bool = False, framed: bool = False
    ) -> None:
        super().__init__(parent)
        self.menu_for: MenuFor | None = None
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("framed", framed)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.set_compact(compact)
        self.customContextMenuRequested.connect(self._on_menu_asked)
        self.clicked.connect(self._on_opened)
        current_theme().changed.connect(self.viewport().update)
        passing_time().minute.connect(self.viewport().update)

    def set_compact(self, compact: bool) -> None:
        """One line a row instead of two."""
        self.setItemDelegate(RowDelegate(self, compact=compact))

    def choose(self, key: Hashable) -> bool:
        """Select the row of that key, without opening it."""
        model = self.model()
        index = model.index_of(key) if isinstance(model, RowsModel) else QModelIndex()
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
        if event.key() == Qt.Key.Key_Menu and self.currentIndex().isValid():
            self._on_menu_asked(self.visualRect(self.currentIndex()).center())
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


class ListPane(QStackedWidget):
    """A list, or what an empty list says."""

    def __init__(self, view: QAbstractItemView, empty: EmptyState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("ground", "surface")
        self._view = view
        self.empty = empty
        self.addWidget(view)
        self.addWidget(empty)
        model = view.model()
        if model is None:
            raise ValueError("give the list its model first")
        self._model: QAbstractItemModel = model
        for changed in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self, *_where: object) -> None:
        self.setCurrentIndex(0 if self._model.rowCount() else 1)
