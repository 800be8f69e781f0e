"""Entries, objects and their keys as this device keeps them: what was signed, where it stands, and what it says when opened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.sqlite import insert

from client.cases.rows import Standing
from client.core.store.documents import ENTRIES, OBJECTS, PASSED_PLACES
from protocol.cases.objects import ObjectKind, object_kind
from protocol.crypto import cbor

_FIELDS_LIMIT = 4 << 20
_WRAPS_LIMIT = 16 << 20


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One entry here. `n` is its place in the chain, None until the device's log has brought it."""

    id: bytes
    object: str
    case: str
    n: int | None
    signed: bytes
    ciphertext: bytes
    number_entry: bytes | None
    receipt: bytes | None
    received_at: int | None
    fields: dict[str, Any] | None
    standing: Standing
    refusal: str | None
    fault: str | None


def keep_object(connection: Connection, object_id: str, case: str) -> None:
    row = {"id": object_id, "kind": object_kind(object_id).value, "case_id": case}
    connection.execute(insert(OBJECTS).values(row).on_conflict_do_nothing())


def case_of(connection: Connection, object_id: str) -> str | None:
    return connection.execute(select(OBJECTS.c.case_id).where(OBJECTS.c.id == object_id)).scalar_one_or_none()


def cases(connection: Connection) -> list[str]:
    return list(connection.execute(select(OBJECTS.c.case_id).distinct()).scalars())


def keys_of(connection: Connection, object_id: str) -> dict[bytes, bytes]:
    """The keys of an object this device holds, by commitment."""
    packed = connection.execute(select(OBJECTS.c.key).where(OBJECTS.c.id == object_id)).scalar_one_or_none()
    return _keys(packed)


def keys_of_case(connection: Connection, case: str) -> dict[str, dict[bytes, bytes]]:
    """The same of every object of a case."""
    rows = connection.execute(select(OBJECTS.c.id, OBJECTS.c.key).where(OBJECTS.c.case_id == case))
    return {row.id: _keys(row.key) for row in rows}


def keep_key(connection: Connection, object_id: str, commitment: bytes, key: bytes) -> None:
    keys = keys_of(connection, object_id) | {commitment: key}
    packed = cbor.encode({name.hex(): value for name, value in keys.items()})
    connection.execute(update(OBJECTS).where(OBJECTS.c.id == object_id).values(key=packed))


def put(connection: Connection, kept: StoredEntry, wraps: list[bytes]) -> None:
    """Write an entry, or what is newer of it: its place, its receipt, what it says."""
    keep_object(connection, kept.object, kept.case)
    row: dict[str, Any] = {
        "entry_id": kept.id,
        "object": kept.object,
        "n": kept.n,
        "signed": kept.signed,
        "ciphertext": kept.ciphertext,
        "wraps": cbor.encode(wraps),
        "number_entry": kept.number_entry,
        "receipt": kept.receipt,
        "received_at": kept.received_at,
        "fields": None if kept.fields is None else cbor.encode(kept.fields),
        "standing": kept.standing.value,
        "refusal": kept.refusal,
        "fault": kept.fault,
    }
    known = {name: row[name] for name in ("n", "receipt", "received_at", "standing", "refusal")}
    if kept.fields is not None:
        known["fields"] = row["fields"]
    statement = insert(ENTRIES).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["entry_id"], set_=known))


def find(connection: Connection, entry_id: bytes) -> StoredEntry | None:
    row = connection.execute(_joined().where(ENTRIES.c.entry_id == entry_id)).first()
    return None if row is None else _kept(row)


def of_case(connection: Connection, case: str) -> list[StoredEntry]:
    """Everything kept of a case: what is in the chains in the order it was received, then what is on its way."""
    rows = connection.execute(_joined().where(OBJECTS.c.case_id == case)).all()
    found = [_kept(row) for row in rows]
    never = 1 << 62
    return sorted(found, key=lambda k: (k.n is None, k.received_at or never, k.n or never))


def lines(connection: Connection) -> list[bytes]:
    """The lines of ledgers that came with entries this device's log has brought."""
    brought = ENTRIES.c.n.is_not(None) & ENTRIES.c.number_entry.is_not(None)
    return list(connection.execute(select(ENTRIES.c.number_entry).where(brought)).scalars())


def of_kind(connection: Connection, kind: ObjectKind) -> list[StoredEntry]:
    """Every entry kept of objects of a kind, of all cases."""
    return [_kept(row) for row in connection.execute(_joined().where(OBJECTS.c.kind == kind.value))]


def any_on_its_way(connection: Connection, case: str) -> bool:
    """Whether a case has entries of mine that this device's log has not brought."""
    chosen = select(ENTRIES.c.entry_id).join(OBJECTS, OBJECTS.c.id == ENTRIES.c.object)
    waiting = chosen.where(OBJECTS.c.case_id == case, ENTRIES.c.n.is_(None)).limit(1)
    return connection.execute(waiting).first() is not None


