"""Half-typed messages: kept here while one turns to another conversation, and on disk a second after the last key."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from client.ui.base.operation import CoreRunner, Operation
from client.ui.messaging.services import Conversations

_SETTLE_MS = 1000


class Drafts(QObject):
    """One save at a time, in order, so that an older text never lands on a newer one.

    Signals: `joining` (conversation: what was on disk is about to be joined with what was typed there meanwhile).
    """

    joining = Signal(str)

    def __init__(self, conversations: Conversations, runner: CoreRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._conversations = conversations
        self._runner = runner
        self._texts: dict[str, str] = {}
        self._kept: dict[str, str] = {}
        self._busy = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self.save_now)

    def text(self, conversation: str) -> str:
        return self._texts.get(conversation, "")

    def put(self, conversation: str, text: str) -> None:
        """This is typed there now."""
        if self._texts.get(conversation, "") != text:
            self._texts[conversation] = text
            self._timer.start()

    def load(self, conversation: str, then: Callable[[], object]) -> None:
        """Read what is on disk, unless it has been read or something was typed already."""
        if conversation in self._kept:
            then()
            return
        Operation(
            self,
            self._runner,
            lambda: self._conversations.draft(conversation),
            on_success=lambda text: self._on_loaded(conversation, text, then),
        )

    def save_now(self) -> None:
        """Do not wait for the typing to settle."""
        self._timer.stop()
        if self._busy:
            return
        unsaved = next(
            (key for key, text in self._texts.items() if text != self._kept.get(key, "")),
            None,
        )
        if unsaved is None:
            return
        text = self._texts[unsaved]
        self._busy = True
        Operation(
            self,
            self._runner,
            lambda: self._conversations.save_draft(unsaved, text),
            on_success=lambda _none: self._on_saved(unsaved, text),
            on_failure=lambda _error: self._on_failed(),
        )

    def _on_loaded(self, conversation: str, text: str, then: Callable[[], object]) -> None:
        self.joining.emit(conversation)
        self._kept[conversation] = text
        typed = self._texts.get(conversation, "")  # before the answer came
        self._texts[conversation] = f"{text}\n{typed}" if text and typed else text or typed
        then()

    def _on_saved(self, conversation: str, text: str) -> None:
        self._busy = False
        self._kept[conversation] = text
        self.save_now()

    def _on_failed(self) -> None:
        # The text is still in the field; the next key tries again.
        self._busy = False
