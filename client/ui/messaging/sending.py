"""What goes out of a conversation: texts at once, files one after the other; what could not go comes back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from client.core.intake import Source
from client.ui.base.errors import present
from client.ui.base.operation import CoreRunner, Operation
from client.ui.messaging.composer import Writing
from client.ui.messaging.services import Conversations


class Sending(QObject):
    """Signals: `done` (conversation), `returned` (conversation, text), `failed` (conversation, Notice)."""

    done = Signal(str)
    returned = Signal(str, str)
    failed = Signal(str, object)

    def __init__(self, conversations: Conversations, runner: CoreRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._conversations = conversations
        self._runner = runner
        self._files: list[tuple[str, Source]] = []
        self._busy = False

    def send_text(self, conversation: str, text: str, writing: Writing) -> None:
        """A new message, an answer, or another wording of one."""
        edited, answered = writing.edit, writing.reply

        async def send() -> None:
            if edited is not None:
                await self._conversations.edit(edited.id, text)
            else:
                await self._conversations.send_text(
                    conversation, text, None if answered is None else answered.id
                )

        Operation(
            self,
            self._runner,
            send,
            on_success=lambda _none: self.done.emit(conversation),
            on_failure=lambda error: self._on_text_failed(conversation, text, error),
        )

    def send_as_file(self, conversation: str, text: str) -> None:
        """A text too long for a message."""
        Operation(
            self,
            self._runner,
            lambda: self._conversations.send_as_file(conversation, text),
            on_success=lambda _none: self.done.emit(conversation),
            on_failure=lambda error: self._on_text_failed(conversation, text, error),
        )

    def send_files(self, conversation: str, sources: Sequence[Source]) -> None:
        self._files.extend((conversation, source) for source in sources)
        self._next()

    def _next(self) -> None:
        if self._busy or not self._files:
            return
        conversation, source = self._files.pop(0)
        self._busy = True
        operation = Operation(
            self,
            self._runner,
            lambda: self._conversations.send_file(conversation, source),
            on_success=lambda _none: self.done.emit(conversation),
            on_failure=lambda error: self.failed.emit(conversation, present(error)),
        )
        operation.finished.connect(self._on_finished)

    def _on_finished(self) -> None:
        self._busy = False
        self._next()

    def _on_text_failed(self, conversation: str, text: str, error: BaseException) -> None:
        self.returned.emit(conversation, text)
        self.failed.emit(conversation, present(error))
