"""今日: what waits for me, each one click from done."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.directory.rows import PendingMember
from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.rows import RowContent, RowsModel
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.list_view import ListPane, ListView
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, PageHeader


def _content(member: PendingMember) -> RowContent:
    title = (
        tr("A new device of yours waits for your consent")
        if member.mine
        else tr("A member waits for your confirmation")
    )
    return RowContent(title=title, detail=f"{member.device_label} · {member.principal_name}", unread=True)


class TodayPage(QWidget):
    """Waiting confirmations now; documents and meetings join them as their areas come.

    Signals: `counted` (how many things wait), `member_opened` (PendingMember).
    """

    counted = Signal(int)
    member_opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notice = NoticeBar(self)
        self.list = ListView(tr("Waiting for me"))
        self._model: RowsModel[PendingMember] = RowsModel(
            self, key=lambda member: (member.principal, member.device), content=_content
        )
        self.list.setModel(self._model)
        self.list.opened.connect(self.member_opened)
        empty = EmptyState(
            Icon.TODAY,
            tr("Nothing waits for you today"),
            tr("Documents to act on, confirmations and meetings appear here."),
        )
        column = Column(margin=32, spacing=16, ground="clear")
        column.add(PageHeader(tr("Today")))
        column.add(self._notice)
        column.add(ListPane(self.list, empty), 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(column)

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def set_members(self, members: tuple[PendingMember, ...]) -> None:
        self._model.set_rows(members)
        self.counted.emit(len(members))
