"""Entries on disk: loading a case's fold, finding an entry, and writing one with its wraps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection, Row, insert, select

from protocol.cases.entries import DocumentEntry
from protocol.cases.history import CaseFile, Placed
from protocol.cases.procedures import Procedures
from protocol.cases.receipts import ServerReceipt
from protocol.crypto.envelope import WrapRecord
from protocol.crypto.signature import Signed
from server_stub.database.tables import DOCUMENT_ENTRIES, OBJECT_WRAPS


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One accepted entry."""

    entry_id: bytes
    signed: bytes
    ciphertext: bytes
    number_entry: bytes | None
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Last:
    """The end of an object's chain: the last place and its receipt's entry id."""

    n: int
    receipt: bytes | None


def load(
    connection: Connection, case: str, procedures: Procedures, begins: DocumentEntry | None = None
) -> CaseFile:
    """Fold everything accepted into a case; it was checked when it was accepted. `begins`: an entry that would be its first."""
    wraps: dict[bytes, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(
        select(OBJECT_WRAPS.c.entry_id, OBJECT_WRAPS.c.principal, OBJECT_WRAPS.c.generation).where(
            OBJECT_WRAPS.c.case_id == case
        )
    ):
        wraps[row.entry_id][row.principal] = row.generation
    chosen = select(DOCUMENT_ENTRIES.c.entry_id, DOCUMENT_ENTRIES.c.signed, DOCUMENT_ENTRIES.c.receipt).where(
        DOCUMENT_ENTRIES.c.case_id == case
    )
    chain = [
        Placed(row.entry_id, _entry(row.signed, procedures), _receipt_id(row.receipt))
        for row in connection.execute(chosen.order_by(DOCUMENT_ENTRIES.c.position))
    ]
    first = chain[0].entry if chain else begins
    found = procedures.file(case, None if first is None else first.procedure)
    for placed in chain:
        found.apply(placed, wraps[placed.id])
    return found


# A case is folded for every act in it: the reading of so many entries is remembered.
@lru_cache(4096)
def _entry(signed: bytes, procedures: Procedures) -> DocumentEntry:
    return DocumentEntry.parse(Signed.parse(signed).value(), procedures)


@lru_cache(4096)
def _receipt_id(data: bytes) -> bytes:
    return Signed.parse(data).entry_id


def find(connection: Connection, entry_id: bytes) -> StoredEntry | None:
    row = connection.execute(select(DOCUMENT_ENTRIES).where(DOCUMENT_ENTRIES.c.entry_id == entry_id)).first()
    return None if row is None else _stored(row)


def case_of(connection: Connection, object_id: str) -> str | None:
    """The case an object belongs to."""
    chosen = select(DOCUMENT_ENTRIES.c.case_id).where(DOCUMENT_ENTRIES.c.object == object_id).limit(1)
    found = connection.execute(chosen).scalar()
    return None if found is None else str(found)


def of_object(connection: Connection, object_id: str) -> list[StoredEntry]:
    """An object's chain, oldest first."""
    chosen = select(DOCUMENT_ENTRIES).where(DOCUMENT_ENTRIES.c.object == object_id)
    return [_stored(row) for row in connection.execute(chosen.order_by(DOCUMENT_ENTRIES.c.n))]


def entry_ids(
    connection: Connection, *, case: str | None = None, object_id: str | None = None
) -> list[bytes]:
    """Ids of the entries of a case, or of an object, in the order they were accepted."""
    chosen = select(DOCUMENT_ENTRIES.c.entry_id)
    if case is not None:
        chosen = chosen.where(DOCUMENT_ENTRIES.c.case_id == case)
    if object_id is not None:
        chosen = chosen.where(DOCUMENT_ENTRIES.c.object == object_id)
    return list(connection.execute(chosen.order_by(DOCUMENT_ENTRIES.c.position)).scalars())


def last(connection: Connection, object_id: str) -> Last:
    """Where the next entry of an object goes."""
    row = connection.execute(
        select(DOCUMENT_ENTRIES.c.n, DOCUMENT_ENTRIES.c.receipt)
        .where(DOCUMENT_ENTRIES.c.object == object_id)
        .order_by(DOCUMENT_ENTRIES.c.n.desc())
        .limit(1)
    ).first()
    return Last(0, None) if row is None else Last(row.n, Signed.parse(row.receipt).entry_id)


def add(
    connection: Connection,
    signed: Signed,
    entry: DocumentEntry,
    ciphertext: bytes,
    wraps: Sequence[WrapRecord],
    number_entry: bytes | None,
    receipt: Signed,
) -> None:
    """Write an accepted entry."""
    facts = ServerReceipt.parse(receipt.value())
    connection.execute(
        insert(DOCUMENT_ENTRIES).values(
            entry_id=signed.entry_id,
            case_id=entry.case,
            object=entry.object,
            n=facts.n,
            signed=signed.to_bytes(),
            ciphertext=ciphertext,
            number_entry=number_entry,
            receipt=receipt.to_bytes(),
            received_at=facts.received_at,
        )
    )
    for record in wraps:
        connection.execute(
            insert(OBJECT_WRAPS).values(
                hash=record.hash,
                entry_id=signed.entry_id,
                case_id=entry.case,
                object=entry.object,
                principal=record.principal,
                generation=record.generation,
                record=record.to_bytes(),
            )
        )


def wraps_for(connection: Connection, entry_id: bytes, principals: Iterable[str]) -> list[bytes]:
    """The wraps an entry brought for some principals."""
    chosen = select(OBJECT_WRAPS.c.record).where(
        OBJECT_WRAPS.c.entry_id == entry_id, OBJECT_WRAPS.c.principal.in_(sorted(principals))
    )
    return list(connection.execute(chosen.order_by(OBJECT_WRAPS.c.principal)).scalars())


def any_wrap_known(connection: Connection, wraps: Iterable[bytes]) -> bool:
    """Whether one of the wraps, by hash, came with an entry before."""
    chosen = select(OBJECT_WRAPS.c.hash).where(OBJECT_WRAPS.c.hash.in_(list(wraps)))
    return connection.execute(chosen.limit(1)).first() is not None


def _stored(row: Row[tuple[object, ...]]) -> StoredEntry:
    return StoredEntry(row.entry_id, row.signed, row.ciphertext, row.number_entry, row.receipt)
