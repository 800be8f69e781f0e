"""What a chair may do with somebody, as entries of a menu; what cannot be undone asks once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QWidget

from client.meetings.rows import LiveRow, ParticipantRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.meetings.attending import Attending
from client.ui.meetings.services import Meetings
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.menu import MenuEntry
from client.ui.widgets.question import take_back


@dataclass(frozen=True, slots=True)
class Whom:
    """Of a participant, what acts are addressed to."""

    person: str
    name: str
    me: bool


class ChairActs:
    """For the menu of a tile and for the panel of people. Who is no chair gets no entry at all."""

    def __init__(self, meetings: Meetings, attending: Attending, anchor: QWidget) -> None:
        self._meetings = meetings
        self._attending = attending
        self._anchor = anchor
        self._question: tuple[str, str, ConfirmPopover] | None = None

    def entries(self, live: LiveRow, whom: Whom) -> list[MenuEntry]:
        if not live.i_chair or not whom.person:
            return []
        forward = live.spotlight == whom.person
        entries = [
            MenuEntry(
                tr("Stop putting forward") if forward else tr("Put forward for everybody"),
                lambda: self.spotlight(None if forward else whom.person),
                Icon.SPEAKER,
            )
        ]
        if whom.me:
            return entries
        speaks = any(row.person == whom.person and row.microphone for row in live.participants)
        meeting = live.meeting
        return [
            MenuEntry(tr("Mute"), lambda: self.mute(whom.person), Icon.MIC_OFF, enabled=speaks),
            *entries,
            MenuEntry(tr("Hand the chair over…"), lambda: self.ask_hand_over(meeting, whom), Icon.SEAL),
            MenuEntry(tr("Remove from the meeting…"), lambda: self.ask_remove(meeting, whom), Icon.REVOKE),
        ]

    def show_live(self, live: LiveRow | None) -> None:
        """A question stands as long as I chair the meeting it was asked in, and whom it is about is there."""
        if self._question is None:
            return
        meeting, person, question = self._question
        there = live is not None and live.meeting == meeting and live.i_chair
        if live is None or not there or all(row.person != person for row in live.participants):
            take_back(question)
            self._question = None

    def mute(self, person: str | None) -> None:
        """One, or with None everybody else."""
        self._attending.act(lambda: self._meetings.mute(person))

    def spotlight(self, person: str | None) -> None:
        self._attending.act(lambda: self._meetings.spotlight(person))

    def lock(self, locked: bool) -> None:
        self._attending.act(lambda: self._meetings.lock(locked))

    def admit(self, person: str) -> None:
        """Somebody who was taken out may come back."""
        self._attending.act(lambda: self._meetings.admit(person))

    def ask_remove(self, meeting: str, whom: Whom) -> None:
        words = tr("{name} will be taken out and cannot come back by himself.", name=whom.name)
        work = partial(self._meetings.remove, whom.person)
        self._ask(meeting, whom, words, tr("Take out of the meeting"), work)

    def ask_hand_over(self, meeting: str, whom: Whom) -> None:
        words = tr("{name} will chair the meeting; you will be an ordinary participant.", name=whom.name)
        work = partial(self._meetings.hand_over, whom.person)
        self._ask(meeting, whom, words, tr("Hand over"), work)

    def _ask(
        self, meeting: str, whom: Whom, words: str, action: str, work: Callable[[], Awaitable[None]]
    ) -> None:
        popover = ConfirmPopover(self._anchor, words, action)
        popover.confirmed.connect(lambda: self._attending.act(work))
        self._question = (meeting, whom.person, popover)
        popover.open()


def whom(row: ParticipantRow) -> Whom:
    return Whom(row.person, row.name, row.me)
