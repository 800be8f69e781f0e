"""Names the check that failed: what a part underneath refuses becomes the verifier's own code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from protocol.errors import ErrorCode, JinshuError


@contextmanager
def judged(code: ErrorCode, reason: str) -> Iterator[None]:
    """Everything inside is one check; `reason` says which part of it."""
    try:
        yield
    except JinshuError as error:
        if error.code.value.startswith("verify."):
            raise
        raise JinshuError(code, reason=reason) from error


def require(holds: bool, code: ErrorCode, reason: str) -> None:
    """Refuse unless it holds.

    Raises:
        JinshuError: the code.
    """
    if not holds:
        raise JinshuError(code, reason=reason)
