"""公文: the boxes at the left, a draft or a document at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.documents.rows import Beginning, Box, DocumentRow, DraftRow
from client.ui.base.change_batch import ChangeBatch
from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import wall_ms
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.window_state import WindowState
from client.ui.documents.begin_page import BeginPage
from client.ui.documents.box_list import BoxList
from client.ui.documents.compose import ComposePage
from client.ui.documents.document import DocumentPage
from client.ui.documents.opinion_box import OpinionBox
from client.ui.documents.services import Boxes, Circulation, Drafting, Reader
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.notice_strip import NoticedStack
from client.ui.widgets.panes import TwoPane

_LAST_BOX = "documents.box"


class DocumentsPage(QWidget):
    """Reads again whenever documents changed, and stays where it is.

    Signals: `counted` (dict[Box, int]), `today_read` (tuple of DocumentRow).
    """

    counted = Signal(object)
    today_read = Signal(object)

    def __init__(
        self,
        boxes: Boxes,
        drafting: Drafting,
        reader: Reader,
        circulating: Circulation,
        runner: CoreRunner,
        state: WindowState | None,
        parent: QWidget | None = None,
        *,
        now: Callable[[], int] = wall_ms,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Documents"))
        self._boxes = boxes
        self._drafting = drafting
        self._reader = reader
        self._runner = runner
        self._state = state
        self._holders: dict[str, str] = {}
        self._changes = ChangeBatch(self)
        self._changes.due.connect(lambda _all: self._refresh())
        self._list = BoxList(now, self)
        self._compose = ComposePage(drafting, runner, now, state, self)
        self._document = DocumentPage(reader, circulating, runner, state, self)
        self._begin = BeginPage(circulating, runner, self)
        self._empty = EmptyState(
            Icon.DOCUMENTS,
            tr("Choose a document"),
            tr("Its pages, its way and what you can do appear here."),
            tr("Write a document"),
        )
        self._lay_out(state)
        self._connect()
        if state is not None:
            last = state.value(_LAST_BOX, Box.WAITING.value)
            self._list.choose_box(Box(last) if last in tuple(Box) else Box.WAITING)

    def _lay_out(self, state: WindowState | None) -> None:
        self._stack = NoticedStack(self._empty, self._compose, self._begin, self._document, parent=self)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(TwoPane(self._list, self._stack, "documents", state, self))

    def _connect(self) -> None:
        self._list.new_asked.connect(self.new_document)
        self._list.beginning_asked.connect(self.new_matter)
        self._list.box_chosen.connect(self._on_box_chosen)
        self._list.searched.connect(lambda _words: self._read_rows())
        self._list.opened.connect(self._on_opened)
        self._empty.acted.connect(self.new_document)
        self._begin.begun.connect(self._on_sent)
        self._begin.left.connect(self._go_back)
        self._compose.sent.connect(self._on_sent)
        self._compose.discarded.connect(self._on_discarded)
        self._compose.saved.connect(lambda _row: self._read_lists())
        self._document.acted.connect(lambda _id: self._read_all())
        self._document.revise_asked.connect(self._on_revise)
        self._document.copy_asked.connect(self._on_copy)

    @property
    def opinions(self) -> OpinionBox:
        """Where opinions are written, of all documents."""
        return self._document.opinions

    def show_notice(self, notice: Notice) -> None:
        self._stack.show_notice(notice)

    def clear_notice(self) -> None:
        self._stack.clear_notice()

    def refresh(self) -> None:
        """Read counts, rows and the document in view again, once for a burst; nothing half typed is lost."""
        self._changes.add()

    def _refresh(self) -> None:
        self._read_all().finished.connect(self._changes.done)
        if self._stack.shows(self._document):
            self._document.refresh()

    def show_document(self, object_id: str) -> None:
        """Open a document: from a box, from today, from a notification."""
        self._compose.leave()
        self.clear_notice()
        self._list.choose(object_id)
        self._document.show_document(object_id, self._holders.get(object_id, ""))
        self._stack.show_page(self._document)
        Operation(
            self,
            self._runner,
            lambda: self._boxes.mark_opened(object_id),
            on_success=lambda _none: self._read_lists(),
        )

    def leave(self) -> None:
        """The store is about to close: what is half typed is finished, and the draft goes to disk now."""
        self._document.opinions.finish_composing()
        self._compose.leave()

    def new_document(self) -> None:
        """Begin a new draft."""
        self.clear_notice()
        Operation(self, self._runner, self._drafting.new, on_success=self._on_new)

    def new_matter(self, beginning: Beginning) -> None:
        """Begin a matter of the site's own."""
        self._compose.leave()
        self.clear_notice()
        self._list.choose("")
        self._begin.show_beginning(beginning)
        self._stack.show_page(self._begin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self._stack.shows(self._empty):
            self._go_back()
            return
        if event.key() == Qt.Key.Key_N and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.new_document()
            return
        super().keyPressEvent(event)

    def _go_back(self) -> None:
        self._compose.leave()
        self._stack.show_page(self._empty)
        self._list.list.setFocus()

    # Reading

    def _read_all(self) -> Operation[tuple[DocumentRow, ...]]:
        """The last of the readings."""
        self._read_lists()
        Operation(self, self._runner, self._reader.beginnings, on_success=self._list.set_beginnings)
        return Operation(self, self._runner, self._boxes.today, on_success=self._on_today)

    def _read_lists(self) -> None:
        Operation(self, self._runner, self._boxes.counts, on_success=self._on_counts)
        self._read_rows()

    def _read_rows(self) -> None:
        box, query = self._list.box, self._list.query
        Operation(
            self,
            self._runner,
            lambda: self._boxes.rows(box, query),
            on_success=lambda rows: self._on_rows(box, query, rows),
        )

    def _on_counts(self, counts: dict[Box, int]) -> None:
        self._list.set_counts(counts)
        self.counted.emit(counts)

    def _on_rows(self, box: Box, query: str, rows: tuple[DocumentRow, ...]) -> None:
        self._remember(rows)
        if (box, query) == (self._list.box, self._list.query):
            self._list.set_rows(rows)

    def _on_today(self, rows: tuple[DocumentRow, ...]) -> None:
        self._remember(rows)
        self.today_read.emit(rows)

    def _remember(self, rows: tuple[DocumentRow, ...]) -> None:
        for row in rows:
            self._holders[row.id] = row.holder
        if self._document.document in self._holders:
            self._document.set_holder(self._holders[self._document.document])

    # What the user does

    def _on_box_chosen(self, box: Box) -> None:
        if self._state is not None:
            self._state.set_value(_LAST_BOX, box.value)
        self._read_rows()

    def _on_opened(self, row: DocumentRow) -> None:
        if (row.box or self._list.box) is not Box.DRAFTS:
            self.show_document(row.id)
            return
        self.clear_notice()
        if self._compose.draft == row.id:
            self._stack.show_page(self._compose)
        else:
            Operation(self, self._runner, lambda: self._drafting.get(row.id), on_success=self._show_draft)

    def _on_new(self, row: DraftRow) -> None:
        self._list.choose_box(Box.DRAFTS)
        self._show_draft(row)
        self._read_lists()

    def _show_draft(self, row: DraftRow) -> None:
        self._stack.show_page(self._compose)
        self._compose.show_draft(row)
        self._list.choose(row.id)

    def _on_revise(self, case: str) -> None:
        Operation(self, self._runner, lambda: self._drafting.revise(case), on_success=self._on_new)

    def _on_copy(self, case: str) -> None:
        Operation(self, self._runner, lambda: self._drafting.copy(case), on_success=self._on_new)

    def _on_sent(self, case: str) -> None:
        self.show_document(case)
        self.refresh()

    def _on_discarded(self) -> None:
        self._go_back()
        self.refresh()
