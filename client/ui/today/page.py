"""今日: what waits for me, each one click from done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from client.directory.rows import PendingMember
from client.documents.rows import DocumentRow
from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import wall_ms
from client.ui.base.rows import RowContent, RowsModel
from client.ui.documents.row_look import DocumentDelegate, row_content
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.list_view import ListView
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, PageHeader
from client.ui.widgets.row_delegate import TWO_LINES
from client.ui.widgets.text import Text, TextKind

_FRAME = 4
_BETWEEN = 16


def _content(member: PendingMember) -> RowContent:
    title = (
        tr("A new device of yours waits for your consent")
        if member.mine
        else tr("A member waits for your confirmation")
    )
    return RowContent(title=title, detail=f"{member.device_label} · {member.principal_name}", unread=True)


class TodayPage(QWidget):
    """Documents and confirmations that wait; meetings join them as their area comes.

    Signals: `counted` (how many things wait), `member_opened` (PendingMember), `document_opened` (object id).
    """

    counted = Signal(int)
    member_opened = Signal(object)
    document_opened = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, now: Callable[[], int] = wall_ms) -> None:
        super().__init__(parent)
        self._notice = NoticeBar(self)
        self.list = ListView(tr("Waiting for me"), framed=True)
        self._members: RowsModel[PendingMember] = RowsModel(
            self, key=lambda member: (member.principal, member.device), content=_content
        )
        self.list.setModel(self._members)
        self.list.opened.connect(self.member_opened)
        self.documents = ListView(tr("Documents waiting for me"), framed=True)
        self.documents.setItemDelegate(DocumentDelegate(self.documents))
        self._documents: RowsModel[DocumentRow] = RowsModel(
            self, key=lambda row: row.id, content=lambda row: row_content(row, None, now())
        )
        self.documents.setModel(self._documents)
        self.documents.opened.connect(lambda row: self.document_opened.emit(row.id))
        self._empty = EmptyState(
            Icon.TODAY,
            tr("Nothing waits for you today"),
            tr("Documents to act on, confirmations and meetings appear here."),
        )
        self._lay_out()
        self._show()

    def _lay_out(self) -> None:
        self._waiting = Column(margin=0, spacing=8, ground="clear")
        self._document_title = Text(tr("Documents waiting for me"), TextKind.SECTION)
        self._member_title = Text(tr("Waiting for me"), TextKind.SECTION)
        self._member_title.setContentsMargins(0, _BETWEEN, 0, 0)
        self._waiting.add(self._document_title)
        self._waiting.add(self.documents, 1)
        self._waiting.add(self._member_title)
        self._waiting.add(self.list, 1)
        self._waiting.add_stretch()
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._waiting)
        self._stack.addWidget(self._empty)
        column = Column(margin=32, spacing=16, ground="clear")
        column.add(PageHeader(tr("Today")))
        column.add(self._notice)
        column.add(self._stack, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(column)

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def set_members(self, members: tuple[PendingMember, ...]) -> None:
        self._members.set_rows(members)
        self._show()

    def set_documents(self, rows: tuple[DocumentRow, ...]) -> None:
        """What waits for me, in the order given: urgent first."""
        self._documents.set_rows(rows)
        self._show()

    def _show(self) -> None:
        documents, members = self._documents.rowCount(), self._members.rowCount()
        for view, title, rows in (
            (self.documents, self._document_title, documents),
            (self.list, self._member_title, members),
        ):
            title.setVisible(bool(rows))
            view.setVisible(bool(rows))
            # As high as its rows, so that the second list follows the first; the page is shared when both are long.
            view.setMaximumHeight(rows * TWO_LINES + _FRAME)
        self._stack.setCurrentWidget(self._waiting if documents or members else self._empty)
        self.counted.emit(documents + members)
