"""今日: what waits for me, each one click from done."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from client.directory.rows import PendingMember
from client.documents.rows import DocumentRow
from client.meetings.rows import MeetingRow, MeetingStanding
from client.messaging.rows import ConversationRow
from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import wall_ms
from client.ui.base.rows import Mark, RowContent
from client.ui.base.theme import Tone
from client.ui.documents.row_look import DocumentDelegate, row_content
from client.ui.meetings.hours import is_soon
from client.ui.meetings.words import meeting_content
from client.ui.messaging.words import conversation_content
from client.ui.today.section import Section
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, PageHeader


def _content(member: PendingMember) -> RowContent:
    title = (
        tr("A new device of yours waits for your consent")
        if member.mine
        else tr("A member waits for your confirmation")
    )
    return RowContent(title=title, detail=f"{member.device_label} · {member.principal_name}", unread=True)


def _today(row: MeetingRow, now_ms: int) -> bool:
    """On now, or still to come on this day."""
    day = datetime.datetime.fromtimestamp
    same_day = day(row.starts_at / 1000).date() == day(now_ms / 1000).date()
    return row.standing is MeetingStanding.NOW or (row.standing is MeetingStanding.COMING and same_day)


def _meeting(row: MeetingRow, now_ms: int) -> RowContent:
    """As in the list of meetings, and whether it is time to go in."""
    content = meeting_content(row, now_ms)
    if row.standing is MeetingStanding.NOW:
        return replace(content, deadline=Mark(tr("Join"), Tone.ACTION))
    if is_soon(row, now_ms):
        return replace(content, deadline=Mark(tr("Begins soon"), Tone.WAITING))
    return content


class TodayPage(QWidget):
    """Signals: `counted` (how many things wait), `member_opened` (PendingMember), `document_opened` (object id), `meeting_opened`
    (id), `conversation_opened` (id).
    """

    counted = Signal(int)
    member_opened = Signal(object)
    document_opened = Signal(str)
    meeting_opened = Signal(str)
    conversation_opened = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, now: Callable[[], int] = wall_ms) -> None:
        super().__init__(parent)
        self._now = now
        self._notice = NoticeBar(self)
        self._waiting = Column(margin=0, spacing=8, ground="clear")
        self._documents: Section[DocumentRow] = Section(
            self._waiting,
            tr("Documents waiting for me"),
            lambda row: row.id,
            lambda row: row_content(row, None, now()),
        )
        self._documents.draw_with(DocumentDelegate)
        self._meetings: Section[MeetingRow] = Section(
            self._waiting, tr("Meetings today"), lambda row: row.id, lambda row: _meeting(row, now())
        )
        self._conversations: Section[ConversationRow] = Section(
            self._waiting,
            tr("Unread messages"),
            lambda row: row.id,
            lambda row: conversation_content(row, now()),
        )
        self._members: Section[PendingMember] = Section(
            self._waiting, tr("Waiting for me"), lambda member: (member.principal, member.device), _content
        )
        self._waiting.add_stretch()
        self._documents.list.opened.connect(lambda row: self.document_opened.emit(row.id))
        self._meetings.list.opened.connect(lambda row: self.meeting_opened.emit(row.id))
        self._conversations.list.opened.connect(lambda row: self.conversation_opened.emit(row.id))
        self._members.list.opened.connect(self.member_opened)
        self._empty = EmptyState(
            Icon.TODAY,
            tr("Nothing waits for you today"),
            tr("Documents to act on, meetings, unread messages and confirmations appear here."),
        )
        self._lay_out()
        self._show()

    def _lay_out(self) -> None:
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

    def set_meetings(self, rows: tuple[MeetingRow, ...]) -> None:
        """All there are; those of today are shown, the next first."""
        today = [row for row in rows if _today(row, self._now())]
        self._meetings.set_rows(tuple(sorted(today, key=lambda row: row.starts_at)))
        self._show()

    def set_conversations(self, rows: tuple[ConversationRow, ...]) -> None:
        """All there are; those with something unread are shown."""
        self._conversations.set_rows(tuple(row for row in rows if row.unread))
        self._show()

    def _show(self) -> None:
        sections = (self._documents, self._meetings, self._conversations, self._members)
        count = sum(section.count for section in sections)
        self._stack.setCurrentWidget(self._waiting if count else self._empty)
        self.counted.emit(count)
