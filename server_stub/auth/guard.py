"""Who calls is asked before a byte of the body is read, and how much is read depends on who it is and where it goes.

FastAPI reads and parses a body before it runs what a route depends on: 8 MiB of JSON from anybody held the one event loop for 21 s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from protocol.errors import ErrorCode, JinshuError
from protocol.wire.base import PROTOCOL_HEADER
from server_stub import faults
from server_stub.auth.sessions import Session, Sessions


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one body: its bytes, and the commas and opening brackets in it. Parsing costs by these: 2 MiB of unknown keys took
    4.8 s, as many bytes in one text 0.09 s, and no request of a client has more than some thousands."""

    size: int
    values: int | None

    def admit(self, size: int, values: int) -> bool:
        return size <= self.size and (self.values is None or values <= self.values)


STRANGER: Final = Bounds(64 << 10, 100)
DEVICE: Final = Bounds(2 << 20, 20_000)
OPERATOR: Final = Bounds(8 << 20, 500_000)  # a city's snapshot
PIECE: Final = Bounds(8 << 20, None)  # of a blob, which is not parsed

# What may be asked without a session; everything else may not, what is not there included.
OPEN: Final = (
    ("GET", re.compile(r"/v1/trust")),
    ("GET", re.compile(r"/v1/health")),
    ("GET", re.compile(r"/v1/updates/[^/]*/[^/]*")),
    ("GET", re.compile(r"/v1/enrolments/[^/]*")),
    ("POST", re.compile(r"/v1/enrolments")),
    ("POST", re.compile(r"/v1/session(/nonce)?")),
    ("POST", re.compile(r"/v1/directory/witness")),
)
_PIECE: Final = ("PATCH", re.compile(r"/v1/blobs/[^/]*"))
_OPERATOR: Final = re.compile(r"/v1/admin(/.*)?")
_VALUES: Final = (b",", b"[", b"{")


class RequestGuard:
    """ASGI middleware: refuses with the codes of sessions, or `wire.too_large`. WebSockets carry nothing in; they ask themselves."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            bounds = self._bounds(scope)
        except JinshuError as error:
            await faults.reply(error)(scope, receive, send)
            return
        await _Reading(self._app, bounds).run(scope, receive, send)

    def _bounds(self, scope: Scope) -> Bounds:
        headers, path = Headers(scope=scope), scope["path"]
        if any(scope["method"] == method and pattern.fullmatch(path) for method, pattern in OPEN):
            bounds = STRANGER
        else:
            session = self._sessions.check(headers.get("authorization"), headers.get(PROTOCOL_HEADER))
            bounds = _for_session(session, scope["method"], path)
        declared = headers.get("content-length", "0")
        if (
            not declared.isascii()
            or not declared.isdigit()
            or len(declared) > 18
            or int(declared) > bounds.size
        ):
            raise JinshuError(ErrorCode.WIRE_TOO_LARGE)
        return bounds


def _for_session(session: Session, method: str, path: str) -> Bounds:
    for_operator = _OPERATOR.fullmatch(path) is not None
    if for_operator and not session.is_operator:
        raise JinshuError(ErrorCode.SESSION_UNAUTHORISED)
    if for_operator:
        return OPERATOR
    return PIECE if method == _PIECE[0] and _PIECE[1].fullmatch(path) else DEVICE


class _Reading:
    """One request whose body is counted while it comes: a client may lie about its length, or say none."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds
        self._size = self._values = 0
        self._answered = False

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted() -> Message:
            message = await receive()
            self._count(message.get("body", b""))
            return message

        async def answer(message: Message) -> None:
            # The framework takes our refusal for a malformed body: what it would say is replaced.
            if self._within:
                await send(message)
            elif not self._answered:
                self._answered = True
                await faults.reply(JinshuError(ErrorCode.WIRE_TOO_LARGE))(scope, receive, send)

        await self._app(scope, counted, answer)

    @property
    def _within(self) -> bool:
        return self._bounds.admit(self._size, self._values)

    def _count(self, body: bytes) -> None:
        self._size += len(body)
        if self._bounds.values is not None:
            self._values += sum(map(body.count, _VALUES))
        if not self._within:
            raise JinshuError(ErrorCode.WIRE_TOO_LARGE)
