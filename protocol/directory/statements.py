"""What the fold asks of the CA's periodic statements besides their signatures (C45): the log they name, and since when they demand
witnesses."""

from __future__ import annotations

from collections.abc import Callable

from protocol.directory.log import CaStatement, OrganisationRoot
from protocol.directory.organisation import Organisation
from protocol.errors import ErrorCode, RemoteProtocolError


def check_log(
    statement: CaStatement, before: Organisation, size: int, root_at: Callable[[int], bytes] | None
) -> None:
    """Return if the log that a statement names, where it names one, is the beginning of this log.

    Args:
        before: the snapshot in force before the statement.
        size: leaves before it.
        root_at: the root of this log at a size up to that; None: nobody knows, and nothing is believed.

    Raises:
        JinshuError: `wire.malformed`, the site lets in clients that could not read it; `directory.split_view`.
    """
    if statement.log_size is None:
        return
    if not before.dates_statements:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="log_size")
    shown = root_at(statement.log_size) if root_at is not None and statement.log_size <= size else None
    if shown != statement.log_root:
        raise RemoteProtocolError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=statement.log_size)


def demanded_since(
    known: int | None, root: OrganisationRoot | None, organisation: Organisation
) -> int | None:
    """Since when (ms UTC) the site demands witnesses without a break, `known` before this snapshot: renewing one must not give a
    server that withholds co-signatures its first hours again."""
    if root is None or not organisation.log_policy.needed:
        return None
    return root.issued_at if known is None else known
