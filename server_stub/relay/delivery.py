"""How far messages have got: what devices acknowledged of conversations. It is the server's claim, and shown as such (C13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from protocol.crypto import cbor
from protocol.crypto.signature import Signed
from protocol.messaging.payloads import read_message
from protocol.wire.messaging import DeliveryMark
from server_stub.auth.sessions import Session
from server_stub.database.tables import (
    CONVERSATION_DELIVERY,
    CONVERSATION_EVENTS,
    CONVERSATION_MEMBERS,
    EVENTS,
)

SIGNAL = "delivered"
_MESSAGE = "message"
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Delivered:
    """A mark that moved, and the people whose messages it concerns."""

    mark: DeliveryMark
    authors: frozenset[str]


def note(connection: Connection, session: Session, before: int, n: int) -> list[Delivered]:
    """Write down what a device acknowledged between two numbers of its log; returns the marks that moved."""
    chosen = select(EVENTS.c.reference).where(
        EVENTS.c.device == session.device, EVENTS.c.n > before, EVENTS.c.n <= n, EVENTS.c.kind == _MESSAGE
    )
    entries = [cbor.decode(reference) for reference in connection.execute(chosen).scalars()]
    reached: dict[str, int] = {}
    authors: dict[str, set[str]] = {}
    for start in range(0, len(entries), _BATCH):
        rows = select(CONVERSATION_EVENTS).where(
            CONVERSATION_EVENTS.c.entry_id.in_(entries[start : start + _BATCH])
        )
        for row in connection.execute(rows):
            reached[row.conversation] = max(row.n, reached.get(row.conversation, 0))
            author = read_message(Signed.parse(row.signed)).person
            authors.setdefault(row.conversation, set()).add(author)
    moved = []
    for conversation, upto in sorted(reached.items()):
        others = frozenset(authors[conversation] - {session.person})
        if _advance(connection, conversation, session.person, upto) and others:
            mark = DeliveryMark(conversation=conversation, person=session.person, upto=upto)
            moved.append(Delivered(mark, others))
    return moved


def marks(connection: Connection, person: str, conversations: Iterable[str]) -> list[DeliveryMark]:
    """The marks of those conversations that a person is in."""
    mine = select(CONVERSATION_MEMBERS.c.conversation).where(
        CONVERSATION_MEMBERS.c.person == person, CONVERSATION_MEMBERS.c.conversation.in_(list(conversations))
    )
    chosen = select(CONVERSATION_DELIVERY).where(CONVERSATION_DELIVERY.c.conversation.in_(mine))
    return [
        DeliveryMark(conversation=row.conversation, person=row.person, upto=row.upto)
        for row in connection.execute(chosen)
    ]


def _advance(connection: Connection, conversation: str, person: str, upto: int) -> bool:
    """Move a mark on; False when it was there already."""
    table = CONVERSATION_DELIVERY
    here = (table.c.conversation == conversation) & (table.c.person == person)
    before = connection.execute(select(table.c.upto).where(here)).scalar_one_or_none()
    if before is None:
        row = {"conversation": conversation, "person": person, "upto": upto}
        connection.execute(insert(table).values(row))
        return True
    connection.execute(update(table).where(here, table.c.upto < upto).values(upto=upto))
    return bool(before < upto)
