"""HTTP requests and their faults: what httpx raises or the server answers becomes a JinshuError here and
nowhere else."""

from __future__ import annotations

import json
import logging
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from client.core.connection.address import ServerAddress
from client.core.connection.plain_httpx import httpx
from client.core.connection.sockets import PooledTransport
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError, UnknownRefusal
from protocol.release import LOWEST_PROTOCOL, PROTOCOL_VERSION
from protocol.wire.base import PROTOCOL_HEADER

_log = logging.getLogger(__name__)
_TIMEOUT: Final = httpx.Timeout(20.0, connect=5.0)
_MAX_REPLY: Final = 64 << 20
_MAX_FAULT: Final = 64 << 10
_PLAIN: Final = "identity"
_CODES: Final = frozenset(code.value for code in ErrorCode)
_CODE: Final = re.compile(r"[a-z_]{1,32}\.[a-z_]{1,48}")


class Transport:
    """One connection pool to one server."""

    def __init__(self, address: ServerAddress, context: ssl.SSLContext) -> None:
        self._client = httpx.AsyncClient(
            base_url=address.https,
            transport=PooledTransport(context),
            trust_env=False,  # no proxy: the server is in the same network, and a proxy would see the headers
            timeout=_TIMEOUT,
            # Never packed: 382 KiB of gzip became 903 MB.
            headers={PROTOCOL_HEADER: str(PROTOCOL_VERSION), "Accept-Encoding": _PLAIN},
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: bytes | None = None,
        media_type: str = "application/json",
        params: Mapping[str, str | int] | None = None,
    ) -> bytes:
        """Send one request and return the body of a good reply.

        Raises:
            JinshuError: what the server answered, network.unreachable or network.untrusted, wire.too_large, or
                wire.malformed for a packed reply.
        """
        headers = _headers(token)
        if body is not None:
            headers["Content-Type"] = media_type
        try:
            async with self._client.stream(
                method, path, content=body, headers=headers, params=dict(params) if params else None
            ) as reply:
                if reply.status_code >= 400:
                    raise fault(reply.status_code, await _body(reply, _MAX_FAULT))
                return await _body(reply, _MAX_REPLY)
        except httpx.HTTPError as error:
            raise unreachable(error) from None

    @asynccontextmanager
    async def stream(
        self, path: str, *, token: str | None, offset: int
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of a blob from `offset` on, as they come."""
        headers = {**_headers(token), "Range": f"bytes={offset}-"}
        try:
            async with self._client.stream("GET", path, headers=headers) as reply:
                if reply.status_code >= 400:
                    raise fault(reply.status_code, await _body(reply, _MAX_FAULT))
                if offset and reply.status_code != httpx.codes.PARTIAL_CONTENT:
                    raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
                _refuse_packed(reply)
                yield reply.aiter_raw()
        except httpx.HTTPError as error:
            raise unreachable(error) from None


async def _body(reply: httpx.Response, most: int) -> bytes:
    """The body of a reply, of which no more is taken than `most` bytes."""
    _refuse_packed(reply)
    body = bytearray()
    async for piece in reply.aiter_raw():
        body += piece
        if len(body) > most:
            raise RemoteProtocolError(ErrorCode.WIRE_TOO_LARGE)
    return bytes(body)


def _refuse_packed(reply: httpx.Response) -> None:
    if reply.headers.get("Content-Encoding", _PLAIN).strip().lower() not in {"", _PLAIN}:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)


def fault(status: int, content: bytes) -> JinshuError:
    """The error a reply of the server means. A newer server's code is shown as such; what is none is the server's fault."""
    try:
        value = json.loads(content)
        word = str(value["code"])
        params = {str(name): str(text) for name, text in dict(value.get("params") or {}).items()}
        if word not in _CODES and _CODE.fullmatch(word):
            return UnknownRefusal(word, _recovery(value.get("recovery")))
        code = ErrorCode(word)
    except (ValueError, KeyError, TypeError):
        _log.warning("a reply with status %d carried no error code we know", status)
        if status >= 500:
            return JinshuError(ErrorCode.NETWORK_SERVER_FAILED, status=str(status))
        return RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
    if code is ErrorCode.SESSION_UPGRADE_REQUIRED and _is_older(params.get("protocol", "")):
        return JinshuError(ErrorCode.SESSION_SERVER_OUTDATED, **params)
    return JinshuError(code, **params)


def _is_older(protocol: str) -> bool:
    """Whether the version a server asks for is one before ours: then it is the server that is behind."""
    return protocol.isdecimal() and int(protocol) < LOWEST_PROTOCOL


def _recovery(word: object) -> Recovery:
    return next((known for known in Recovery if known.value == word), Recovery.USER)


def _headers(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def unreachable(error: httpx.HTTPError) -> JinshuError:
    """The error a failed request means: network.untrusted, or network.unreachable."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            _log.warning("the server's certificate is not of our root: %s", cause.verify_message)
            return JinshuError(ErrorCode.NETWORK_UNTRUSTED)
        cause = cause.__cause__ or cause.__context__
    _log.info("the server cannot be reached: %s", type(error).__name__)
    return JinshuError(ErrorCode.NETWORK_UNREACHABLE)
