"""The left column: a new draft, the search, the boxes with their counts, and the rows of one box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.documents.rows import Beginning, Box, DocumentRow
from client.ui.base.clipboard import copy_text
from client.ui.base.icons import Icon
from client.ui.base.language import tr, with_keys
from client.ui.base.rows import RowContent, RowsModel
from client.ui.base.tips import set_tip
from client.ui.documents.row_look import DocumentDelegate, row_content
from client.ui.documents.words import box_words, empty_words
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.list_view import ListPane, ListView
from client.ui.widgets.menu import MenuEntry, pop_up
from client.ui.widgets.nothing_found import nothing_found
from client.ui.widgets.row_delegate import ONE_LINE
from client.ui.widgets.search_field import SearchField
from client.ui.widgets.text import Line

_WHOLE = 300  # so wide that the search's words and the button's stand side by side
_LOUD = (Box.WAITING, Box.INCOMING)  # these counts want something of me


@dataclass(frozen=True, slots=True)
class BoxCount:
    """A box and how many wait in it."""

    box: Box
    count: int


def _content(row: BoxCount) -> RowContent:
    count = str(row.count) if row.count else ""
    return RowContent(title=box_words(row.box), when=count, unread=bool(row.count) and row.box in _LOUD)


def _copy(text: str) -> None:
    copy_text(text)


class BoxList(QWidget):
    """Signals: `box_chosen` (Box), `searched` (words), `opened` (DocumentRow), `new_asked`, `beginning_asked` (Beginning)."""

    box_chosen = Signal(object)
    searched = Signal(str)
    opened = Signal(object)
    new_asked = Signal()
    beginning_asked = Signal(object)

    def __init__(self, now: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._box = Box.WAITING
        self._beginnings: tuple[Beginning, ...] = ()
        self._new = SecondaryButton(tr("Draft"), Icon.COMPOSE, self)
        set_tip(self._new, with_keys(tr("New draft"), "Ctrl+N"))
        self._new.clicked.connect(self._on_new)
        self._search = SearchField(tr("Search all boxes"), self)
        self._search.searched.connect(self.searched)
        self._boxes = ListView(tr("Boxes"), self, compact=True)
        self._box_rows: RowsModel[BoxCount] = RowsModel(
            self, key=lambda row: row.box, content=_content, rows=[BoxCount(box, 0) for box in Box]
        )
        self._boxes.setModel(self._box_rows)
        self._boxes.setFixedHeight(len(Box) * ONE_LINE + 4)
        self._boxes.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list = ListView(tr("Documents in the box"), self)
        self.list.setItemDelegate(DocumentDelegate(self.list))
        self._rows: RowsModel[DocumentRow] = RowsModel(self, key=lambda row: row.id, content=self._content)
        self.list.setModel(self._rows)
        self.list.opened.connect(self.opened)
        self.list.menu_for = self._menu
        self._empty = EmptyState(Icon.INBOX, *empty_words(self._box))
        self._lay_out()
        self._boxes.choose(self._box)
        self._boxes.chosen.connect(self._on_chosen)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 16, 16, 8)
        head.setSpacing(8)
        head.addWidget(self._search, 1)
        head.addWidget(self._new)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._boxes)
        column.addSpacing(8)
        column.addWidget(Line(self))
        column.addWidget(ListPane(self.list, self._empty), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the search keeps its words, and the button its drawing."""
        super().resizeEvent(event)
        self._new.set_bare(self.width() < _WHOLE)

    def _content(self, row: DocumentRow) -> RowContent:
        """A hit says in which box it lies; in its own box a row need not."""
        if not self.query:
            return row_content(row, self._box, self._now())
        content = row_content(row, row.box, self._now())
        where = box_words(row.box) if row.box is not None else ""
        return replace(content, detail=" · ".join(part for part in (content.detail, where) if part))

    @property
    def box(self) -> Box:
        return self._box

    @property
    def query(self) -> str:
        return self._search.text().strip()

    def set_beginnings(self, beginnings: tuple[Beginning, ...]) -> None:
        """What can be begun besides a draft; with nothing else the button begins one at once."""
        if beginnings == self._beginnings:
            return
        self._beginnings = beginnings
        words = tr("New") if beginnings else tr("Draft")
        self._new.set_bare(False)
        self._new.setText(words)
        self._new.setAccessibleName(words)
        set_tip(
            self._new,
            with_keys(tr("A draft or another matter") if beginnings else tr("New draft"), "Ctrl+N"),
        )
        self._new.set_bare(self.width() < _WHOLE)

    def _on_new(self) -> None:
        if not self._beginnings:
            self.new_asked.emit()
            return
        entries = [MenuEntry(tr("Official document"), self.new_asked.emit, Icon.COMPOSE)]
        entries += [
            MenuEntry(each.called, lambda each=each: self.beginning_asked.emit(each), Icon.DOCUMENTS)  # type: ignore[misc]
            for each in self._beginnings
        ]
        pop_up(entries, self._new, self._new.mapToGlobal(self._new.rect().bottomLeft()))

    def choose_box(self, box: Box) -> None:
        """Turn to a box as a click on it does."""
        self._boxes.choose(box)

    def set_counts(self, counts: dict[Box, int]) -> None:
        self._box_rows.set_rows([BoxCount(box, counts.get(box, 0)) for box in Box])

    def set_rows(self, rows: tuple[DocumentRow, ...]) -> None:
        """Rows of the chosen box; the selection stays on its document."""
        self._rows.set_rows(rows)
        self.list.viewport().update()
        if self.query:
            self._empty.set_words(
                *nothing_found(self.query, tr("No document in any box matches the search."))
            )
        else:
            self._empty.set_words(*empty_words(self._box))

    def choose(self, document_id: str) -> None:
        """Mark the row of a document, if it is in view."""
        if not self.list.choose(document_id):
            self.list.clearSelection()

    def _menu(self, row: DocumentRow) -> list[MenuEntry]:
        entries = [
            MenuEntry(tr("Open"), lambda: self.opened.emit(row), Icon.DOCUMENTS),
            MenuEntry(tr("Copy title"), lambda: _copy(row.title), Icon.COPY, enabled=bool(row.title)),
        ]
        if row.number:
            entries.append(MenuEntry(tr("Copy number"), lambda: _copy(row.number), Icon.COPY))
        return entries

    def _on_chosen(self, row: BoxCount | None) -> None:
        if row is not None and row.box is not self._box:
            self._box = row.box
            # One turns to a box to see what lies in it, not to search there.
            self._search.clear()
            self._search.search_now()
            self._rows.set_rows(())
            self.box_chosen.emit(row.box)
