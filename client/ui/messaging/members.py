"""The members of the conversation in view: read, and changed as the panel asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from client.messaging.rows import ConversationRow, EmojiRow, MemberRow, PersonChoice
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.window_state import WindowState
from client.ui.messaging.members_panel import MembersPanel
from client.ui.messaging.services import Conversations

_SHOWN = "messaging.members"


class Members(QObject):
    """Signals: `changed` (somebody came or went, or the name is another), `gone` (I have left)."""

    changed = Signal()
    gone = Signal()

    def __init__(
        self, conversations: Conversations, runner: CoreRunner, state: WindowState | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._conversations = conversations
        self._runner = runner
        self._state = state
        self._id = ""
        self.shown = state is not None and state.flag(_SHOWN)
        self.panel = MembersPanel(parent)
        self.panel.setVisible(self.shown)
        self.panel.people_wanted.connect(self._on_people_wanted)
        self.panel.added.connect(self._on_added)
        self.panel.removed.connect(self._on_removed)
        self.panel.compared.connect(self._on_compared)
        self.panel.agreed.connect(self._on_agreed)
        self.panel.left.connect(self._on_left)
        self.panel.renamed.connect(self._on_renamed)

    def set_shown(self, shown: bool) -> None:
        """Unfold the panel or fold it away, and remember that."""
        self.shown = shown
        self.panel.setVisible(shown)
        if self._state is not None:
            self._state.set_flag(_SHOWN, on=shown)

    def show_conversation(self, row: ConversationRow | None) -> None:
        self.panel.show_conversation(row)

    def read(self, conversation: str) -> None:
        """Read the members of this conversation."""
        self._id = conversation
        Operation(
            self,
            self._runner,
            lambda: self._conversations.members(conversation),
            on_success=lambda rows: self._on_members(conversation, rows),
        )

    def _on_members(self, conversation: str, rows: tuple[MemberRow, ...]) -> None:
        if conversation == self._id:
            self.panel.set_members(rows)

    def _on_people_wanted(self) -> None:
        Operation(self, self._runner, self._conversations.people, on_success=self._on_people)

    def _on_people(self, people: tuple[PersonChoice, ...]) -> None:
        self.panel.set_people(people)

    def _change(self, work: Callable[[str], Awaitable[None]]) -> None:
        conversation = self._id
        Operation(
            self, self._runner, lambda: work(conversation), on_success=lambda _none: self.changed.emit()
        )

    def _on_added(self, people: tuple[str, ...]) -> None:
        self._change(lambda conversation: self._conversations.add_members(conversation, people))

    def _on_removed(self, person: str) -> None:
        self._change(lambda conversation: self._conversations.remove_member(conversation, person))

    def _on_renamed(self, title: str) -> None:
        self._change(lambda conversation: self._conversations.rename(conversation, title))

    def _on_left(self) -> None:
        conversation = self._id
        Operation(
            self,
            self._runner,
            lambda: self._conversations.leave(conversation),
            on_success=lambda _none: self.gone.emit(),
        )

    def _on_compared(self, member: MemberRow) -> None:
        conversation = self._id

        def show(emoji: EmojiRow) -> None:
            if conversation == self._id:
                self.panel.show_comparison(member, emoji)

        Operation(self, self._runner, lambda: self._conversations.emoji(member.person), on_success=show)

    def _on_agreed(self, person: str) -> None:
        self.panel.show_list()
        self._change(lambda _conversation: self._conversations.confirm(person))
