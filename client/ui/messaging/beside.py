"""A conversation beside something else, such as the meeting it belongs to: only what is said and the place to write."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.messaging.rows import ConversationRow
from client.ui.base.change_batch import ChangeBatch
from client.ui.base.moments import wall_ms
from client.ui.base.operation import CoreRunner, Operation
from client.ui.messaging.conversation import ConversationPane
from client.ui.messaging.services import Conversations


class TalkBeside(QWidget):
    """One conversation, for as long as this lives."""

    def __init__(
        self,
        conversations: Conversations,
        runner: CoreRunner,
        conversation: str,
        parent: QWidget | None = None,
        *,
        now: Callable[[], int] = wall_ms,
    ) -> None:
        super().__init__(parent)
        self._conversations = conversations
        self._runner = runner
        self._id = conversation
        self._changes = ChangeBatch(self)
        self._changes.due.connect(lambda _names: self._read())
        # Without a remembered state: the members unfolded elsewhere have no room here.
        self._pane = ConversationPane(conversations, runner, None, now, self, bare=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._pane)
        self._pane.show_conversation(conversation)
        self._read_row()

    @property
    def widget(self) -> QWidget:
        return self

    def refresh_changed(self, conversations: Iterable[str]) -> None:
        """Something was said in these."""
        if self._id in conversations:
            self._changes.add((self._id,))

    def _read(self) -> None:
        self._pane.refresh()
        self._read_row().finished.connect(self._changes.done)

    def _read_row(self) -> Operation[tuple[ConversationRow, ...]]:
        return Operation(
            self,
            self._runner,
            lambda: self._conversations.changed_rows((self._id,)),
            on_success=self._on_rows,
        )

    def _on_rows(self, rows: tuple[ConversationRow, ...]) -> None:
        for row in rows:
            self._pane.show_row(row)
