"""The left column: a new conversation, the search, the conversations, and the messages a search has found."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.core.letters import is_searchable
from client.messaging.rows import ConversationRow, MessageRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr, with_keys
from client.ui.base.rows import RowContent, RowsModel
from client.ui.base.tips import set_tip
from client.ui.messaging.words import conversation_content, found_content
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.list_view import ListPane, ListView
from client.ui.widgets.menu import MenuEntry
from client.ui.widgets.nothing_found import nothing_found
from client.ui.widgets.row_delegate import TWO_LINES
from client.ui.widgets.search_field import SearchField
from client.ui.widgets.text import Line, Text, TextKind

_MOST_NAMES = 4  # rows high above the messages found; the rest is scrolled to
_UNLIMITED = 16_777_215  # Qt's own


class ConversationList(QWidget):
    """Signals: `searched` (words), `opened` (ConversationRow), `found_opened` (MessageRow), `new_asked`,
    `meeting_asked` (conversation)."""

    searched = Signal(str)
    opened = Signal(object)
    found_opened = Signal(object)
    new_asked = Signal()
    meeting_asked = Signal(str)

    def __init__(self, now: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self.setProperty("ground", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._new = SecondaryButton(tr("Start a conversation"), Icon.COMPOSE, self)
        set_tip(self._new, with_keys(tr("Start a conversation"), "Ctrl+N"))
        self._new.clicked.connect(self.new_asked)
        self._search = SearchField(tr("Names and messages"), self)
        self._search.searched.connect(self.searched)
        self.list = ListView(tr("Conversations"), self)
        self._rows: RowsModel[ConversationRow] = RowsModel(
            self, key=lambda row: row.id, content=lambda row: conversation_content(row, self._now())
        )
        self.list.setModel(self._rows)
        self.list.opened.connect(self.opened)
        self.list.menu_for = lambda row: [
            MenuEntry(tr("Open"), lambda: self.opened.emit(row), Icon.MESSAGES),
            MenuEntry(tr("Call a meeting"), lambda: self.meeting_asked.emit(row.id), Icon.MEETINGS),
        ]
        self._empty = EmptyState(Icon.MESSAGES, *_empty_words())
        self._found_title = Text(tr("Messages found"), TextKind.LABEL, self)
        self._found_title.setContentsMargins(16, 8, 16, 4)
        self.found = ListView(tr("Messages found"), self)
        self._titles: dict[str, str] = {}
        self._query = ""
        self._indexing = False
        self._found: RowsModel[MessageRow] = RowsModel(
            self, key=lambda row: row.id, content=self._found_content
        )
        self.found.setModel(self._found)
        self.found.opened.connect(self.found_opened)
        self.found.menu_for = lambda row: [
            MenuEntry(tr("Open"), lambda: self.found_opened.emit(row), Icon.MESSAGES)
        ]
        self._lay_out()
        self.set_found("", ())

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(16, 16, 16, 12)
        head.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._search, 1)
        head.addLayout(row)
        head.addWidget(self._new)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Line(self))
        self._pane = ListPane(self.list, self._empty)
        column.addWidget(self._pane, 1)
        column.addWidget(self._found_title)
        column.addWidget(self.found, 1)

    @property
    def query(self) -> str:
        return self._search.text().strip()

    def set_rows(self, rows: tuple[ConversationRow, ...]) -> None:
        """Conversations, the latest first; the selection stays on its conversation."""
        self._rows.set_rows(rows)
        self._titles.update({row.id: row.title for row in rows})
        self.list.viewport().update()
        self._share()
        self._say_empty()

    def set_found(self, query: str, rows: tuple[MessageRow, ...]) -> None:
        """Messages that contain the words searched for."""
        self._query = query
        self._found.set_rows(rows)
        self.found.viewport().update()
        for widget in (self._found_title, self.found):
            widget.setVisible(bool(query) and bool(rows))
        self._share()

    def set_indexing(self, *, on: bool) -> None:
        """Whether the search index is being made anew: what is not in it yet cannot be found."""
        self._indexing = on
        title = tr("Messages found (older ones follow)")
        self._found_title.setText(title if on else tr("Messages found"))
        self._say_empty()

    def _say_empty(self) -> None:
        if not self.query:
            self._empty.set_words(*_empty_words())
        elif self._indexing and is_searchable(self.query):
            self._empty.set_words(
                tr("Nothing found so far"), tr("The search index is being updated: older messages follow.")
            )
        else:
            self._empty.set_words(*nothing_found(self.query, tr("No conversation has this name.")))

    def _share(self) -> None:
        """Give the room to what there is: names, messages, or both."""
        names, messages = self._rows.rowCount(), self._found.rowCount()
        self._pane.setVisible(names > 0 or messages == 0)
        self._pane.setMaximumHeight(min(names, _MOST_NAMES) * TWO_LINES + 4 if messages else _UNLIMITED)

    def _found_content(self, row: MessageRow) -> RowContent:
        return found_content(row, self._query, self._titles.get(row.conversation, ""), self._now())

    def choose(self, conversation: str) -> None:
        """Mark the row of a conversation, if it is in view."""
        row = self.list.current_row() if self.list.selectedIndexes() else None
        if row is not None and row.id == conversation:
            return
        if not self.list.choose(conversation):
            self.list.clearSelection()


def _empty_words() -> tuple[str, str]:
    return tr("No conversations yet"), tr("Write to a colleague, or to several at once.")
