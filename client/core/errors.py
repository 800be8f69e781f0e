"""Faults of libraries told in our own codes, for whoever shows them."""

from __future__ import annotations

import errno

from sqlalchemy.exc import DatabaseError

from protocol.errors import ErrorCode, JinshuError


def as_jinshu_error(error: BaseException) -> JinshuError:
    """The error to show for `error`; what nobody foresaw is a fault of the client."""
    if isinstance(error, JinshuError):
        return error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return JinshuError(ErrorCode.STORE_FULL)
    if isinstance(error, DatabaseError):
        full = "full" in str(error.orig)
        return JinshuError(ErrorCode.STORE_FULL if full else ErrorCode.STORE_DAMAGED)
    return JinshuError(ErrorCode.CLIENT_INTERNAL)
