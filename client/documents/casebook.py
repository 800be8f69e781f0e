"""A case as this device knows it: the fold of what was received, and on top what is still on its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from client.documents import ledger
from client.documents.ledger import Kept
from client.documents.rows import Standing
from protocol.crypto.signature import Signed
from protocol.directory.state import DirectoryState
from protocol.documents import succession
from protocol.documents.entries import DocumentEntry
from protocol.documents.history import CaseFile, Placed
from protocol.documents.receipts import ServerReceipt
from protocol.documents.recipients import DirectoryGenerations, sealed_to
from protocol.errors import JinshuError


@dataclass
class Casebook:
    """The fold with the entries behind it, and the keys held. `conflicts`: pending entries that no longer fit."""

    file: CaseFile
    kept: dict[bytes, Kept] = field(default_factory=dict)
    entries: dict[bytes, DocumentEntry] = field(default_factory=dict)
    keys: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    conflicts: set[bytes] = field(default_factory=set)

    def fields(self, placed: Placed | None) -> dict[str, Any]:
        """What an entry says, as far as this device can open it."""
        kept = self.kept.get(placed.id) if placed is not None else None
        return (kept.fields or {}) if kept is not None else {}

    def key(self, object_id: str) -> bytes | None:
        """The key in force of an object."""
        found = self.file.objects.get(object_id)
        return None if found is None else self.keys.get(object_id, {}).get(found.commitment)

    @property
    def waiting(self) -> bool:
        """Whether something of mine is not acknowledged yet, or was refused."""
        return any(kept.standing is not Standing.SETTLED for kept in self.kept.values())

    def refused(self) -> tuple[Kept, ...]:
        return tuple(kept for kept in self.kept.values() if kept.standing is Standing.REFUSED)


def received(connection: Connection, case: str, state: DirectoryState) -> Casebook:
    """What this device's log has brought of a case: the base for judging what it brings next."""
    return _fold(connection, case, state, received_only=True)


def shown(connection: Connection, case: str, state: DirectoryState) -> Casebook:
    """The same, with what is on its way on top where it still fits: what the user sees."""
    return _fold(connection, case, state, received_only=False)


def take(
    file: CaseFile, entry_id: bytes, entry: DocumentEntry, receipt: Signed | None, state: DirectoryState
) -> None:
    """Fold one more entry in."""
    size = None if receipt is None else ServerReceipt.parse(receipt.value()).log_size
    wraps = sealed_to(entry, file, DirectoryGenerations(state, size))
    file.apply(Placed(entry_id, entry, None if receipt is None else receipt.entry_id), wraps)


def _fold(connection: Connection, case: str, state: DirectoryState, *, received_only: bool) -> Casebook:
    book = Casebook(CaseFile(case))
    rows = [kept for kept in ledger.of_case(connection, case) if kept.n is not None or not received_only]
    parsed = {kept.id: DocumentEntry.parse(Signed.parse(kept.signed).value()) for kept in rows}
    for kept in _parents_first(rows, parsed):
        entry = parsed[kept.id]
        book.kept[kept.id], book.entries[kept.id] = kept, entry
        if kept.n is None and not _fits(book.file, entry):
            book.conflicts.add(kept.id)
            continue
        receipt = None if kept.receipt is None else Signed.parse(kept.receipt)
        take(book.file, kept.id, entry, receipt, state)
    for object_id in ledger.objects_of(connection, case):
        book.keys[object_id] = ledger.keys_of(connection, object_id)
    return book


def _fits(file: CaseFile, entry: DocumentEntry) -> bool:
    try:
        succession.check(file, entry)
    except JinshuError:
        return False
    return True


def _parents_first(rows: Iterable[Kept], parsed: dict[bytes, DocumentEntry]) -> list[Kept]:
    """Keep the given order, but never a child before a parent that is here: clocks may stand still in between."""
    waiting, done, order = list(rows), set[bytes](), list[Kept]()
    while waiting:
        ready = next(
            (k for k in waiting if all(p in done or p not in parsed for p in parsed[k.id].parents)),
            waiting[0],
        )
        waiting.remove(ready)
        done.add(ready.id)
        order.append(ready)
    return order
