"""Files on their way into a conversation: looked at, shown in the strip of their own conversation, sent when confirmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from client.core.intake import Found, Incoming, Source
from client.ui.base.errors import present
from client.ui.base.operation import CoreRunner, Operation
from client.ui.messaging.services import Conversations
from client.ui.widgets.dropped import picture_of
from client.ui.widgets.file_strip import FileStrip


class OutgoingFiles(QObject):
    """What waits for one conversation is never asked about, nor sent, in another.

    Signals: `confirmed` (conversation, a list of Source), `failed` (conversation, Notice).
    """

    confirmed = Signal(str, object)
    failed = Signal(str, object)

    def __init__(
        self,
        conversations: Conversations,
        runner: CoreRunner,
        strip: FileStrip,
        now: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._conversations = conversations
        self._runner = runner
        self._strip = strip
        self._now = now
        self._conversation = ""
        self._waiting: dict[str, tuple[Incoming, ...]] = {}
        strip.confirmed.connect(self._on_confirmed)

    def show_conversation(self, conversation: str) -> None:
        """Put away what waits for the conversation before, and show what waits for this one."""
        self._waiting[self._conversation] = self._strip.waiting
        self._conversation = conversation
        self._strip.clear()
        waiting = self._waiting.pop(conversation, ())
        if waiting:
            self._strip.show_found(Found(waiting))

    def offer_paths(self, paths: Sequence[Path]) -> None:
        """Files or folders were dropped, pasted or chosen for the conversation in view."""
        conversation = self._conversation
        if conversation:
            Operation(
                self,
                self._runner,
                lambda: self._conversations.look_at(paths),
                on_success=lambda found: self._offer(conversation, found),
                on_failure=lambda error: self.failed.emit(conversation, present(error)),
            )

    def offer_picture(self, image: object) -> None:
        """A picture was pasted."""
        picture = picture_of(image, self._now())
        if picture is not None and self._conversation:
            file = Incoming(picture, picture.name, len(picture.data))
            self._offer(self._conversation, Found((file,)))

    def _offer(self, conversation: str, found: Found) -> None:
        if conversation == self._conversation:
            self._strip.show_found(found)
        else:
            self._waiting[conversation] = (*self._waiting.get(conversation, ()), *found.files)

    def _on_confirmed(self, sources: Sequence[Source]) -> None:
        self.confirmed.emit(self._conversation, sources)
