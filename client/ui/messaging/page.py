"""消息: the conversations at the left, one of them at the right."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.messaging.rows import ConversationRow, MessageRow, PersonChoice
from client.ui.base.change_batch import ChangeBatch
from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import wall_ms
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.window_state import WindowState
from client.ui.messaging.conversation import ConversationPane
from client.ui.messaging.conversation_list import ConversationList
from client.ui.messaging.news import News
from client.ui.messaging.services import Conversations
from client.ui.messaging.start_page import StartPage
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.notice_strip import NoticedStack
from client.ui.widgets.panes import TwoPane

_LAST = "messaging.conversation"


class MessagesPage(QWidget):
    """Reads again what has changed, once for a burst, and stays where it is.

    Signals: `counted` (how many messages are unread in all), `rows_read` (all conversations), `news_came` (announcements of what is
    new among them), `meeting_asked` (conversation).
    """

    counted = Signal(int)
    rows_read = Signal(object)
    news_came = Signal(object)
    meeting_asked = Signal(str)

    def __init__(
        self,
        conversations: Conversations,
        runner: CoreRunner,
        state: WindowState | None,
        parent: QWidget | None = None,
        *,
        now: Callable[[], int] = wall_ms,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Messages"))
        self._conversations = conversations
        self._runner = runner
        self._state = state
        self._last = "" if state is None else state.value(_LAST)
        self._known: dict[str, ConversationRow] = {}
        self._rows: tuple[ConversationRow, ...] = ()
        self._changes = ChangeBatch(self)
        self._news = News()
        self._list = ConversationList(now, self)
        self._start = StartPage(self)
        self._pane = ConversationPane(conversations, runner, state, now, self)
        self._empty = EmptyState(
            Icon.MESSAGES,
            tr("Choose a conversation"),
            tr("What is said stays between those who take part; the server cannot read it."),
            tr("Write to somebody"),
        )
        self._lay_out(state)
        self._connect()

    def _lay_out(self, state: WindowState | None) -> None:
        self._stack = NoticedStack(self._empty, self._start, self._pane, parent=self)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(TwoPane(self._list, self._stack, "messaging", state, self))

    def _connect(self) -> None:
        self._list.new_asked.connect(self.new_conversation)
        self._list.meeting_asked.connect(self.meeting_asked)
        self._list.searched.connect(lambda _words: self._read_found())
        self._list.opened.connect(self._on_opened)
        self._list.found_opened.connect(self._on_found_opened)
        self._empty.acted.connect(self.new_conversation)
        self._start.asked.connect(self._on_start)
        self._start.given_up.connect(self._go_back)
        self._pane.changed.connect(lambda conversation: self._changes.add((conversation,)))
        self._changes.due.connect(self._read)
        self._pane.left.connect(self._list.list.setFocus)
        self._pane.gone.connect(self._on_gone)
        self._pane.meeting_asked.connect(self.meeting_asked)

    def show_notice(self, notice: Notice) -> None:
        self._stack.show_notice(notice)

    def clear_notice(self) -> None:
        self._stack.clear_notice()

    def refresh(self) -> None:
        """Read the list and the conversation in view again; nothing half typed is lost."""
        self._changes.add()

    def refresh_changed(self, conversations: Iterable[str]) -> None:
        """Read these again, and the one in view if it is among them; of a burst once what has gathered."""
        self._changes.add(conversations)

    def set_indexing(self, *, on: bool) -> None:
        """Whether the search index is being made anew; what is searched for is searched again as it grows."""
        self._list.set_indexing(on=on)
        if self._list.query:
            self._read_found()

    def leave(self) -> None:
        """The store is about to close: what is half typed goes to disk now."""
        self._pane.leave()

    def show_conversation(self, conversation: str) -> None:
        """Open a conversation: from the list, from today, from a notification."""
        self.clear_notice()
        self._last = conversation
        if self._state is not None:
            self._state.set_value(_LAST, conversation)
        self._pane.show_conversation(conversation)
        self._stack.show_page(self._pane)
        self._list.choose(conversation)
        self._show_row()
        self._pane.focus()

    def new_conversation(self) -> None:
        """Choose people to talk to."""
        self.clear_notice()
        self._pane.leave()
        self._stack.show_page(self._start)
        self._start.begin()
        Operation(self, self._runner, self._conversations.people, on_success=self._on_people)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._go_back()
            return
        if event.key() == Qt.Key.Key_N and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.new_conversation()
            return
        super().keyPressEvent(event)

    def _go_back(self) -> None:
        """From a new conversation to the one before; from a conversation to the list."""
        if self._stack.shows(self._start) and self._pane.conversation:
            self._stack.show_page(self._pane)
            self._pane.focus()
            return
        if self._stack.shows(self._start):
            self._stack.show_page(self._empty)
        self._list.list.setFocus()

    # Reading

    def _read(self, names: frozenset[str] | None) -> None:
        """Of hundreds of conversations only those that changed; None: all."""

        async def rows() -> tuple[ConversationRow, ...]:
            if names is None:
                return await self._conversations.rows()
            return await self._conversations.changed_rows(names)

        operation = Operation(self, self._runner, rows, on_success=lambda found: self._on_rows(found, names))
        operation.finished.connect(self._changes.done)
        if names is None or self._pane.conversation in names:
            self._pane.refresh()
        if self._list.query:
            self._read_found()

    def _on_rows(self, found: tuple[ConversationRow, ...], names: frozenset[str] | None) -> None:
        first = not self._rows
        read_again = self._known if names is None else names
        kept = {name: row for name, row in self._known.items() if name not in read_again}
        self._known = kept | {row.id: row for row in found}
        rows = self._rows = tuple(sorted(self._known.values(), key=lambda row: (-row.at, row.id)))
        if not self._list.query:
            self._list.set_rows(rows)
        self.counted.emit(sum(row.unread for row in rows))
        self.rows_read.emit(rows)
        if news := self._news.of(rows):
            self.news_came.emit(news)
        self._show_row()
        # Whoever walks through the list with the keyboard is not called back by what arrives.
        if self._stack.shows(self._pane) and not self._list.list.hasFocus():
            self._list.choose(self._pane.conversation)
        if first and self._stack.shows(self._empty) and self._last in self._known:
            self.show_conversation(self._last)

    def _show_row(self) -> None:
        """What the list knows of the conversation in view."""
        row = self._known.get(self._pane.conversation)
        if row is not None:
            self._pane.show_row(row)

    def _read_found(self) -> None:
        query = self._list.query
        if not query:
            self._list.set_rows(self._rows)
            self._list.set_found("", ())
            self._list.choose(self._pane.conversation)
            return
        Operation(
            self,
            self._runner,
            lambda: self._conversations.rows(query),
            on_success=lambda rows: self._on_names(query, rows),
        )
        Operation(
            self,
            self._runner,
            lambda: self._conversations.search(query),
            on_success=lambda rows: self._list.set_found(query, rows) if query == self._list.query else None,
        )

    def _on_names(self, query: str, rows: tuple[ConversationRow, ...]) -> None:
        if query == self._list.query:
            self._list.set_rows(rows)
            self._list.choose(self._pane.conversation)

    # What the user does

    def _on_opened(self, row: ConversationRow) -> None:
        self.show_conversation(row.id)

    def _on_found_opened(self, row: MessageRow) -> None:
        self.show_conversation(row.conversation)
        self._pane.go_to(row.id)

    def _on_people(self, people: tuple[PersonChoice, ...]) -> None:
        self._start.set_people(people)

    def _on_start(self, people: tuple[str, ...], title: str) -> None:
        self.clear_notice()
        self._start.set_busy(True)
        Operation(
            self,
            self._runner,
            lambda: self._conversations.start(people, title),
            on_success=self._on_started,
            on_failure=self._on_not_started,
        )

    def _on_started(self, conversation: str) -> None:
        self._start.set_busy(False)
        self.show_conversation(conversation)
        self._changes.add((conversation,))

    def _on_not_started(self, error: BaseException) -> None:
        self._start.set_busy(False)
        self.show_notice(present(error))

    def _on_gone(self) -> None:
        self._last = ""
        self._stack.show_page(self._empty)
        self._changes.add()
