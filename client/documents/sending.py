"""Acts of documents on their way to the server, and what becomes of them here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection

from client.core.client import CoreClient
from client.core.events import Event
from client.core.sync import acts
from client.core.sync.acts import Act
from client.documents import ledger
from client.documents.projecting import Projector
from client.documents.reading import EntryEvents
from protocol.crypto.signature import Signed, SignedType
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.wire.documents import EntryReply, EntryRequest

KIND: Final = "entry"


class EntryActs:
    """Acts of kind "entry": the body is the request as it goes over the wire, signed bytes inside."""

    kind = KIND

    def __init__(self, core: CoreClient, projector: Projector, events: EntryEvents) -> None:
        self._core = core
        self._projector = projector
        self._events = events

    async def send(self, act: Act) -> object:
        reply = EntryReply.model_validate_json(
            await self._core.api.post_bytes("/documents/entries", act.body)
        )
        receipt = Signed.parse(reply.receipt, SignedType.SERVER_RECEIPT)
        facts = await self._events.check_receipt(receipt)
        if facts.entry != entry_of(act).entry_id:
            raise RemoteProtocolError(ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
        return receipt, facts.received_at

    def settle(self, connection: Connection, act: Act, reply: Any) -> Iterable[Event]:
        receipt, received_at = reply
        ledger.settle(connection, entry_of(act).entry_id, receipt.to_bytes(), received_at)
        return self._projector.refresh(connection, act.object)

    def refuse(self, connection: Connection, act: Act, error: JinshuError) -> Iterable[Event]:
        signed = entry_of(act)
        if signed.value()["step"] == Step.RESEAL.value:
            # Nobody's decision: another clerk's client was faster, or this one tries again.
            ledger.remove(connection, signed.entry_id)
            acts.remove(connection, act.id)
            return self._projector.refresh(connection, act.object)
        ledger.refuse(connection, entry_of(act).entry_id, error.code.value)
        return self._projector.refresh(connection, act.object)


def entry_of(act: Act) -> Signed:
    """The signed entry inside an act."""
    return Signed.parse(EntryRequest.model_validate_json(act.body).entry, SignedType.DOCUMENT_ENTRY)
