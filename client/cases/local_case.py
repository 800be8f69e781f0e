"""A case as this device knows it: the fold of what was received, and on top what is still on its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection

from client.cases import entry_store
from client.cases.entry_store import StoredEntry
from client.cases.rows import Standing
from protocol.cases import succession
from protocol.cases.entries import LATER, DocumentEntry
from protocol.cases.history import CaseFile, Placed
from protocol.cases.procedure import Procedure
from protocol.cases.procedures import Procedures
from protocol.cases.receipts import ServerReceipt
from protocol.cases.recipients import DirectoryGenerations, sealed_to
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError

# Every fold reads every entry of its case: of so many the reading is remembered. Nothing of it was sealed.
_REMEMBERED: Final = 4096
_OUTDATED: Final = ErrorCode.CLIENT_OUTDATED.value


@dataclass
class LocalCase:
    """The fold with the entries behind it, and the keys held. `conflicts`: pending entries that no longer fit."""

    file: CaseFile
    kept: dict[bytes, StoredEntry] = field(default_factory=dict)
    entries: dict[bytes, DocumentEntry] = field(default_factory=dict)
    keys: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    conflicts: set[bytes] = field(default_factory=set)
    passed: dict[str, tuple[int, bytes]] = field(
        default_factory=dict
    )  # object → newest place of a refused entry

    def fields(self, placed: Placed | None) -> dict[str, Any]:
        """What an entry says, as far as this device can open it."""
        kept = self.kept.get(placed.id) if placed is not None else None
        return (kept.fields or {}) if kept is not None else {}

    def key(self, object_id: str) -> bytes | None:
        """The key in force of an object."""
        found = self.file.objects.get(object_id)
        return None if found is None else self.keys.get(object_id, {}).get(found.commitment)

    def last_place(self, object_id: str) -> tuple[int, bytes | None]:
        """The newest place of an object's chain that this device's log has brought, and the receipt there."""
        places = [(k.n, k.receipt) for k in self.kept.values() if k.object == object_id and k.n is not None]
        passed = self.passed.get(object_id, (0, None))
        return max([passed, *places], key=lambda place: place[0])

    @property
    def outdated(self) -> bool:
        """Whether a newer version of the program is needed to read all of it."""
        return bool(self.file.later) or any(kept.fault == _OUTDATED for kept in self.kept.values())

    def check_readable(self, parents: Iterable[bytes]) -> None:
        """Return if an act on these heads builds on nothing that needs a newer program.

        Raises:
            JinshuError: `client.outdated`.
        """
        succession.check_readable(self.file, parents)
        if any(
            self.kept[each].fault == _OUTDATED for each in self.file.ancestors(parents) if each in self.kept
        ):
            raise JinshuError(ErrorCode.CLIENT_OUTDATED)

    def is_readable(self, parents: Iterable[bytes]) -> bool:
        """The same as an answer."""
        try:
            self.check_readable(parents)
        except JinshuError:
            return False
        return True

    @property
    def waiting(self) -> bool:
        """Whether something of mine is not acknowledged yet, or was refused."""
        return any(kept.standing is not Standing.SETTLED for kept in self.kept.values())

    def refused(self) -> tuple[StoredEntry, ...]:
        return tuple(kept for kept in self.kept.values() if kept.standing is Standing.REFUSED)


class LocalCases:
    """Cases of this machine by the procedures a program ships, and those the site's directory defines."""

    def __init__(self, shipped: Procedures) -> None:
        self._shipped = shipped

    def procedures(self, state: DirectoryState) -> Procedures:
        """Those by which entries are judged where the directory says this."""
        return self._shipped.known_to(state)

    def base_for(self, connection: Connection, entry: DocumentEntry, state: DirectoryState) -> LocalCase:
        """What this device's log has brought of an entry's case, without that entry: the base for judging it."""
        return self._fold(connection, entry.case, state, received_only=True, begins=entry)

    def received(self, connection: Connection, case: str, state: DirectoryState) -> LocalCase:
        """What this device's log has brought of a case that is here."""
        return self._fold(connection, case, state, received_only=True)

    def shown(self, connection: Connection, case: str, state: DirectoryState) -> LocalCase:
        """The same, with what is on its way on top where it still fits: what the user sees."""
        return self._fold(connection, case, state, received_only=False)

    def new(self, case: str, procedure: Procedure, state: DirectoryState) -> LocalCase:
        """A case that is about to begin under a procedure."""
        return LocalCase(self.procedures(state).file_for(case, procedure))

    def _fold(
        self,
        connection: Connection,
        case: str,
        state: DirectoryState,
        *,
        received_only: bool,
        begins: DocumentEntry | None = None,
    ) -> LocalCase:
        """`begins`: the entry that is the first of the case, when none of it is here."""
        procedures = self.procedures(state)
        stored = entry_store.of_case(connection, case)
        rows = [kept for kept in stored if kept.n is not None or not received_only]
        parsed = {kept.id: _entry(kept.signed, procedures) for kept in rows}
        order = _parents_first(rows, parsed)
        first = parsed[order[0].id] if order else begins
        book = LocalCase(procedures.file(case, None if first is None else first.procedure))
        for kept in order:
            entry = parsed[kept.id]
            book.kept[kept.id], book.entries[kept.id] = kept, entry
            if kept.n is None and not _fits(book.file, entry):
                book.conflicts.add(kept.id)
                continue
            _take(book.file, kept.id, entry, None if kept.receipt is None else _facts(kept.receipt), state)
        book.keys = entry_store.keys_of_case(connection, case)
        book.passed = entry_store.passed_in(connection, case)
        return book


