"""What a chair may do with somebody, as entries of a menu; what cannot be undone asks once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from client.meetings.rows import LiveRow, ParticipantRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.meetings.attending import Attending
from client.ui.meetings.services import Meetings
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.menu import MenuEntry


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
        return [
            MenuEntry(tr("Mute"), lambda: self.mute(whom.person), Icon.MIC_OFF, enabled=speaks),
            *entries,
            MenuEntry(tr("Hand the chair over…"), lambda: self.ask_hand_over(whom), Icon.SEAL),
            MenuEntry(tr("Remove from the meeting…"), lambda: self.ask_remove(whom), Icon.REVOKE),
        ]

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

    def ask_remove(self, whom: Whom) -> None:
        words = tr("{name} will be taken out and cannot come back by himself.", name=whom.name)
        self._ask(words, tr("Take out of the meeting"), lambda: self._meetings.remove(whom.person))

    def ask_hand_over(self, whom: Whom) -> None:
        words = tr("{name} will chair the meeting; you will be an ordinary participant.", name=whom.name)
        self._ask(words, tr("Hand over"), lambda: self._meetings.hand_over(whom.person))

    def _ask(self, words: str, action: str, work: Callable[[], Awaitable[None]]) -> None:
        popover = ConfirmPopover(self._anchor, words, action)
        popover.confirmed.connect(lambda: self._attending.act(work))
        popover.open()


def whom(row: ParticipantRow) -> Whom:
    return Whom(row.person, row.name, row.me)
