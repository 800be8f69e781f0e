"""Entries of cases on their way to the server, and what becomes of them here."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, Final

from sqlalchemy import Connection

from client.cases import entry_store
from client.cases.entry_reader import EntryReader
from client.cases.ports import PostsEntries, Projects
from client.core.events import Event
from client.core.sync import acts
from client.core.sync.acts import Act
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.wire.documents import EntryReply, EntryRequest

KIND: Final = "entry"


class EntryActs:
    """Acts of kind "entry": the body is the request as it goes over the wire, signed bytes inside."""

    kind = KIND

    def __init__(
        self, api: PostsEntries, projection: Projects, events: EntryReader, by_itself: Container[str] = ()
    ) -> None:
        """`by_itself`: steps that no person decided: a refused one is forgotten, and tried again by itself."""
        self._api = api
        self._projection = projection
        self._events = events
        self._by_itself = by_itself

    async def send(self, act: Act) -> object:
        reply = EntryReply.model_validate_json(await self._api.post_bytes("/documents/entries", act.body))
        receipt = Signed.parse(reply.receipt, SignedType.SERVER_RECEIPT)
        facts = await self._events.check_receipt(receipt)
        if facts.entry != entry_of(act).entry_id:
            raise RemoteProtocolError(ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
        return receipt, facts.received_at

    def settle(self, connection: Connection, act: Act, reply: Any) -> Iterable[Event]:
        receipt, received_at = reply
        entry_store.settle(connection, entry_of(act).entry_id, receipt.to_bytes(), received_at)
        return self._projection.refresh(connection, act.object)

    def refuse(self, connection: Connection, act: Act, error: JinshuError) -> Iterable[Event]:
        signed = entry_of(act)
        if signed.value()["step"] in self._by_itself:
            entry_store.remove(connection, signed.entry_id)
            acts.remove(connection, act.id)
            return self._projection.refresh(connection, act.object)
        entry_store.refuse(connection, entry_of(act).entry_id, error.code.value)
        return self._projection.refresh(connection, act.object)


def entry_of(act: Act) -> Signed:
    """The signed entry inside an act."""
    return Signed.parse(EntryRequest.model_validate_json(act.body).entry, SignedType.DOCUMENT_ENTRY)