def take(
    file: CaseFile, entry_id: bytes, entry: DocumentEntry, receipt: Signed | None, state: DirectoryState
) -> None:
    """Fold one more entry in."""
    _take(file, entry_id, entry, None if receipt is None else _facts(receipt.to_bytes()), state)


def forget() -> None:
    """The store was closed: whose cases these were is nobody's business any more."""
    _entry.cache_clear()
    _facts.cache_clear()


def read_entry(signed: Signed, procedures: Procedures) -> DocumentEntry:
    """What is signed; of a later form of an entry, the core, with the step LATER.

    Raises:
        JinshuError: `wire.malformed`, …: not even that.
    """
    entry = DocumentEntry.parse(signed.value(), procedures, tolerant=True)
    return entry if signed.known else replace(entry, step=LATER, later=entry.word)


@lru_cache(_REMEMBERED)
def _entry(signed: bytes, procedures: Procedures) -> DocumentEntry:
    return read_entry(Signed.parse(signed, SignedType.DOCUMENT_ENTRY, tolerant=True), procedures)


@lru_cache(_REMEMBERED)
def _facts(data: bytes) -> tuple[bytes, int]:
    """A receipt's own id, and the size of the directory it was given over."""
    receipt = Signed.parse(data)
    return receipt.entry_id, ServerReceipt.parse(receipt.value()).log_size


def _take(
    file: CaseFile,
    entry_id: bytes,
    entry: DocumentEntry,
    receipt: tuple[bytes, int] | None,
    state: DirectoryState,
) -> None:
    seen, size = receipt if receipt is not None else (None, None)
    wraps = sealed_to(entry, file, DirectoryGenerations(state, size))
    file.apply(Placed(entry_id, entry, seen), wraps)


def _fits(file: CaseFile, entry: DocumentEntry) -> bool:
    try:
        succession.check(file, entry)
    except JinshuError:
        return False
    return True


def _parents_first(rows: Iterable[StoredEntry], parsed: dict[bytes, DocumentEntry]) -> list[StoredEntry]:
    """Keep the given order, but never a child before a parent that is here: clocks may stand still in between."""
    waiting, done, order = list(rows), set[bytes](), list[StoredEntry]()
    while waiting:
        ready = next(
            (k for k in waiting if all(p in done or p not in parsed for p in parsed[k.id].parents)),
            waiting[0],
        )
        waiting.remove(ready)
        done.add(ready.id)
        order.append(ready)
    return order
