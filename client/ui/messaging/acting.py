"""What is done to single messages: taken back, tried again, deleted, saved; the outcome is told to the conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.messaging.rows import MessageRow
from client.ui.base.clipboard import copy_text
from client.ui.base.errors import Notice
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.messaging.composer import Composer
from client.ui.messaging.message_menu import MessageActs
from client.ui.messaging.services import Conversations
from client.ui.messaging.whole_text import WholeText
from client.ui.widgets.save_dialog import ask_where


class Acting(QWidget):
    """Never shown: a widget so that its file dialogs and notices find their window.

    Signals: `done` (conversation), `taken_back` (MessageRow, which can be worded anew), `said` (Notice).
    """

    done = Signal(str)
    taken_back = Signal(object)
    said = Signal(object)

    def __init__(self, conversations: Conversations, runner: CoreRunner, parent: QWidget) -> None:
        super().__init__(parent)
        self.hide()
        self._conversations = conversations
        self._runner = runner
        self._whole: WholeText | None = None

    def acts(self, composer: Composer) -> MessageActs:
        """What a message's menu calls."""
        return MessageActs(
            reply=composer.reply_to,
            edit=composer.change,
            recall=self.recall,
            copy=lambda row: copy_text(row.text),
            whole=self.show_whole,
            save=self.save,
            retry=self.retry,
            discard=self.discard,
            cancel=self.cancel,
        )

    def recall(self, row: MessageRow) -> None:
        self._run(row, lambda: self._conversations.recall(row.id), taken_back=True)

    def discard(self, row: MessageRow) -> None:
        self._run(row, lambda: self._conversations.discard(row.id), taken_back=True)

    def retry(self, row: MessageRow) -> None:
        self._run(row, lambda: self._conversations.retry(row.id))

    def cancel(self, row: MessageRow) -> None:
        self._run(row, lambda: self._conversations.cancel(row.id))

    def show_whole(self, row: MessageRow) -> None:
        """Open a message that its row shows the beginning of."""
        self.close_whole()
        self._whole = WholeText(row, self.window())
        self._whole.destroyed.connect(self._on_whole_gone)
        self._whole.open()

    def close_whole(self) -> None:
        """Another conversation comes into view, or none."""
        if self._whole is not None:
            self._whole.close()

    def _on_whole_gone(self) -> None:
        self._whole = None

    def save(self, row: MessageRow) -> None:
        """Ask where to, and put the file there."""
        name = "" if row.file is None else row.file.name
        path = ask_where(self, tr("Save file as…"), name)
        if path is not None:
            notice = Notice(tr("Saved to {path}", path=path), tone=Tone.DONE)
            Operation(
                self,
                self._runner,
                lambda: self._conversations.save_file(row.id, path),
                on_success=lambda saved: self.said.emit(notice) if saved else None,
            )

    def _run(self, row: MessageRow, work: Callable[[], Awaitable[None]], *, taken_back: bool = False) -> None:
        def done(_none: None) -> None:
            if taken_back:
                self.taken_back.emit(row)
            self.done.emit(row.conversation)

        Operation(self, self._runner, work, on_success=done)
