"""The size of a request is checked before its body is read, and while it is (a client may lie about it)."""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from protocol.errors import ErrorCode, JinshuError
from server_stub import faults

MAX_BODY: Final = 8 << 20


class BodyLimit:
    """ASGI middleware: bodies over the limit are answered `wire.too_large`."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._limit:
            await faults.reply(JinshuError(ErrorCode.WIRE_TOO_LARGE))(scope, receive, send)
            return
        seen = 0
        answered = False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise JinshuError(ErrorCode.WIRE_TOO_LARGE)
            return message

        async def answer(message: Message) -> None:
            # The framework takes our refusal for a malformed body: what it would say is replaced.
            nonlocal answered
            if seen <= self._limit:
                await send(message)
            elif not answered:
                answered = True
                await faults.reply(JinshuError(ErrorCode.WIRE_TOO_LARGE))(scope, receive, send)

        await self._app(scope, counted, answer)
