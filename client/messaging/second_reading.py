"""Messages that an older version of this program refused to read: read again, once, by the version that can.

A reader up to 0b7cb7c took no text with a direction mark, a private-use character or more than 20,000 characters. What it kept
is the signed ciphertext, and Megolm opens it as often as wanted.
"""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Connection

from client.core.client import CoreClient
from client.core.events import ConversationsChanged, Event, Unlocked
from client.messaging import ledger
from client.messaging.reading import read_late
from protocol.errors import ErrorCode

_log = logging.getLogger(__name__)
_NAME: Final = "messaging.reader"
_READER: Final = 2  # one more whenever a message can be read that could not be before
_REFUSED: Final = (ErrorCode.WIRE_MALFORMED, ErrorCode.WIRE_TOO_LARGE, ErrorCode.WIRE_UNKNOWN_TYPE)


class SecondReading:
    """Begins whenever the store was opened, and has nothing to do but after an update."""

    def __init__(self, core: CoreClient) -> None:
        self._core = core
        core.bus.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, Unlocked):
            self._core.tasks.start("second reading", self.read())

    async def read(self) -> None:
        """Read what was refused, in one transaction with the note that it was done."""
        if await self._core.settings.load(_NAME, 1) >= _READER:
            return
        changed = await self._core.store.write(self._read)
        if changed:
            self._core.bus.publish(ConversationsChanged(changed))

    def _read(self, connection: Connection) -> tuple[str, ...]:
        """The conversations in which more can be read now."""
        refused = ledger.with_fault(connection, _REFUSED)
        for kept in refused:
            read_late(connection, self._core, kept)
        self._core.settings.set(connection, _NAME, _READER)
        _log.info("read %d messages again", len(refused))
        return tuple(sorted({kept.conversation for kept in refused}))
