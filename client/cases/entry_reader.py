"""Taking in entries from this device's log: nothing is believed that was not signed, authorised and in its place.

How it works. `EntryReader.prepare` verifies one record outside the store: the signature of a device of the person it names, the
log key's receipt over a directory this device has seen too, the ciphertext by its hash, what comes beside it; then, over the fold of
what this log has brought before, its place in the object's chain of receipts, its author's authority by the snapshot of the receipt,
and whether it may follow. It opens what the keys held now can open and returns the transaction that writes all of it. `reopen` opens
what was closed when keys come later. The server's order is the order of the chain of receipts; its word for anything else is not asked.

What must hold. Two readers who were given the same records believe the same: a check here may look at what is signed, at the
directory at the receipt's log size, and at nothing that differs between devices (a clock, what could be opened). What an entry *says*
is judged after what it *does*: false content is kept under its fault (`opening.py`) and moves the case all the same.

Later versions. An entry of a later version takes its place, if the site has switched on what this version lacks; it and what stands
on it are held as well, and judged when the program is newer (`Pull.read_again`). If it has not, somebody invented a word: the entry
is refused, and only the place that its receipt gives it is remembered, so that whoever comes after is not refused with it (C41).

Keep in step: PROTOCOL.md §3 and §8; each check has its trick in `tests/security/checks_of_readers.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Connection

from client.cases import consistency, entry_store, local_case
from client.cases.entry_store import StoredEntry
from client.cases.local_case import LocalCase, LocalCases
from client.cases.opening import Forms, Opened, open_all
from client.cases.ports import ReaderPorts
from client.cases.rows import Standing
from client.core.events import Event, NoticeRaised
from client.core.sync.pull import Apply, LogEvent, holding
from protocol.cases import succession
from protocol.cases.authority import check_authority
from protocol.cases.entries import LATER, DocumentEntry
from protocol.cases.procedures import Procedures
from protocol.cases.receipts import ServerReceipt
from protocol.crypto.certificates import Profile, verify_chain
from protocol.crypto.envelope import WrapRecord
from protocol.crypto.keys import VerifyingKey
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.wire.documents import EntryRecord

_CHAIN_MS: Final = 60_000
# Why a version could not read a content that a newer one perhaps can; the second is 0.2.0's word for one that is padded.
_OF_LATER: Final = (ErrorCode.CLIENT_OUTDATED.value, ErrorCode.WIRE_UNKNOWN_TYPE.value)


class EntryReader:
    """Events of kind "entry"."""

    kind = "entry"

    def __init__(self, ports: ReaderPorts, cases: LocalCases) -> None:
        self._ports = ports
        self._cases = cases
        self._log_key: tuple[tuple[bytes, ...], int, VerifyingKey] | None = None
        self._reopened = 0  # how often; changed on the store's writer thread alone

    async def prepare(self, event: LogEvent) -> Apply:
        """Verify an entry and open what can be opened.

        Raises:
            JinshuError: what is wrong with it.
        """
        try:
            record = EntryRecord.model_validate(dict(event.body))
        except ValidationError:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="entry") from None
        signed = Signed.parse(record.entry, SignedType.DOCUMENT_ENTRY, tolerant=True)
        receipt = Signed.parse(record.receipt, SignedType.SERVER_RECEIPT)
        # First: it brings the directory up to what the entry was accepted over, and with it the procedures that count.
        facts = await self.check_receipt(receipt)
        procedures = self._cases.procedures(self._ports.directory.state)
        entry = local_case.read_entry(signed, procedures)
        key = await self._check_signer(signed, entry, facts)
        if hashlib.sha256(record.ciphertext).digest() != entry.content:
            raise RemoteProtocolError(ErrorCode.CONTENT_HEADER_MISMATCH, object=entry.object)
        state, reopened = self._ports.directory.state, self._reopened

        def read(connection: Connection) -> tuple[LocalCase, StoredEntry | None]:
            book = self._cases.base_for(connection, entry, state)
            return book, entry_store.find(connection, signed.entry_id)

        book, mine = await self._ports.store.read(read)
        if entry.step == LATER and not self._ports.directory.lacking_at(facts.log_size):
            _check_place(entry, signed.entry_id, facts, book.last_place(entry.object))
            return _refused(event, signed, entry, record.receipt, facts.n, procedures)
        self._ports.check_beside(signed, entry, record.number_entry, key)
        known = book.kept.get(signed.entry_id)
        if mine is None and signed.cert_hash == self._ports.identity.me.cert_hash:
            await self._ports.copied_back.unknown_act(event.n)
        if known is None:
            _check_place(entry, signed.entry_id, facts, book.last_place(entry.object))
            self._check(book, entry, facts)
            if not _beyond(book, entry):
                consistency.check_sealed(entry, book, state, facts.log_size)
            local_case.take(book.file, signed.entry_id, entry, receipt, state)
        else:
            consistency.check_repeated(known, record.receipt)
        kept = StoredEntry(
            id=signed.entry_id,
            object=entry.object,
            case=entry.case,
            n=facts.n,
            signed=record.entry,
            ciphertext=record.ciphertext,
            number_entry=record.number_entry,
            receipt=record.receipt,
            received_at=facts.received_at,
            fields=mine.fields if mine is not None else None,
            standing=Standing.SETTLED,
            refusal=None,
            fault=None,
        )
        book.kept[kept.id], book.entries[kept.id] = kept, entry
        keys = await self._keys(entry, record.wraps, book)
        opened = open_all(book, {entry.object: keys}, self._forms(), self._ports.rules)
        again = holding(event, ErrorCode.CLIENT_OUTDATED) if _beyond(book, entry) else None

        def apply(connection: Connection) -> Iterable[Event]:
            if again is not None:
                again(connection)
            entry_store.put(connection, kept, list(record.wraps))
            _keep(connection, opened)
            # Entries that were opened since the book was read are not open in it.
            fresh = _opened(book, opened) if reopened == self._reopened else None
            return self._ports.projection.refresh(connection, entry.case, received=fresh)

        return apply

    def withdraw(self, connection: Connection, event: LogEvent) -> None:
        """Take back what was kept of an event that a later version is to judge, before it comes once more."""
        record = EntryRecord.model_validate(dict(event.body))
        entry_store.withdraw(connection, Signed.parse(record.entry, tolerant=True).entry_id)
        local_case.forget()

    async def read_again(self) -> None:
        """Contents this version can read and the one before could not are opened anew."""
        await self._ports.store.write(lambda connection: entry_store.close_again(connection, _OF_LATER))
        await self.reopen()

    async def reopen(self) -> list[Event]:
        """Open what could not be opened when it came: keys of principals have come since."""
        events: list[Event] = []
        for case in await self._ports.store.read(entry_store.closed_cases):
            events += await self._reopen(case)
        return events

    async def _reopen(self, case: str) -> list[Event]:
        state = self._ports.directory.state
        book = await self._ports.store.read(lambda c: self._cases.received(c, case, state))
        wraps = await self._ports.store.read(lambda c: entry_store.wraps_of(c, case))
        found: dict[str, list[tuple[bytes, bytes]]] = {}
        for entry_id, entry in book.entries.items():
            keys = await self._keys(entry, wraps.get(entry_id, ()), book)
            found.setdefault(entry.object, []).extend(keys)
        opened = open_all(book, found, self._forms(), self._ports.rules)
        if not opened.keys and not opened.fields:
            return []

        def write(connection: Connection) -> list[Event]:
            self._reopened += 1
            _keep(connection, opened)
            return self._ports.projection.refresh(connection, case)

        return await self._ports.store.write(write)

    def _forms(self) -> Forms:
        directory = self._ports.directory
        return Forms(bool(directory.lacking), directory.features_at)

    async def check_receipt(self, receipt: Signed) -> ServerReceipt:
        """Return the facts of a receipt that the log key signed, over a directory we have seen too.

        Raises:
            JinshuError: `certificate.*`, `signature.invalid` or `directory.split_view`.
        """
        verify(receipt, self._key_of_log(), SignedType.SERVER_RECEIPT)
        facts = ServerReceipt.parse(receipt.value())
        await self._ports.directory.check_seen(facts.log_size, facts.log_root)
        return facts

    def _key_of_log(self) -> VerifyingKey:
        """The key of the log's certificate, whose chain is checked at least once a minute."""
        trust, now = self._ports.directory.trust, self._ports.clock.now_ms()
        chain = (trust.log_certificate, trust.issuing, trust.root)
        if self._log_key is not None:
            checked, at, key = self._log_key
            if checked == chain and at <= now < at + _CHAIN_MS:
                return key
        facts = verify_chain(*chain, at_ms=now, profile=Profile.LOG)
        self._log_key = (chain, now, facts.public_key)
        return facts.public_key

    async def _check_signer(self, signed: Signed, entry: DocumentEntry, facts: ServerReceipt) -> VerifyingKey:
        """By a device of the person it names, not revoked when it was received, who saw the same directory as we."""
        await self._ports.directory.check_seen(entry.log_size, entry.log_root)
        state = self._ports.directory.state
        device = state.device(signed.cert_hash)
        if device is None or device.person != entry.actor:
            raise RemoteProtocolError(ErrorCode.CERTIFICATE_UNKNOWN)
        verify(signed, device.verifying_key, signed.type)
        if device.index >= facts.log_size or not state.was_active(signed.cert_hash, facts.log_size):
            raise RemoteProtocolError(ErrorCode.CERTIFICATE_REVOKED, device=device.id)
        return device.verifying_key

    def _check(self, book: LocalCase, entry: DocumentEntry, facts: ServerReceipt) -> None:
        directory = self._ports.directory
        organisation = directory.organisation_at(directory.state.org_seq_at(facts.log_size))
        check_authority(entry, book.file.procedure, organisation, facts.received_at)
        succession.check(book.file, entry)

    async def _keys(
        self, entry: DocumentEntry, wraps: Sequence[bytes], book: LocalCase
    ) -> list[tuple[bytes, bytes]]:
        """Keys of the object that this entry sealed to one of my principals."""
        found: list[tuple[bytes, bytes]] = []
        commitment = (
            entry.key_commitment
            or _commitment_at(book, entry.object, entry)
            or book.file.objects[entry.object].commitment
        )
        for data in wraps:
            wrap = WrapRecord.parse(data)
            # Only a wrap that a signed entry names counts: anybody can seal to a public key (C7).
            if wrap.hash not in entry.wraps:
                raise RemoteProtocolError(ErrorCode.KEYS_WRAP_UNSIGNED, object=entry.object)
            key = await self._ports.keys.open_wrap(data, object_id=entry.object, key_commitment=commitment)
            if key is not None:
                found.append((commitment, key))
        return found


