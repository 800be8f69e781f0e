"""Who calls: FastAPI dependencies that turn headers into a session, or refuse."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from fastapi import Request

from protocol.errors import ErrorCode, JinshuError
from protocol.wire.base import PROTOCOL_HEADER
from server_stub.auth.sessions import Session, Sessions

# Coroutines, though they wait for nothing: FastAPI hands plain functions to a thread, at a millisecond a request.
Caller: TypeAlias = Callable[[Request], Awaitable[Session]]


def device_caller(sessions: Sessions) -> Caller:
    """Only a device's session will do."""

    async def caller(request: Request) -> Session:
        session = _session(sessions, request)
        if session.is_operator:
            raise JinshuError(ErrorCode.SESSION_UNAUTHORISED)
        return session

    return caller


def operator_caller(sessions: Sessions) -> Caller:
    """Only the operator's session will do."""

    async def caller(request: Request) -> Session:
        session = _session(sessions, request)
        if not session.is_operator:
            raise JinshuError(ErrorCode.SESSION_UNAUTHORISED)
        return session

    return caller


def any_caller(sessions: Sessions) -> Caller:
    """A device or the operator."""

    # A function with types: of a lambda FastAPI would read `request` as a query parameter.
    async def caller(request: Request) -> Session:
        return _session(sessions, request)

    return caller


def _session(sessions: Sessions, request: Request) -> Session:
    return sessions.check(request.headers.get("authorization"), request.headers.get(PROTOCOL_HEADER))


def address(request: Request) -> str:
    """Where a request comes from, for rate limits only."""
    return request.client.host if request.client is not None else ""
