"""Faults on their way to the wire: one table from code to HTTP status, one body for all (C18)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from protocol.errors import ErrorCode, JinshuError, LocalProtocolError, Recovery

_log = logging.getLogger(__name__)
_STATUS: Final = {
    ErrorCode.SESSION_EXPIRED: 401,
    ErrorCode.SESSION_UNAUTHORISED: 401,
    ErrorCode.SESSION_NONCE_USED: 401,
    ErrorCode.SESSION_UPGRADE_REQUIRED: 426,
    ErrorCode.CERTIFICATE_REVOKED: 403,
    ErrorCode.CERTIFICATE_EXPIRED: 403,
    ErrorCode.CERTIFICATE_UNTRUSTED: 403,
    ErrorCode.CERTIFICATE_UNKNOWN: 403,
    ErrorCode.CERTIFICATE_WRONG_PROFILE: 403,
    ErrorCode.DIRECTORY_NOT_AUTHORISED: 403,
    ErrorCode.DOCUMENTS_NOT_AUTHORISED: 403,
    ErrorCode.REQUEST_NOT_FOUND: 404,
    ErrorCode.DIRECTORY_UNKNOWN: 404,
    ErrorCode.DIRECTORY_SNAPSHOT_MISSING: 404,
    ErrorCode.BLOBS_UNKNOWN: 404,
    ErrorCode.UPDATES_MISSING: 404,
    ErrorCode.DOCUMENTS_UNKNOWN: 404,
    ErrorCode.ENROLMENT_WRONG_CODE: 404,
    ErrorCode.DOCUMENTS_STALE_HEAD: 409,
    ErrorCode.KEYS_GENERATION_CONFLICT: 409,
    ErrorCode.NUMBERS_CONFLICT: 409,
    ErrorCode.SYNC_ID_REUSED: 409,
    ErrorCode.BLOBS_OFFSET: 409,
    ErrorCode.WIRE_TOO_LARGE: 413,
    ErrorCode.BLOBS_TOO_LARGE: 413,
    ErrorCode.REQUEST_RATE_LIMITED: 429,
    ErrorCode.ENROLMENT_RATE_LIMITED: 429,
}


def reply(error: JinshuError) -> JSONResponse:
    """The answer to a refused request: a stable code, visible parameters, and what can be done."""
    content = {"code": error.code.value, "params": error.params, "recovery": error.recovery.value}
    return JSONResponse(content, status_code=_STATUS.get(error.code, 400))


# Writes down that a known caller sent what could not be read, or too much.
Noticed: TypeAlias = Callable[[Request, ErrorCode], Awaitable[None]]


def install(app: FastAPI, noticed: Noticed) -> None:
    """Teach the application to answer every fault; nothing of a request is ever echoed or logged."""

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, JinshuError)
        if error.code is ErrorCode.REQUEST_RATE_LIMITED:
            await noticed(request, error.code)
        if isinstance(error, LocalProtocolError):
            _log.error("our own fault: %s", error.code.value, exc_info=error)
        return reply(error)

    async def malformed(request: Request, _error: Exception) -> JSONResponse:
        await noticed(request, ErrorCode.WIRE_MALFORMED)
        return reply(JinshuError(ErrorCode.WIRE_MALFORMED))

    async def unrouted(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code = ErrorCode.REQUEST_NOT_FOUND if error.status_code in (404, 405) else ErrorCode.WIRE_MALFORMED
        return reply(JinshuError(code))

    async def unexpected(_request: Request, error: Exception) -> JSONResponse:
        # The type alone: an exception's text may hold what was sent.
        _log.error("unexpected: %s", type(error).__name__, exc_info=error)
        body = {"code": ErrorCode.SERVER_INTERNAL.value, "params": {}, "recovery": Recovery.RETRY.value}
        return JSONResponse(body, status_code=500)

    app.add_exception_handler(JinshuError, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, unrouted)
    app.add_exception_handler(Exception, unexpected)
