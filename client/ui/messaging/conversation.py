"""A conversation: its messages, the place to write, and beside them its members."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.core.intake import Source
from client.messaging.rows import ConversationRow, MessageRow
from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner
from client.ui.base.theme import Tone
from client.ui.base.window_state import WindowState
from client.ui.messaging.acting import Acting
from client.ui.messaging.composer import Composer
from client.ui.messaging.conversation_head import ConversationHead
from client.ui.messaging.drafts import Drafts
from client.ui.messaging.history import History
from client.ui.messaging.members import Members
from client.ui.messaging.message_list import MessageList
from client.ui.messaging.message_menu import message_menu
from client.ui.messaging.message_model import first_new
from client.ui.messaging.outgoing_files import OutgoingFiles
from client.ui.messaging.read_marks import ReadMarks
from client.ui.messaging.sending import Sending
from client.ui.messaging.services import Conversations
from client.ui.widgets.buttons import QuietButton
from client.ui.widgets.drop_frame import DropFrame
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.list_view import ListPane
from client.ui.widgets.notice_strip import NoticeStrip
from client.ui.widgets.text import Line


class ConversationPane(QWidget):
    """One conversation at a time; a refresh changes only what has changed, and nothing half typed is lost.

    Signals: `changed` (conversation; something was done or read there: its row in the list is another), `left` (Escape),
    `gone` (the user has left the conversation itself), `meeting_asked` (conversation).
    """

    changed = Signal(str)
    left = Signal()
    gone = Signal()
    meeting_asked = Signal(str)

    def __init__(
        self,
        conversations: Conversations,
        runner: CoreRunner,
        state: WindowState | None,
        now: Callable[[], int],
        parent: QWidget | None = None,
        *,
        bare: bool = False,
    ) -> None:
        """`bare`: without its head and members, beside something that has its own."""
        super().__init__(parent)
        self._conversations = conversations
        self._runner = runner
        self._id = ""
        self._row: ConversationRow | None = None
        self._fresh_from: int | None = None  # the place of the oldest message unread when it was opened
        self._history = History(conversations, runner, self)
        self._drafts = Drafts(conversations, runner, self)
        self._sending = Sending(conversations, runner, self)
        self._marks = ReadMarks(conversations, runner, self)
        self._notice = NoticeStrip(self)
        self._head = ConversationHead(self)
        self._list = MessageList(now, self)
        self._empty = EmptyState(Icon.MESSAGES, "", "")
        self._newest = QuietButton(tr("Go to the newest message"), Icon.CHEVRON_DOWN, self)
        self._composer = Composer(self)
        self._outgoing = OutgoingFiles(conversations, runner, self._composer.files, now, self)
        self._members = Members(conversations, runner, state, self)
        self._acting = Acting(conversations, runner, self)
        self._list.menu_for = lambda row: message_menu(row, self._acting.acts(self._composer))
        self._lay_out()
        self._connect()
        self._head.set_members_shown(self._members.shown)
        if bare:
            self._head.hide()
            self._head_line.hide()
            self._members.panel.hide()

    def _lay_out(self) -> None:
        talk = DropFrame(self)
        talk.files_given.connect(self._outgoing.offer_paths)
        column = QVBoxLayout(talk)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        self._head_line = Line(talk)
        column.addWidget(self._head_line)
        column.addWidget(self._notice)
        column.addWidget(ListPane(self._list, self._empty), 1)
        column.addWidget(self._newest)
        column.addWidget(self._composer)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(talk, 1)
        row.addWidget(self._members.panel)
        self._newest.hide()

    def _connect(self) -> None:
        self._history.changed.connect(self._on_history)
        self._history.found.connect(self._on_found)
        self._history.failed.connect(self._on_not_read)
        self._list.older_wanted.connect(self._history.older)
        self._list.newer_wanted.connect(self._history.newer)
        self._list.at_end_changed.connect(lambda _end: self._show_end())
        self._list.retry_asked.connect(self._acting.retry)
        self._list.cancel_asked.connect(self._acting.cancel)
        self._list.save_asked.connect(self._acting.save)
        self._list.whole_asked.connect(self._acting.show_whole)
        self._acting.done.connect(self._on_done)
        self._acting.taken_back.connect(self._on_taken_back)
        self._acting.said.connect(self.show_notice)
        self._list.quote_followed.connect(self.go_to)
        self._newest.clicked.connect(self._on_newest)
        self._composer.sent.connect(self._on_sent)
        self._composer.long_sent.connect(self._on_long_sent)
        self._composer.files_given.connect(self._outgoing.offer_paths)
        self._composer.picture_given.connect(self._outgoing.offer_picture)
        self._outgoing.confirmed.connect(self._on_files)
        self._outgoing.failed.connect(self._on_failed)
        self._composer.typed.connect(lambda text: self._drafts.put(self._id, text) if self._id else None)
        self._composer.left.connect(self.left)
        self._drafts.joining.connect(self._on_joining)
        self._sending.done.connect(self._on_done)
        self._sending.returned.connect(self._on_returned)
        self._sending.failed.connect(self._on_failed)
        self._head.members_toggled.connect(self._members.set_shown)
        self._head.meeting_asked.connect(lambda: self.meeting_asked.emit(self._id))
        self._members.changed.connect(self._on_members_changed)
        self._members.gone.connect(self._on_gone)
        self._marks.marked.connect(self.changed)
        self._marks.looked_at.connect(self._note_read)

    # What is shown

    @property
    def conversation(self) -> str:
        """The id of the conversation in view, or nothing."""
        return self._id

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def show_conversation(self, conversation: str) -> None:
        """Turn to a conversation; the one in view is merely read again."""
        if conversation == self._id:
            self.refresh()
            return
        self._composer.finish_composing()
        self._drafts.save_now()
        self._acting.close_whole()
        self._id, self._row = conversation, None
        self._fresh_from = None
        self._marks.forget()
        self.clear_notice()
        self._composer.show_draft(self._drafts.text(conversation))
        self._outgoing.show_conversation(conversation)
        self._drafts.load(conversation, lambda: self._on_draft(conversation))
        self._list.set_messages((), group=False)
        self._empty.set_words(tr("Opening the conversation…"), "")
        self._members.show_conversation(None)
        self._head.show_row(None)
        self._list.go_to_end()
        self._history.open(conversation)
        self._members.read(conversation)

    def show_row(self, row: ConversationRow) -> None:
        """What the list knows of the conversation in view."""
        if row.id != self._id:
            return
        was_group = self._row is not None and self._row.group
        opened = self._row is None
        if opened:
            self._fresh_from = row.unread_from
        self._row = row
        self._head.show_row(row)
        self._members.show_conversation(row)
        if row.group != was_group or (opened and self._history.read):
            self._show_messages()
        self._note_read()

    def refresh(self) -> None:
        """Read the conversation in view again."""
        if self._id:
            self._history.refresh()
            self._members.read(self._id)

    def leave(self) -> None:
        """Another page comes into view: what is half typed goes to disk now."""
        self._composer.finish_composing()
        self._drafts.save_now()

    def focus(self) -> None:
        self._composer.edit.setFocus()

    def go_to(self, message: str) -> None:
        """Bring a message into view, however far back it is."""
        if not self._list.go_to(message):
            self._history.seek(message, self._on_missing)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._note_read()

    def hideEvent(self, event: QHideEvent) -> None:
        self._acting.close_whole()
        self.leave()
        super().hideEvent(event)

    def _on_history(self) -> None:
        if self._history.read:
            self._empty.set_words(
                tr("Nothing said yet"), tr("What you write here, only its members can read.")
            )
        self._show_messages()
        self._show_end()
        self._list.ask_for_more()

    def _on_found(self, message: str) -> None:
        self._show_messages(message)
        self._show_end()
        self._list.ask_for_more()

    def _on_missing(self) -> None:
        self.show_notice(Notice(tr("That message is not on this device."), tone=Tone.NEUTRAL))

    def _on_not_read(self, error: BaseException) -> None:
        if not self._history.read:
            self._empty.set_words(tr("The conversation could not be opened"), "")
        self.show_notice(present(error))

    def _show_messages(self, found: str = "") -> None:
        history = self._history
        fresh = ""
        if self._fresh_from is not None:
            fresh = first_new(history.rows, self._fresh_from, at_start=history.at_start)
        group = self._row is not None and self._row.group
        self._composer.follow(history.rows)
        self._list.set_messages(history.rows, group=group, fresh=fresh, ends=history.at_end, found=found)

    def _show_end(self) -> None:
        self._history.following = self._list.at_end
        away = not (self._list.at_end and self._history.at_end)
        self._newest.setVisible(away and bool(self._history.rows))
        self._note_read()

    def _note_read(self) -> None:
        if self._row is not None and self._history.read and self._list.at_end and self._history.at_end:
            self._marks.note(self._row)

    def _on_joining(self, conversation: str) -> None:
        if conversation == self._id:
            self._composer.finish_composing()

    def _on_draft(self, conversation: str) -> None:
        if conversation == self._id and self._composer.draft != self._drafts.text(conversation):
            self._composer.show_draft(self._drafts.text(conversation))

    # What the user does

    def _on_done(self, conversation: str) -> None:
        if conversation == self._id:
            self._history.refresh()
        self.changed.emit(conversation)

    def _on_newest(self) -> None:
        if not self._history.at_end:
            self._history.to_end()
        self._list.go_to_end()
        self.focus()

    def _on_sent(self, text: str) -> None:
        writing = self._composer.writing
        self._composer.take()
        self.clear_notice()
        self._sending.send_text(self._id, text, writing)
        self._drafts.save_now()
        if writing.edit is None:
            self._on_newest()

    def _on_long_sent(self, text: str) -> None:
        self.clear_notice()
        self._sending.send_as_file(self._id, text)
        self._drafts.save_now()
        self._on_newest()

    def _on_files(self, conversation: str, sources: list[Source]) -> None:
        self.clear_notice()
        self._sending.send_files(conversation, sources)
        self._on_newest()

    def _on_returned(self, conversation: str, text: str) -> None:
        if conversation == self._id:
            self._composer.give_back(text)
        else:
            before = self._drafts.text(conversation)
            self._drafts.put(conversation, f"{text}\n{before}" if before.strip() else text)

    def _on_failed(self, conversation: str, notice: Notice) -> None:
        if conversation == self._id:
            self.show_notice(notice)

    def _on_taken_back(self, row: MessageRow) -> None:
        """What was taken back can be worded anew, unless something else is being written."""
        mine = row.conversation == self._id and row.file is None
        if mine and row.text and self._composer.empty:
            self._composer.give_back(row.text)

    def _on_members_changed(self) -> None:
        self.refresh()
        self.changed.emit(self._id)

    def _on_gone(self) -> None:
        self.leave()
        self._id, self._row = "", None
        self._outgoing.show_conversation("")
        self.gone.emit()
