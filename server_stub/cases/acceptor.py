"""Accepting an entry: everything it must agree with, in the transaction that writes it; nothing of it is read (C11)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection

from protocol.cases import succession
from protocol.cases.authority import check_authority
from protocol.cases.entries import DocumentEntry
from protocol.cases.history import CaseFile
from protocol.cases.procedures import Procedures
from protocol.cases.recipients import DirectoryGenerations, check_wraps
from protocol.crypto.content import is_padded
from protocol.crypto.envelope import WrapRecord
from protocol.crypto.keys import VerifyingKey
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.organisation import Organisation
from protocol.directory.state import SKEW_MS, DirectoryState
from protocol.errors import ErrorCode, JinshuError
from protocol.features import CONTENTS_2, check_switched_on
from server_stub.audit import trail
from server_stub.audit.refusals import Refusals
from server_stub.auth.sessions import Session
from server_stub.cases import heads, readers, store
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.directory import witnessing
from server_stub.directory.log_store import DirectoryLog
from server_stub.stream import Bell

MAX_NUMBER_ENTRY: Final = 1 << 14
HasBlob = Callable[[str], bool]


class Beside(Protocol):
    """What a step brings besides its entry, of one hand with it: a line of a ledger of numbers."""

    @property
    def data(self) -> bytes:
        """Its bytes, kept with the entry."""
        ...

    def take(self, connection: Connection, organisation: Organisation, now: int) -> None:
        """Write it, in the transaction that writes the entry.

        Raises:
            JinshuError: it does not follow what is there.
        """
        ...


class ReadsBeside(Protocol):
    """Reads what came besides an entry, None when nothing did, by the certificate and the key of the entry's signer.

    Raises:
        JinshuError: it is not what the entry says, or came where nothing belongs.
    """

    def __call__(
        self, data: bytes | None, entry: DocumentEntry, cert_hash: bytes, key: VerifyingKey
    ) -> Beside | None: ...


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a device sent, split and with its signatures checked."""

    signed: Signed
    entry: DocumentEntry
    ciphertext: bytes
    wraps: list[WrapRecord]
    beside: Beside | None


