"""A store that was copied back from a backup: how that is noticed, and how far its gap reaches.

What the server acknowledged to this device is more than this store has read, or an act that this device signed comes in its log
and is not known here: then the store is an earlier one, or a second copy of it is in use. The server can invent the first, which
costs new keys and nothing else; nobody but this device can make the second. No ratchet is written with either way
(`client/core/keys/ratchets.py`, `retire_sessions`); what has to be made good is that others use keys whose private halves this
store does not have, and do not know it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Final

from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.events import Event, NoticeRaised
from client.core.store import settings
from client.core.store.store_port import StorePort
from protocol.errors import ErrorCode

_log = logging.getLogger(__name__)
_NAME: Final = "core.copied_back"


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of this device's log up to which something may have come that this store cannot open.

    `keys_due`: the server still hands out keys of this device from the time that was lost.
    """

    upto: int = 0
    keys_due: bool = False

    def __bool__(self) -> bool:
        return self.upto > 0

    def __contains__(self, n: int) -> bool:
        return n <= self.upto


class CopiedBack:
    """Remembers the last gap; areas say what they do about one, in the transaction that writes it down."""

    def __init__(self, store: StorePort, bus: EventBus) -> None:
        self._store = store
        self._bus = bus
        self._gap = Gap()
        self._latest = 0  # of the log, when it was last looked at
        self._mends: list[Callable[[Connection], Iterable[Event]]] = []

    def register(self, mend: Callable[[Connection], Iterable[Event]]) -> None:
        """Say who has something to make good; before the core starts."""
        self._mends.append(mend)

    async def load(self) -> None:
        self._gap = Gap(**await self._store.read(lambda c: settings.get(c, _NAME, {})))

    def forget(self) -> None:
        self._gap = Gap()
        self._latest = 0

    @property
    def gap(self) -> Gap:
        return self._gap

    async def look(self, cursor: int, acknowledged: int, latest: int) -> None:
        """Compare what the server says this device acknowledged with what this store has read.

        Args:
            cursor: the last number of the log that this store has applied.
            acknowledged: the highest number the server says this device had on its disk.
            latest: the newest number of the log; up to it this device may have been sent what it cannot open.
        """
        self._latest = latest
        if acknowledged > max(cursor, self._gap.upto):
            await self._write_down(max(acknowledged, latest))

    async def unknown_act(self, n: int) -> None:
        """At this place of its log this device is shown an act that it signed and that this store does not know."""
        if n not in self._gap:
            # With all that lay in the log already: the next such act in it is the same gap, told once.
            await self._write_down(max(n, self._latest))

    async def keys_are_new(self) -> None:
        """The server hands out keys of this device that this store has."""
        await self._keep(replace(self._gap, keys_due=False))

    async def _write_down(self, upto: int) -> None:
        gap = Gap(upto, keys_due=True)

        def write(connection: Connection) -> list[Event]:
            settings.put(connection, _NAME, asdict(gap))
            return [event for mend in self._mends for event in mend(connection)]

        events = await self._store.write(write)
        self._gap = gap
        _log.warning("this store is an earlier one: what came up to %d of the log may not open", upto)
        self._bus.publish_all([NoticeRaised(ErrorCode.SYNC_COPIED_BACK), *events])

    async def _keep(self, gap: Gap) -> None:
        await self._store.write(lambda c: settings.put(c, _NAME, asdict(gap)))
        self._gap = gap
