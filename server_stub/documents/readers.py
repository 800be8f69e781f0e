"""Who follows an object: the devices of the principals its key was sealed to, and of those who hold its whole case."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from protocol.crypto import cbor
from protocol.directory.state import DirectoryState
from server_stub.database.tables import OBJECT_WRAPS
from server_stub.documents import case_store
from server_stub.relay import device_logs

KIND = "entry"


def principals_of(connection: Connection, object_id: str) -> set[str]:
    chosen = select(OBJECT_WRAPS.c.principal).where(OBJECT_WRAPS.c.object == object_id).distinct()
    return set(connection.execute(chosen).scalars())


def devices_of(state: DirectoryState, principals: Iterable[str]) -> set[str]:
    """The devices that hold the newest key of any of them and are still those of members."""
    return {device for principal in principals for device in state.holders(principal)}


def may_read(connection: Connection, state: DirectoryState, device: str, object_id: str, case: str) -> bool:
    """Whether a device follows an object."""
    principals = principals_of(connection, object_id) | principals_of(connection, case)
    return device in devices_of(state, principals)


def tell(
    connection: Connection,
    state: DirectoryState,
    *,
    case: str,
    object_id: str,
    entry_id: bytes,
    before: set[str],
    now: int,
) -> list[str]:
    """Put a new entry into the logs of its readers; whoever becomes one by it gets the chain from its beginning.

    `before`: the principals of the object as they were without the entry.
    """
    of_case = principals_of(connection, case)
    had = devices_of(state, before if object_id == case else before | of_case)
    have = devices_of(state, principals_of(connection, object_id) | of_case)
    reached = device_logs.append(connection, had & have, KIND, cbor.encode(entry_id), now)
    fresh = have - had
    if fresh:
        whole = (
            case_store.entry_ids(connection, case=case)
            if object_id == case
            else case_store.entry_ids(connection, object_id=object_id)
        )
        for known in whole:
            device_logs.append(connection, fresh, KIND, cbor.encode(known), now)
    return sorted({*reached, *fresh})


def backfill(
    connection: Connection, before: DirectoryState, after: DirectoryState, principal: str, now: int
) -> list[str]:
    """Give devices that have just come to hold a principal's key everything that was ever sealed to it."""
    fresh = after.holders(principal) - before.holders(principal)
    if not fresh:
        return []
    chosen = select(OBJECT_WRAPS.c.object, OBJECT_WRAPS.c.case_id).where(
        OBJECT_WRAPS.c.principal == principal
    )
    rows = connection.execute(chosen.distinct()).all()
    wanted: dict[bytes, None] = {}
    for row in rows:
        of_case = row.object == row.case_id
        ids = (
            case_store.entry_ids(connection, case=row.case_id)
            if of_case
            else case_store.entry_ids(connection, object_id=row.object)
        )
        wanted |= dict.fromkeys(ids)
    for entry_id in wanted:
        device_logs.append(connection, fresh, KIND, cbor.encode(entry_id), now)
    return sorted(fresh) if wanted else []