class Acceptor:
    """The one place where documents change."""

    def __init__(
        self,
        database: Database,
        log: DirectoryLog,
        bell: Bell,
        clock: Clock,
        has_blob: HasBlob,
        refusals: Refusals,
        read_beside: ReadsBeside,
        procedures: Procedures,
    ) -> None:
        """`procedures`: those this program ships; the site's own stand in the directory."""
        self._database = database
        self._log = log
        self._bell = bell
        self._clock = clock
        self._has_blob = has_blob
        self._refusals = refusals
        self._read_beside = read_beside
        self._procedures = procedures

    def case(
        self, connection: Connection, case: str, state: DirectoryState, begins: DocumentEntry | None = None
    ) -> CaseFile:
        """A case as it stands; `begins`: an entry that would be its first."""
        return store.load(connection, case, self._procedures.known_to(state), begins)

    async def accept(
        self,
        session: Session,
        signed: bytes,
        ciphertext: bytes,
        wraps: Sequence[bytes],
        number_entry: bytes | None,
    ) -> Signed:
        """Accept an entry and return its receipt; the same entry again gets the same receipt.

        Raises:
            JinshuError: why not; an audit row says that it was tried.
        """
        try:
            submitted = self._parse(session, signed, ciphertext, wraps, number_entry)
            receipt, reached = await self._database.write(
                lambda connection: self._accept(connection, session, submitted)
            )
        except JinshuError as error:
            await self._refusals.note(session.device, "documents", error.code)
            raise
        self._bell.ring(reached)
        return receipt

    def _parse(
        self,
        session: Session,
        data: bytes,
        ciphertext: bytes,
        wraps: Sequence[bytes],
        number_entry: bytes | None,
    ) -> Submitted:
        signed = Signed.parse(data, SignedType.DOCUMENT_ENTRY)
        if signed.cert_hash != session.cert_hash:
            raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)
        signer = self._log.state.active_signer(signed.cert_hash)
        verify(signed, signer.verifying_key, SignedType.DOCUMENT_ENTRY)
        entry = DocumentEntry.parse(signed.value(), self._procedures.known_to(self._log.state))
        if entry.actor != session.person:
            raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.word)
        if hashlib.sha256(ciphertext).digest() != entry.content:
            raise JinshuError(ErrorCode.CONTENT_HEADER_MISMATCH, object=entry.object)
        beside = self._read_beside(number_entry, entry, signed.cert_hash, signer.verifying_key)
        return Submitted(signed, entry, ciphertext, [WrapRecord.parse(wrap) for wrap in wraps], beside)

    def _accept(
        self, connection: Connection, session: Session, submitted: Submitted
    ) -> tuple[Signed, list[str]]:
        entry, signed = submitted.entry, submitted.signed
        known = store.find(connection, signed.entry_id)
        if known is not None:
            return Signed.parse(known.receipt), []
        now = self._clock.now_ms()
        case = self.case(connection, entry.case, self._log.writing.state, entry)
        self._check(connection, session, submitted, case, now)
        if submitted.beside is not None:
            submitted.beside.take(connection, self._log.writing.state.organisation, now)
        before = readers.principals_of(connection, entry.object)
        receipt = heads.receipt_for(connection, self._log, entry.object, signed.entry_id, now)
        beside = submitted.beside.data if submitted.beside is not None else None
        store.add(connection, signed, entry, submitted.ciphertext, submitted.wraps, beside, receipt)
        trail.record(
            connection,
            at=now,
            actor=session.device,
            action=f"documents.{entry.word}",
            result="ok",
            reference=signed.entry_id.hex(),
        )
        reached = readers.tell(
            connection,
            self._log.writing.state,
            case=entry.case,
            object_id=entry.object,
            entry_id=signed.entry_id,
            before=before,
            now=now,
        )
        return receipt, reached

    def _check(
        self, connection: Connection, session: Session, submitted: Submitted, case: CaseFile, now: int
    ) -> None:
        entry, state = submitted.entry, self._log.writing.state
        # Once more, now that nothing can come between: a revocation may have arrived since the request.
        state.active_signer(submitted.signed.cert_hash)
        if entry.signed_at > now + SKEW_MS or (not entry.offline and entry.signed_at < now - SKEW_MS):
            raise JinshuError(ErrorCode.CLOCK_SKEW)
        if entry.log_size > self._log.writing.size or self._log.root(entry.log_size) != entry.log_root:
            raise JinshuError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=entry.log_size)
        if is_padded(submitted.ciphertext):
            check_switched_on(CONTENTS_2, state.organisation.site.features)
        check_authority(entry, case.procedure, state.organisation, now)
        succession.check(case, entry)
        if not case.complete and case.case != entry.object:
            raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=entry.case)
        check_wraps(entry, submitted.wraps, session.device, case, DirectoryGenerations(state))
        if store.any_wrap_known(connection, entry.wraps):
            # A wrap carries the key of the entry that brought it; of another entry it is none.
            raise JinshuError(ErrorCode.KEYS_WRAP_UNSIGNED)
        for blob in entry.blobs:
            if not self._has_blob(blob):
                raise JinshuError(ErrorCode.BLOBS_UNKNOWN, blob=blob)
        row = case.rule(entry.step)
        if row.outward:
            witnessing.age(connection, state, now).check()
        if row.fresh:
            heads.check_cited(connection, entry)
        self._check_seal(session, entry)

    def _check_seal(self, session: Session, entry: DocumentEntry) -> None:
        if "seal" not in entry.head:
            return
        kept = self._log.writing.state.seal_certificates(entry.body)
        if not any(seal.seal == entry.head["seal"] and seal.device == session.device for seal in kept):
            raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.word)
