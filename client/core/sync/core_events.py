"""Events of the device's log that concern the core itself: the directory grew, this device was revoked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from sqlalchemy import Connection

from client.core.events import Event, NoticeRaised
from client.core.sync.pull import Apply, LogEvent
from protocol.errors import ErrorCode, RemoteProtocolError


class DirectoryGrew:
    """Brings the directory up to the size the server says before the log moves on."""

    kind = "directory"

    def __init__(self, catch_up: Callable[[int], Awaitable[None]]) -> None:
        self._catch_up = catch_up

    async def prepare(self, event: LogEvent) -> Apply:
        size = event.body.get("size")
        if type(size) is not int:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        await self._catch_up(size)
        return _nothing


class DeviceRevoked:
    """Says aloud that the server takes this device for revoked; the directory is what proves it."""

    kind = "revoked"

    async def prepare(self, event: LogEvent) -> Apply:
        return _revoked


def _nothing(connection: Connection) -> Iterable[Event]:
    return ()


def _revoked(connection: Connection) -> Iterable[Event]:
    return (NoticeRaised(ErrorCode.CERTIFICATE_REVOKED),)
