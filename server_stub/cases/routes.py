"""Cases over HTTP (C8–C13)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy import Connection

from protocol.cases.receipts import ServerReceipt
from protocol.crypto import cbor
from protocol.crypto.signature import Signed
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.documents import (
    CaseHeadReply,
    CaseHeadRequest,
    EntryRecord,
    EntryReply,
    EntryRequest,
    ObjectReply,
)
from server_stub.areas import area
from server_stub.auth.callers import device_caller
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Session, Sessions
from server_stub.cases import heads, readers, store
from server_stub.cases.acceptor import Acceptor
from server_stub.cases.store import StoredEntry
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.device_logs import Renderer
from server_stub.directory.log_store import DirectoryLog

_Object = Annotated[str, Path(pattern=r"^[a-z]{3}_[a-z2-7]{26}$")]


def renderer(log: DirectoryLog) -> Renderer:
    """How an entry looks in a device's log: with the wraps for the principals of its person, and no others."""

    def body(connection: Connection, device: str, reference: bytes) -> dict[str, object]:
        entry_id = cbor.decode(reference)
        stored = store.find(connection, entry_id)
        if stored is None:
            raise JinshuError(ErrorCode.SERVER_INTERNAL)
        return _record(connection, log, device, stored).model_dump(mode="json")

    return body


def _record(connection: Connection, log: DirectoryLog, device: str, stored: StoredEntry) -> EntryRecord:
    found = log.state.device_by_id(device)
    principals = log.state.organisation.principals_of(found.person) if found is not None else frozenset()
    return EntryRecord(
        entry=stored.signed,
        ciphertext=stored.ciphertext,
        wraps=store.wraps_for(connection, stored.entry_id, principals),
        receipt=stored.receipt,
        number_entry=stored.number_entry,
    )


def router(
    database: Database,
    log: DirectoryLog,
    sessions: Sessions,
    acceptor: Acceptor,
    clock: Clock,
    quotas: Quotas,
) -> APIRouter:
    routes = area("/documents")
    device = Depends(device_caller(sessions))

    def case_for(connection: Connection, session: Session, object_id: str) -> str:
        case = store.case_of(connection, object_id)
        if case is None or not readers.may_read(connection, log.state, session.device, object_id, case):
            # Who may not read it is not told that it is there.
            raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN)
        return case

    @routes.post("/entries")
    async def accept(body: EntryRequest, session: Session = device) -> EntryReply:
        quotas.entries.take(session.device)
        receipt: Signed = await acceptor.accept(
            session, body.entry, body.ciphertext, body.wraps, body.number_entry
        )
        return EntryReply(receipt=receipt.to_bytes(), n=ServerReceipt.parse(receipt.value()).n)

    @routes.get("/objects/{object_id}")
    async def read(object_id: _Object, session: Session = device) -> ObjectReply:
        def found(connection: Connection) -> list[EntryRecord]:
            case_for(connection, session, object_id)
            entries = store.of_object(connection, object_id)
            return [_record(connection, log, session.device, stored) for stored in entries]

        return ObjectReply(id=object_id, entries=await database.read(found))

    @routes.post("/objects/{object_id}/head")
    async def fresh_head(
        object_id: _Object, body: CaseHeadRequest, session: Session = device
    ) -> CaseHeadReply:
        quotas.heads.take(session.device)

        def answered(connection: Connection) -> Signed:
            case = acceptor.case(connection, case_for(connection, session, object_id), log.state)
            return heads.answer(connection, log, case, body.nonce, clock.now_ms())

        return CaseHeadReply(head=(await database.write(answered)).to_bytes())

    return routes
