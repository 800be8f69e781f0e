"""Who follows an object: the devices of the principals its key was sealed to, and of those who hold its whole case."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from protocol.crypto import cbor
from protocol.directory.state import DirectoryState
from server_stub import device_logs
from server_stub.cases import store
from server_stub.database.tables import OBJECT_WRAPS

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
            store.entry_ids(connection, case=case)
            if object_id == case
            else store.entry_ids(connection, object_id=object_id)
        )
        for known in whole:
            device_logs.append(connection, fresh, KIND, cbor.encode(known), now)
    return sorted({*reached, *fresh})


def backfill(
    connection: Connection, before: DirectoryState, after: DirectoryState, principal: str, now: int
) -> list[str]:
    """Give devices that have just come to hold a principal's key everything that was ever sealed to it."""
    fresh = after.holders(principal) - before.holders(principal)
    if not fresh or not _sealed_to(connection, {principal}):
        return []
    for entry_id in _sealed_to(connection, {principal}):
        device_logs.append(connection, fresh, KIND, cbor.encode(entry_id), now)
    return sorted(fresh)


def refill(connection: Connection, state: DirectoryState, device: str, now: int) -> None:
    """Put everything a device may read into its log once more: it was away longer than events are kept (C20)."""
    found = state.device_by_id(device)
    principals = state.organisation.principals_of(found.person) if found is not None else frozenset()
    held = {principal for principal in principals if device in state.holders(principal)}
    for entry_id in _sealed_to(connection, held):
        device_logs.append(connection, [device], KIND, cbor.encode(entry_id), now)


def _sealed_to(connection: Connection, principals: set[str]) -> list[bytes]:
    """Every entry of every object sealed to any of them, in the order they were accepted."""
    chosen = select(OBJECT_WRAPS.c.object, OBJECT_WRAPS.c.case_id).where(
        OBJECT_WRAPS.c.principal.in_(sorted(principals))
    )
    # A whole case in the order it was accepted, and only then objects of which nothing else is to be read.
    rows = sorted(connection.execute(chosen.distinct()).all(), key=lambda row: row.object != row.case_id)
    wanted: dict[bytes, None] = {}
    for row in rows:
        of_case = row.object == row.case_id
        ids = (
            store.entry_ids(connection, case=row.case_id)
            if of_case
            else store.entry_ids(connection, object_id=row.object)
        )
        wanted |= dict.fromkeys(ids)
    return list(wanted)
