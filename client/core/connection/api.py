"""Requests to the server in the models of protocol.wire, with the session inside."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from client.core.clock import Clock
from client.core.connection.address import ServerAddress
from client.core.connection.session import Session, Token
from client.core.connection.transport import Transport
from client.core.identity.keystore import Keystore
from client.core.sync.pull import LogEvent, LogPage
from protocol.crypto.signature import SignedType
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError
from protocol.release import LOWEST_PROTOCOL, PROTOCOL_VERSION, RELEASE
from protocol.wire.events import Acknowledgement, EventsReply, ResyncReply
from protocol.wire.session import NonceReply, NonceRequest, SessionReply, SessionRequest

ReplyT = TypeVar("ReplyT", bound=BaseModel)
Params = Mapping[str, str | int]
_BLOB: Final = "application/octet-stream"


class Api:
    """The server as this device sees it. `connect` gives it an address and a root; `disconnect` takes them
    away."""

    def __init__(self, clock: Clock, keystore: Keystore, on_skew: Callable[[int], None]) -> None:
        self._clock = clock
        self._keystore = keystore
        self._session = Session(clock, self._sign_in, on_skew)
        self._address: ServerAddress | None = None
        self._tls: ssl.SSLContext | None = None
        self._transport: Transport | None = None
        self._server_protocol = LOWEST_PROTOCOL

    def connect(self, address: ServerAddress, tls: ssl.SSLContext) -> None:
        self._address, self._tls = address, tls
        self._transport = Transport(address, tls)

    async def disconnect(self) -> None:
        self._session.drop()
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.close()

    @property
    def address(self) -> ServerAddress:
        if self._address is None:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._address

    @property
    def tls(self) -> ssl.SSLContext:
        if self._tls is None:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._tls

    async def token(self) -> str:
        return await self._session.token()

    def drop_token(self, token: str) -> None:
        self._session.drop(token)

    async def get(
        self, path: str, reply: type[ReplyT], params: Params | None = None, *, session: bool = True
    ) -> ReplyT:
        return _read(reply, await self._request("GET", path, params=params, session=session))

    async def post(self, path: str, model: BaseModel, reply: type[ReplyT], *, session: bool = True) -> ReplyT:
        """Send a model: what was not given is not sent, since a server of an earlier version may not know it."""
        body = model.model_dump_json(exclude_unset=True).encode()
        return _read(reply, await self.post_bytes(path, body, session=session))

    async def post_bytes(self, path: str, body: bytes, *, session: bool = True) -> bytes:
        """Send a body that was made before, such as an act's, and return the reply as it came."""
        return await self._request("POST", path, body=body, session=session)

    async def patch_bytes(self, path: str, data: bytes, reply: type[ReplyT], params: Params) -> ReplyT:
        return _read(reply, await self._request("PATCH", path, body=data, media_type=_BLOB, params=params))

    @asynccontextmanager
    async def stream_bytes(
        self, path: str, offset: int, *, session: bool = True
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        token = await self.token() if session else None
        async with self._open.stream(path, token=token, offset=offset) as chunks:
            yield chunks

    async def events(self, after: int, limit: int) -> LogPage:
        """A page of this device's log; with `acknowledge` this is the source the pull follows."""
        reply = await self.get("/events", EventsReply, {"after": after, "limit": limit})
        events = [LogEvent(event.n, event.kind, event.body) for event in reply.events]
        return LogPage(events, reply.latest, reply.acknowledged)

    async def acknowledge(self, n: int) -> None:
        await self.post_bytes("/events/ack", Acknowledgement(n=n).model_dump_json().encode())

    async def resync(self) -> LogPage:
        """Have this device's log filled again; the empty page after which it goes on."""
        reply = _read(ResyncReply, await self.post_bytes("/events/resync", b""))
        return LogPage((), reply.after, reply.acknowledged)

    async def server_protocol(self) -> int:
        """The version the server speaks, as it said when the session began."""
        await self.token()
        return self._server_protocol

    @property
    def _open(self) -> Transport:
        if self._transport is None:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._transport

    async def _request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        media_type: str = "application/json",
        params: Params | None = None,
        session: bool = True,
    ) -> bytes:
        transport = self._open
        if not session:
            return await transport.request(method, path, body=body, media_type=media_type, params=params)
        token = await self.token()
        try:
            return await transport.request(
                method, path, token=token, body=body, media_type=media_type, params=params
            )
        except JinshuError as error:
            if error.recovery is not Recovery.REAUTHENTICATE:
                raise
        # The server forgot the token (a restart, its own clock): one new session, one more try.
        self.drop_token(token)
        token = await self.token()
        return await transport.request(
            method, path, token=token, body=body, media_type=media_type, params=params
        )

    async def _sign_in(self) -> Token:
        me = self._keystore.me
        nonce = await self.post(
            "/session/nonce", NonceRequest(device_certificate=me.certificate), NonceReply, session=False
        )
        proof = await self._keystore.sign(
            SignedType.SESSION_PROOF,
            {
                "v": 1,
                "nonce": nonce.nonce,
                "device": me.device,
                "protocol": PROTOCOL_VERSION,
                "release": RELEASE,
                "server": self.address.host,
            },
        )
        request = SessionRequest(proof=proof.to_bytes(), certificate=me.certificate)
        reply = await self.post("/session", request, SessionReply, session=False)
        if reply.protocol < LOWEST_PROTOCOL:
            raise JinshuError(ErrorCode.SESSION_SERVER_OUTDATED, protocol=reply.protocol)
        self._server_protocol = reply.protocol
        return Token(reply.token, (reply.expires_at - reply.server_time) / 1000, reply.server_time)


def _read(model: type[ReplyT], content: bytes) -> ReplyT:
    try:
        return model.model_validate_json(content)
    except ValidationError:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None
