"""Who of those that come, by the server's word, is believed to be in a stay's meeting; and who stands outside until more is known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from client.core.client import CoreClient
from client.meetings.admitting import check_admitted, stay_of
from client.meetings.epochs import EpochKeys
from client.meetings.ledger import Kept
from client.meetings.presence import Stay
from protocol.errors import JinshuError


class Door:
    """Of one stay. `came`: people who have been in it, in whichever stay of mine; `now_ms`: the keys' time."""

    def __init__(
        self,
        core: CoreClient,
        kept: Callable[[], Kept],
        me: Stay,
        keys: EpochKeys,
        came: set[str],
        now_ms: Callable[[], int],
    ) -> None:
        self._core = core
        self._kept = kept
        self._me = me
        self._keys = keys
        self._came = came
        self._now_ms = now_ms
        # Device -> JOIN of who may not be in it, as far as is known here.
        self._outside: dict[str, bytes] = {}
        self.entering = True

    @property
    def somebody_outside(self) -> bool:
        return bool(self._outside)

    async def came_in(self, data: bytes, *, now: bool = False) -> Stay:
        """A signed JOIN, of somebody who was there before or comes `now`.

        Raises:
            JinshuError: as `stay_of` and `check_admitted`.
        """
        kept = self._kept()
        stay = await stay_of(self._core, data, kept.id, now=now)
        if stay.id != self._me.id:
            # At entering, who was there before is not known: being locked keeps out whoever comes now.
            entering = self.entering and not now
            self._outside[stay.device] = data
            # Who came to a locked meeting before I did knows who was in it before; his epoch says whom he believes.
            check_admitted(kept, stay.person, lambda p: entering or p in self._came or self._keys.holds(stay))
            del self._outside[stay.device]
            self._keys.presence.came(stay, self._now_ms())
        self._came.add(stay.person)
        return stay

    def left(self, device: str, join: bytes) -> None:
        """A stay is over, by the server's word."""
        self._outside.pop(device, None)
        self._keys.presence.over(join, self._now_ms())

    async def judge_again(self) -> bool:
        """Chairs, roster or directory are different: whoever they keep out now gets no further key, whatever the server lets him
        do; and whoever they let in was perhaps here before we heard of it. Says whether somebody came or went."""
        kept, state, gone = self._kept(), self._core.directory.state, False
        for stay in self._keys.presence.stays:
            device = state.device_by_id(stay.device)
            believed = device is not None and state.is_active(device)
            if stay.id != self._me.id and not (believed and self._admitted(kept, stay.person)):
                self._keys.presence.left(stay.device, self._now_ms())
                gone = True
        return await self.judge_outside() or gone

    async def judge_outside(self) -> bool:
        """Whoever was here before we heard that he may be; says whether there was somebody."""
        let_in = False
        for data in list(self._outside.values()):
            with suppress(JinshuError):
                await self.came_in(data)
                let_in = True
        return let_in

    def _admitted(self, kept: Kept, person: str) -> bool:
        try:
            check_admitted(kept, person, self._came.__contains__)
        except JinshuError:
            return False
        return True
