"""Calling a meeting: whom one may choose is read, a conversation begun where there is none, and the meeting called."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from client.messaging.rows import ConversationRow, PersonChoice
from client.ui.base.operation import CoreRunner, Operation
from client.ui.meetings.call_page import Call, CallPage
from client.ui.meetings.services import Invited, Meetings


class Calling(QObject):
    """Signals: `called` (meeting id, whether one goes in at once), `failed` (the exception)."""

    called = Signal(str, bool)
    failed = Signal(object)

    def __init__(
        self,
        meetings: Meetings,
        invited: Invited,
        runner: CoreRunner,
        now: Callable[[], int],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._meetings = meetings
        self._invited = invited
        self._runner = runner
        self.page = CallPage(now)
        self.page.asked.connect(self._on_asked)

    def begin(self, conversation: str) -> None:
        """Offer this conversation, or nothing yet."""
        self.page.begin(conversation)
        Operation(self, self._runner, self._invited.rows, on_success=self._on_conversations)
        Operation(self, self._runner, self._invited.people, on_success=self._on_people)

    def _on_conversations(self, rows: tuple[ConversationRow, ...]) -> None:
        self.page.set_conversations(rows)

    def _on_people(self, people: tuple[PersonChoice, ...]) -> None:
        self.page.set_people(people)

    def _on_asked(self, call: Call) -> None:
        async def work() -> str:
            conversation = call.conversation or await self._invited.start(call.people, call.title)
            return await self._meetings.call(conversation, call.starts_at, call.ends_at)

        self.page.set_busy(True)
        Operation(
            self,
            self._runner,
            work,
            on_success=lambda meeting: self._on_called(meeting, call),
            on_failure=self._on_failed,
        )

    def _on_called(self, meeting: str, call: Call) -> None:
        self.page.set_busy(False)
        self.called.emit(meeting, call.now)

    def _on_failed(self, error: BaseException) -> None:
        self.page.set_busy(False)
        self.failed.emit(error)
