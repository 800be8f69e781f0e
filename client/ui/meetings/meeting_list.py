"""The left column: a new meeting, the search, and the meetings: those of now first, then what comes, then what is over."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.meetings.rows import MeetingRow, MeetingStanding
from client.ui.base.clipboard import copy_text
from client.ui.base.icons import Icon
from client.ui.base.language import tr, with_keys
from client.ui.base.rows import RowsModel
from client.ui.base.tips import set_tip
from client.ui.meetings.words import invitation, meeting_content
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.list_view import ListPane, ListView
from client.ui.widgets.menu import MenuEntry
from client.ui.widgets.nothing_found import nothing_found
from client.ui.widgets.search_field import SearchField
from client.ui.widgets.text import Line

_ORDER = (MeetingStanding.NOW, MeetingStanding.COMING, MeetingStanding.OVER)


def in_order(rows: tuple[MeetingRow, ...]) -> tuple[MeetingRow, ...]:
    """What is on now, then the nearest to come, then the latest that is over."""

    def place(row: MeetingRow) -> tuple[int, int]:
        late = -row.starts_at if row.standing is MeetingStanding.OVER else row.starts_at
        return _ORDER.index(row.standing), late

    return tuple(sorted(rows, key=place))


class MeetingList(QWidget):
    """Signals: `searched` (words), `opened` (MeetingRow), `new_asked`, `join_asked` (id), `again_asked` (conversation)."""

    searched = Signal(str)
    opened = Signal(object)
    new_asked = Signal()
    join_asked = Signal(str)
    again_asked = Signal(str)

    def __init__(self, now: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._new = SecondaryButton(tr("Call a meeting"), Icon.PLUS, self)
        set_tip(self._new, with_keys(tr("Call a meeting"), "Ctrl+N"))
        self._new.clicked.connect(self.new_asked)
        self._search = SearchField(tr("Names of meetings"), self)
        self._search.searched.connect(self.searched)
        self.list = ListView(tr("Meetings"), self)
        self.model: RowsModel[MeetingRow] = RowsModel(
            self, key=lambda row: row.id, content=lambda row: meeting_content(row, now())
        )
        self.list.setModel(self.model)
        self.list.opened.connect(self.opened)
        self.list.menu_for = self._menu
        self._empty = EmptyState(Icon.MEETINGS, *_empty_words())
        head = QVBoxLayout()
        head.setContentsMargins(16, 16, 16, 12)
        head.setSpacing(8)
        head.addWidget(self._search)
        head.addWidget(self._new)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Line(self))
        column.addWidget(ListPane(self.list, self._empty), 1)

    @property
    def query(self) -> str:
        return self._search.text().strip()

    def set_rows(self, rows: tuple[MeetingRow, ...]) -> None:
        """The selection stays on its meeting."""
        self.model.set_rows(in_order(rows))
        self.list.viewport().update()
        if self.query:
            self._empty.set_words(*nothing_found(self.query, tr("No meeting has this name.")))
        else:
            self._empty.set_words(*_empty_words())

    def _menu(self, row: MeetingRow) -> list[MenuEntry]:
        entries = [MenuEntry(tr("Open"), lambda: self.opened.emit(row), Icon.MEETINGS)]
        if row.standing is MeetingStanding.OVER:
            words, act, icon = tr("Call another meeting"), self.again_asked, Icon.PLUS
            return [*entries, MenuEntry(words, lambda: act.emit(row.conversation), icon)]
        entries.append(MenuEntry(tr("Join"), lambda: self.join_asked.emit(row.id), Icon.CAMERA))
        return [*entries, MenuEntry(tr("Copy the invitation"), lambda: copy_invitation(row), Icon.COPY)]

    def choose(self, meeting: str) -> None:
        if not meeting or not self.list.choose(meeting):
            self.list.clearSelection()


def copy_invitation(row: MeetingRow) -> None:
    """Onto the clipboard."""
    copy_text(invitation(row))


def _empty_words() -> tuple[str, str]:
    return tr("No meetings yet"), tr("Call one now, or for a day to come.")
