"""Writing entries: signs what the user decided, seals it to whom the step names, and puts it into the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from client.cases import entry_store, local_case
from client.cases.entry_acts import KIND
from client.cases.entry_store import StoredEntry
from client.cases.local_case import LocalCase, LocalCases
from client.cases.ports import WriterPorts
from client.cases.rows import Standing
from client.core.events import Event
from client.core.sync.acts import Act
from protocol.cases import succession
from protocol.cases.authority import check_authority
from protocol.cases.entries import FORMER_KEY, DocumentEntry
from protocol.cases.objects import object_kind
from protocol.cases.recipients import DirectoryGenerations, check_fresh, needs_new_key, principals_for
from protocol.crypto.content import ContentContext, derive_object_key, key_commitment, seal_content
from protocol.crypto.keys import SecretKey
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.organisation import Post
from protocol.errors import ErrorCode, JinshuError
from protocol.features import CONTENTS_2
from protocol.identifiers import IdKind
from protocol.wire.documents import EntryRequest


@dataclass(frozen=True, slots=True)
class _Line:
    kept: StoredEntry
    act: Act
    wraps: list[bytes]
    keys: dict[bytes, bytes] = field(repr=False)


class EntryWriter:
    """One case in hand: entries are added in order, each seeing the ones before, and committed together."""

    def __init__(self, ports: WriterPorts, cases: LocalCases, book: LocalCase) -> None:
        self._ports = ports
        self.book = book
        self._procedures = cases.procedures(ports.directory.state)
        self._lines: list[_Line] = []

    def new_object(self, kind: IdKind) -> str:
        return self._ports.signer.new_id(kind)

    async def write(
        self,
        step: str,
        post: Post,
        head: Mapping[str, Any],
        fields: Mapping[str, Any],
        *,
        object_id: str | None = None,
        blobs: Iterable[str] = (),
        number_entry: Signed | None = None,
    ) -> Signed:
        """Sign one entry.

        Raises:
            JinshuError: why the case does not allow it now, `keys.*` when it cannot be sealed, or `directory.stopped` or
                `directory.clock_differs`.
        """
        ports, file = self._ports, self.book.file
        directory, signer = ports.directory, ports.signer
        row = file.rule(step)
        if row.outward:
            directory.check_age()
        target = object_id or file.case
        self.book.check_readable(file.parents_for(step, target))
        generations = DirectoryGenerations(directory.state)
        check_fresh(file, target, generations)
        creates = row.creates
        new_key = not creates and needs_new_key(file, target, generations)
        old = None if creates else self._held(target)
        key = self._made(target) if creates else SecretKey.generate(signer.entropy) if new_key else old
        assert key is not None
        hidden = dict(fields) | ({FORMER_KEY: bytes(old)} if new_key and old is not None else {})
        ports.rules.check(target, hidden)
        principals = principals_for(
            step,
            head=head,
            body=post.body,
            post=post.id,
            object_id=target,
            new_key=new_key,
            case=file,
            generations=generations,
        )
        records = await ports.keys.seal_object_key(target, bytes(key), principals)
        context = ContentContext(target, row.step, signer.me.person)
        padded = CONTENTS_2.name in directory.features
        ciphertext, commitments = seal_content(key, context, hidden, signer.entropy, padded=padded)
        committed = key_commitment(target, key)
        entry = DocumentEntry(
            case=file.case,
            object=target,
            step=row.step,
            actor=signer.me.person,
            post=post.id,
            body=post.body,
            org_seq=directory.organisation.org_seq,
            delegation=None,
            parents=sorted(file.parents_for(step, target)),
            receipt_seen=self._receipt_seen(target),
            log_size=directory.size,
            log_root=directory.root,
            signed_at=signer.now_ms(),
            offline=not ports.online(),
            head=dict(head),
            hidden=commitments,
            content=hashlib.sha256(ciphertext).digest(),
            key_commitment=committed if creates or new_key else None,
            wraps=sorted(record.hash for record in records),
            blobs=sorted(set(blobs)),
            procedure=file.reference,
        )
        # The same checks as the server's: what it would refuse is not signed.
        entry = DocumentEntry.parse(entry.value(), self._procedures)
        check_authority(entry, file.procedure, directory.organisation, entry.signed_at)
        succession.check(file, entry)
        signed = await signer.sign(SignedType.DOCUMENT_ENTRY, entry.value())
        wraps = [record.to_bytes() for record in records]
        # What others brought is at the server already; what was taken in here goes up first.
        mine = tuple([blob for blob in entry.blobs if await ports.blobs.here(blob)])
        self._add(signed, entry, ciphertext, wraps, {committed: bytes(key)}, hidden, number_entry, mine)
        local_case.take(file, signed.entry_id, entry, None, directory.state)
        return signed

    async def commit(self, also: Iterable[Event] = (), rows: Any = None) -> None:
        """Put everything written into the outbox and before the user's eyes, in one transaction."""
        lines, self._lines = self._lines, []

        def write(connection: Connection) -> list[Event]:
            for line in lines:
                entry_store.put(connection, line.kept, line.wraps)
                for commitment, key in line.keys.items():
                    entry_store.keep_key(connection, line.kept.object, commitment, key)
            events = list(rows(connection)) if rows is not None else []
            return [*events, *also, *self._ports.projection.refresh(connection, self.book.file.case)]

        await self._ports.outbox.queue([line.act for line in lines], write)

    def _held(self, object_id: str) -> SecretKey:
        key = self.book.key(object_id)
        if key is None:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=object_id)
        return SecretKey(key)

    def _made(self, object_id: str) -> SecretKey:
        """A key that the case's readers can make, where the procedure says so; else a fresh one."""
        if self.book.file.procedure.kinds[object_kind(object_id)].derived_key:
            return derive_object_key(self._held(self.book.file.case), object_id)
        return SecretKey.generate(self._ports.signer.entropy)

    def _receipt_seen(self, object_id: str) -> bytes | None:
        """The newest receipt seen in the object, or in the case it is about to leave."""
        for name in (object_id, self.book.file.case):
            found = self.book.file.objects.get(name)
            receipts = (
                [placed.receipt for placed in found.chain if placed.receipt] if found is not None else []
            )
            if receipts:
                return receipts[-1]
        return None

    def _add(
        self,
        signed: Signed,
        entry: DocumentEntry,
        ciphertext: bytes,
        wraps: list[bytes],
        keys: dict[bytes, bytes],
        fields: dict[str, Any],
        number_entry: Signed | None,
        uploads: tuple[str, ...],
    ) -> None:
        number = number_entry.to_bytes() if number_entry is not None else None
        kept = StoredEntry(
            id=signed.entry_id,
            object=entry.object,
            case=entry.case,
            n=None,
            signed=signed.to_bytes(),
            ciphertext=ciphertext,
            number_entry=number,
            receipt=None,
            received_at=None,
            fields=fields,
            standing=Standing.PENDING,
            refusal=None,
            fault=None,
        )
        request = EntryRequest(
            entry=signed.to_bytes(), ciphertext=ciphertext, wraps=wraps, number_entry=number
        )
        act = Act(
            id=self._ports.signer.new_id(IdKind.ACT),
            kind=KIND,
            object=entry.case,
            body=request.model_dump_json().encode(),
            blobs=uploads,
        )
        self.book.kept[kept.id], self.book.entries[kept.id] = kept, entry
        self.book.keys.setdefault(entry.object, {}).update(keys)
        self._lines.append(_Line(kept, act, wraps, keys))


class EntryWriters:
    """Makes the writer of a case, with what writing takes of this client."""

    def __init__(self, ports: WriterPorts, cases: LocalCases) -> None:
        self._ports = ports
        self._cases = cases

    def of(self, case: LocalCase) -> EntryWriter:
        return EntryWriter(self._ports, self._cases, case)
