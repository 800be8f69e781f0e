"""Who stands before a locked meeting, for its chairs: by a JOIN that person signed, and said once until it is unlocked."""

from __future__ import annotations

from collections.abc import Callable

from client.core.client import CoreClient
from client.core.events import NoticeRaised
from client.core.names import person_name, post_of
from client.meetings.admitting import stay_of
from client.meetings.ledger import Kept
from protocol.errors import ErrorCode


class WaitingRoom:
    """Of one stay; the server tells the chairs alone, each time somebody tries to come in."""

    def __init__(self, core: CoreClient, kept: Callable[[], Kept]) -> None:
        self._core = core
        self._kept = kept
        self._said: set[str] = set()

    async def asked(self, join: bytes) -> None:
        """Somebody was kept out by the lock, the server says.

        Raises:
            JinshuError: as `stay_of`: he did not sign that he wants to come in here and now.
        """
        kept, me = self._kept(), self._core.me.person
        if not kept.chair.locked or me not in kept.chair.chairs:
            return
        person = (await stay_of(self._core, join, kept.id, now=True)).person
        if person in self._said or person not in kept.members or person in kept.chair.removed:
            return
        self._said.add(person)
        organisation = self._core.directory.organisation
        params = {"person": person_name(organisation, person), "post": post_of(organisation, person)}
        self._core.bus.publish(NoticeRaised(ErrorCode.MEETINGS_SOMEBODY_WAITS, tuple(sorted(params.items()))))

    def judge_again(self) -> None:
        """What the chairs did is known: once it is open nobody waits."""
        if not self._kept().chair.locked:
            self._said.clear()
