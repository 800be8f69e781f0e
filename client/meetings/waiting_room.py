"""Who stands before a locked meeting, for its chairs: by a JOIN that person signed, and said once until it is unlocked. Pure."""

from __future__ import annotations

from client.meetings.ledger import Kept


class WaitingRoom:
    """Of one session; the server tells the chairs alone, each time somebody tries to come in. `me`: the person of this device."""

    def __init__(self, me: str) -> None:
        self._me = me
        self._said: set[str] = set()

    def is_watched(self, kept: Kept) -> bool:
        """Whether it matters to this device who waits: the meeting is locked, and I am one of its chairs."""
        return kept.chair.locked and self._me in kept.chair.chairs

    def knock(self, person: str, kept: Kept) -> bool:
        """A person whose JOIN was verified was kept out by the lock; says whether the chair is to be told."""
        if not self.is_watched(kept) or person in self._said:
            return False
        if person not in kept.members or person in kept.chair.removed:
            return False
        self._said.add(person)
        return True

    def judge_again(self, kept: Kept) -> None:
        """What the chairs did is known: once it is open nobody waits."""
        if not kept.chair.locked:
            self._said.clear()
