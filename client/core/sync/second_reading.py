"""What an earlier version could not read is read again, in order and once, after every change of the program's version (C41)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from client.core.store import events as table
from client.core.store import settings
from client.core.store.store_port import StorePort
from client.core.sync.pull import Pull

_log = logging.getLogger(__name__)
_READ_BY: Final = "core.read_by"


class SecondReading:
    """Begins anew after a crash where it was: what has been read is held no more."""

    def __init__(self, store: StorePort, pull: Pull, release: str) -> None:
        self._store = store
        self._pull = pull
        self._release = release
        self._areas: list[Callable[[], Awaitable[None]]] = []

    def register(self, area: Callable[[], Awaitable[None]]) -> None:
        """Say who has kept things beside the log that an earlier version could not read; before the core starts."""
        self._areas.append(area)

    async def run(self) -> None:
        """Read again if another version than this read last.

        Raises:
            JinshuError: something of it needs the server, which does not answer; nothing is lost by that.
        """
        if await self._store.read(lambda connection: settings.get(connection, _READ_BY)) == self._release:
            return
        held = await self._store.read(table.held)
        await self._pull.take_again(held)
        for area in self._areas:
            await area()
        await self._store.write(lambda connection: settings.put(connection, _READ_BY, self._release))
        left = await self._store.read(table.held)
        if held:
            _log.info("of %d events held by an earlier version %d are held still", len(held), len(left))