def closed_cases(connection: Connection) -> list[str]:
    """Cases with something this device could not open yet."""
    chosen = select(OBJECTS.c.case_id).join(ENTRIES, ENTRIES.c.object == OBJECTS.c.id)
    return list(connection.execute(chosen.where(ENTRIES.c.fields.is_(None)).distinct()).scalars())


def wraps_of(connection: Connection, case: str) -> dict[bytes, list[bytes]]:
    """The wraps for my principals that came with each entry of a case."""
    chosen = select(ENTRIES.c.entry_id, ENTRIES.c.wraps).join(OBJECTS, OBJECTS.c.id == ENTRIES.c.object)
    rows = connection.execute(chosen.where(OBJECTS.c.case_id == case))
    return {row.entry_id: list(cbor.decode(row.wraps, limit=_WRAPS_LIMIT)) for row in rows}


def opened(connection: Connection, entry_id: bytes, fields: dict[str, Any], fault: str | None) -> None:
    connection.execute(
        update(ENTRIES).where(ENTRIES.c.entry_id == entry_id).values(fields=cbor.encode(fields), fault=fault)
    )


def withdraw(connection: Connection, entry_id: bytes) -> None:
    """Forget an entry that is about to be judged again; the keys of its object stay."""
    connection.execute(ENTRIES.delete().where(ENTRIES.c.entry_id == entry_id, ENTRIES.c.n.is_not(None)))


def close_again(connection: Connection, faults: Collection[str]) -> None:
    """Let what could not be read for one of those reasons be opened anew."""
    chosen = update(ENTRIES).where(ENTRIES.c.fault.in_(faults))
    connection.execute(chosen.values(fields=None, fault=None))


def pass_over(connection: Connection, object_id: str, n: int, receipt: bytes) -> None:
    """Remember the place of an entry that was refused."""
    row = {"object": object_id, "n": n, "receipt": receipt}
    connection.execute(insert(PASSED_PLACES).values(row).on_conflict_do_nothing())


def passed_in(connection: Connection, case: str) -> dict[str, tuple[int, bytes]]:
    """The newest place of a refused entry in each object of a case that has one."""
    chosen = select(PASSED_PLACES).join(OBJECTS, OBJECTS.c.id == PASSED_PLACES.c.object)
    rows = connection.execute(chosen.where(OBJECTS.c.case_id == case).order_by(PASSED_PLACES.c.n))
    return {row.object: (row.n, row.receipt) for row in rows}


def refuse(connection: Connection, entry_id: bytes, code: str) -> None:
    connection.execute(
        update(ENTRIES)
        .where(ENTRIES.c.entry_id == entry_id)
        .values(standing=Standing.REFUSED.value, refusal=code)
    )


def revive(connection: Connection, entry_id: bytes) -> None:
    """A refused entry is tried once more."""
    connection.execute(
        update(ENTRIES)
        .where(ENTRIES.c.entry_id == entry_id, ENTRIES.c.standing == Standing.REFUSED.value)
        .values(standing=Standing.PENDING.value, refusal=None)
    )


def settle(connection: Connection, entry_id: bytes, receipt: bytes, received_at: int) -> None:
    """The server has it; its place comes with this device's log."""
    connection.execute(
        update(ENTRIES)
        .where(ENTRIES.c.entry_id == entry_id)
        .values(standing=Standing.SETTLED.value, refusal=None, receipt=receipt, received_at=received_at)
    )


def remove(connection: Connection, entry_id: bytes) -> None:
    """Forget an entry that was never accepted, and its object when nothing else is in it."""
    object_id = connection.execute(
        select(ENTRIES.c.object).where(ENTRIES.c.entry_id == entry_id)
    ).scalar_one_or_none()
    connection.execute(ENTRIES.delete().where(ENTRIES.c.entry_id == entry_id))
    left = connection.execute(
        select(func.count()).select_from(ENTRIES).where(ENTRIES.c.object == object_id)
    ).scalar_one()
    if not left:
        connection.execute(OBJECTS.delete().where(OBJECTS.c.id == object_id))


def _keys(packed: bytes | None) -> dict[bytes, bytes]:
    return {} if packed is None else {bytes.fromhex(name): key for name, key in cbor.decode(packed).items()}


def _joined() -> Any:
    return select(ENTRIES, OBJECTS.c.case_id).join(OBJECTS, OBJECTS.c.id == ENTRIES.c.object)


def _kept(row: Row[Any]) -> StoredEntry:
    return StoredEntry(
        id=row.entry_id,
        object=row.object,
        case=row.case_id,
        n=row.n,
        signed=row.signed,
        ciphertext=row.ciphertext,
        number_entry=row.number_entry,
        receipt=row.receipt,
        received_at=row.received_at,
        fields=None if row.fields is None else cbor.decode(row.fields, limit=_FIELDS_LIMIT),
        standing=Standing(row.standing),
        refusal=row.refusal,
        fault=row.fault,
    )
