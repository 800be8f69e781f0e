"""One list of what waits, with its title; nothing at all while nothing waits in it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QStyledItemDelegate

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.rows import RowContent, RowsModel
from client.ui.widgets.list_view import ListView
from client.ui.widgets.menu import MenuEntry
from client.ui.widgets.panes import Column
from client.ui.widgets.row_delegate import TWO_LINES
from client.ui.widgets.text import Text, TextKind

_FRAME = 4
_BETWEEN = 16
RowT = TypeVar("RowT")


class Section(Generic[RowT]):
    """As high as its rows, so that the next follows; the page is shared when several are long."""

    def __init__(
        self,
        column: Column,
        title: str,
        key: Callable[[RowT], Hashable],
        content: Callable[[RowT], RowContent],
    ) -> None:
        self._title = Text(title, TextKind.SECTION)
        self._title.setContentsMargins(0, _BETWEEN, 0, 0)
        self.list = ListView(title, framed=True)
        self._rows: RowsModel[RowT] = RowsModel(self.list, key=key, content=content)
        self.list.setModel(self._rows)
        self.list.menu_for = lambda row: [MenuEntry(tr("Open"), lambda: self.list.opened.emit(row), Icon.EYE)]
        column.add(self._title)
        column.add(self.list, 1)
        self.set_rows(())

    def draw_with(self, delegate: Callable[[ListView], QStyledItemDelegate]) -> None:
        """Rows of this kind have a look of their own."""
        self.list.setItemDelegate(delegate(self.list))

    @property
    def count(self) -> int:
        return self._rows.rowCount()

    def set_rows(self, rows: tuple[RowT, ...]) -> None:
        self._rows.set_rows(rows)
        for widget in (self._title, self.list):
            widget.setVisible(bool(rows))
        self.list.setMaximumHeight(len(rows) * max(self.list.sizeHintForRow(0), TWO_LINES) + _FRAME)
        self.list.viewport().update()
