"""The real push channel: a WebSocket of the server, on which it alone speaks."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException

from client.core.connection.api import Api
from client.core.connection.link import PushChannel
from client.core.connection.transport import fault
from client.core.sync.pull import LogEvent
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.release import PROTOCOL_VERSION
from protocol.wire.base import PROTOCOL_HEADER

_log = logging.getLogger(__name__)
_MAX_MESSAGE: Final = 8 << 20
# A client that stops owes the server no farewell: locking must not wait ten seconds for a busy server's answer to one.
_CLOSE_SECONDS: Final = 1.0
_UNAUTHORIZED: Final = (401, 403)


def websocket_channel(api: Api) -> PushChannel:
    """The real channel to `api`'s server."""

    @asynccontextmanager
    async def channel() -> AsyncIterator[AsyncIterator[LogEvent]]:
        token = await api.token()
        headers = {"Authorization": f"Bearer {token}", PROTOCOL_HEADER: str(PROTOCOL_VERSION)}
        try:
            async with connect(
                f"{api.address.websocket}/stream",
                ssl=api.tls,
                additional_headers=headers,
                compression=None,
                max_size=_MAX_MESSAGE,
                close_timeout=_CLOSE_SECONDS,
                proxy=None,
            ) as socket:
                yield _events(socket)
        except InvalidStatus as error:
            if error.response.status_code in _UNAUTHORIZED:
                # A refused handshake has no body; the next request tells why.
                api.drop_token(token)
                raise JinshuError(ErrorCode.SESSION_EXPIRED) from None
            raise fault(error.response.status_code, bytes(error.response.body or b"")) from None
        except ConnectionClosed as error:
            raise _closed(error) from None
        except (OSError, InvalidHandshake, TimeoutError) as error:
            _log.info("the push channel failed: %s", type(error).__name__)
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE) from None
        except WebSocketException:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None

    return channel


def _closed(error: ConnectionClosed) -> JinshuError:
    """What the server gave as its reason, if it gave one."""
    reason = error.rcvd.reason if error.rcvd is not None else ""
    try:
        return JinshuError(ErrorCode(reason))
    except ValueError:
        return JinshuError(ErrorCode.NETWORK_UNREACHABLE)


async def _events(socket: AsyncIterable[str | bytes]) -> AsyncIterator[LogEvent]:
    async for message in socket:
        yield read_event(message)


def read_event(message: str | bytes) -> LogEvent:
    """One pushed event, checked for shape."""
    try:
        value = json.loads(message)
        number, kind, body = value["n"], value["kind"], value["body"]
    except (ValueError, KeyError, TypeError):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None
    if type(number) is not int or not isinstance(kind, str) or not isinstance(body, dict):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
    return LogEvent(number, kind, body)
