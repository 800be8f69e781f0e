"""After an update that indexes otherwise: the former index is moved into the new one while the program is used."""

from __future__ import annotations

from typing import Final

from client.core.bus import EventBus
from client.core.events import IndexMoved
from client.core.store import search
from client.core.store.store_port import StorePort

# A message that arrives waits for one batch at most: 100 ms on two busy cores.
_BATCH: Final = 500


class SearchUpdate:
    """Moves the newest first, each batch in a transaction of its own: whatever ends it, it goes on from there."""

    def __init__(self, store: StorePort, bus: EventBus) -> None:
        self._store = store
        self._bus = bus

    async def run(self) -> None:
        """Until all is moved; at once when there is nothing to move.

        Raises:
            JinshuError: store.locked.
        """
        total = await self._store.read(search.former_size)
        done = 0
        while True:
            moved = await self._store.write(lambda connection: search.move_former(connection, _BATCH))
            done += moved
            if total:
                self._bus.publish(IndexMoved(min(done, total), total))
            if moved < _BATCH:
                return
