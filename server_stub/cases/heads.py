"""Fresh heads of a case, signed over the asker's nonce (C10), and the receipts that chain an object's entries."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from protocol.cases.entries import DocumentEntry
from protocol.cases.history import CaseFile
from protocol.cases.receipts import CaseHead, ServerReceipt
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from server_stub.cases import store
from server_stub.database.tables import CASE_HEADS
from server_stub.directory.log_store import DirectoryLog


def answer(connection: Connection, log: DirectoryLog, case: CaseFile, nonce: bytes, now: int) -> Signed:
    """Sign where the case stands, and remember having said so."""
    payload = CaseHead(case.case, len(case.line), sorted(case.line_heads), nonce, now)
    signed = log.sign(SignedType.CASE_HEAD, payload.value())
    # The same question in the same millisecond has the same answer.
    if connection.execute(select(CASE_HEADS.c.at).where(CASE_HEADS.c.entry_id == signed.entry_id)).first():
        return signed
    connection.execute(
        insert(CASE_HEADS).values(
            entry_id=signed.entry_id, object=case.case, signed=signed.to_bytes(), at=now
        )
    )
    return signed


def check_cited(connection: Connection, entry: DocumentEntry) -> None:
    """Return if the head an entry cites was given for this case and is still where the case stands.

    Raises:
        JinshuError: `documents.case_head_stale`.
    """
    chosen = select(CASE_HEADS).where(CASE_HEADS.c.entry_id == entry.head["case_head"])
    row = connection.execute(chosen).first()
    if row is None or row.object != entry.case:
        raise JinshuError(ErrorCode.DOCUMENTS_CASE_HEAD_STALE)
    if CaseHead.parse(Signed.parse(row.signed).value()).heads != entry.parents:
        raise JinshuError(ErrorCode.DOCUMENTS_CASE_HEAD_STALE)


def receipt_for(
    connection: Connection, log: DirectoryLog, object_id: str, entry_id: bytes, now: int
) -> Signed:
    """The receipt of the next entry of an object."""
    last = store.last(connection, object_id)
    payload = ServerReceipt(
        object=object_id,
        n=last.n + 1,
        entry=entry_id,
        previous=last.receipt,
        received_at=now,
        log_size=log.writing.size,
        log_root=log.root(log.writing.size),
    )
    return log.sign(SignedType.SERVER_RECEIPT, payload.value())