def _beyond(book: LocalCase, entry: DocumentEntry) -> bool:
    """Whether an entry, or something it stands on, can only be judged by a later version."""
    return entry.step == LATER or book.file.stands_on_later(entry.parents)


def _refused(
    event: LogEvent, signed: Signed, entry: DocumentEntry, receipt: bytes, n: int, procedures: Procedures
) -> Apply:
    """An invented word: held, its place remembered, and everything after it goes on."""
    try:
        DocumentEntry.parse(Signed.parse(signed.to_bytes()).value(), procedures)
        raise AssertionError("an entry of a later version was read")
    except JinshuError as error:
        params = tuple(sorted((name, str(value)) for name, value in error.params.items()))
        hold = holding(event, error.code, NoticeRaised(error.code, params))

    def apply(connection: Connection) -> Iterable[Event]:
        entry_store.pass_over(connection, entry.object, n, receipt)
        return hold(connection)

    return apply


def _keep(connection: Connection, opened: Opened) -> None:
    for object_id, held in opened.keys.items():
        for commitment, key in held.items():
            entry_store.keep_key(connection, object_id, commitment, key)
    for entry_id, (fields, fault) in opened.fields.items():
        entry_store.opened(connection, entry_id, fields, fault)


def _opened(book: LocalCase, opened: Opened) -> LocalCase:
    """The case with what could be opened just now."""
    for entry_id, (fields, fault) in opened.fields.items():
        book.kept[entry_id] = replace(book.kept[entry_id], fields=fields, fault=fault)
    for object_id, held in opened.keys.items():
        book.keys.setdefault(object_id, {}).update(held)
    return book


def _commitment_at(book: LocalCase, object_id: str, entry: DocumentEntry) -> bytes | None:
    """The commitment in force when an entry of the chain was written."""
    current: bytes | None = None
    for placed in book.file.objects[object_id].chain:
        current = placed.entry.key_commitment or current
        if placed.entry == entry:
            return current
    return current


def _check_place(
    entry: DocumentEntry, entry_id: bytes, facts: ServerReceipt, place: tuple[int, bytes | None]
) -> None:
    """The receipt is of this entry, and the next in the object's chain (C10)."""
    n, last = place
    previous = Signed.parse(last).entry_id if last is not None else None
    claimed: tuple[Any, ...] = (facts.object, facts.entry, facts.n, facts.previous)
    if claimed != (entry.object, entry_id, n + 1, previous):
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_RECEIPT_CHAIN, object=entry.object)
