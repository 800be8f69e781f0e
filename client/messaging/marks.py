"""How far everybody has a conversation, by the server's word, and has read it, by his own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects.sqlite import insert

from client.core.store.conversations import DELIVERY_MARKS, MESSAGES, READ_MARKS
from client.messaging import conversation_store, message_store
from client.messaging.conversation_store import Conversation
from client.messaging.message_store import StoredMessage


@dataclass(frozen=True, slots=True)
class Marks:
    """Of one conversation: person -> the place up to which he has it, or has read it."""

    members: tuple[str, ...]
    read: dict[str, int]
    delivered: dict[str, int]

    def readers(self, kept: StoredMessage) -> int:
        place = kept.n
        if place is None:
            return 0
        return sum(1 for person, upto in self.read.items() if upto >= place and person != kept.person)

    def everywhere(self, kept: StoredMessage) -> bool:
        """Whether a device of everybody else has it; who has read it has it."""
        place = kept.n
        return place is not None and all(
            max(self.read.get(person, 0), self.delivered.get(person, 0)) >= place
            for person in self.members
            if person != kept.person
        )


def of_all(connection: Connection, known: Iterable[Conversation]) -> dict[str, Marks]:
    """The marks of some conversations."""
    members = {each.id: each.members for each in known}
    read = _by_conversation(connection, READ_MARKS, members)
    delivered = _by_conversation(connection, DELIVERY_MARKS, members)
    return {name: Marks(members[name], read[name], delivered[name]) for name in members}


def mark_read(connection: Connection, name: str, person: str, upto: int) -> None:
    """Somebody says how far he has read."""
    row = {"conversation": name, "person": person, "upto": upto}
    later = {"upto": func.max(READ_MARKS.c.upto, upto)}
    statement = insert(READ_MARKS).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["conversation", "person"], set_=later))


def mark_delivered(connection: Connection, name: str, person: str, upto: int) -> bool:
    """Move a delivery mark on, no further than there are messages; False when that changes nothing."""
    known = conversation_store.conversation(connection, name)
    if known is None or person not in known.members:
        return False
    reached = min(upto, known.last_n)
    if reached <= of_all(connection, [known])[name].delivered.get(person, 0):
        return False
    row = {"conversation": name, "person": person, "upto": reached}
    statement = insert(DELIVERY_MARKS).values(row)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["conversation", "person"], set_={"upto": reached})
    )
    return True


def undelivered(connection: Connection, me: str, limit: int) -> list[str]:
    """Conversations where something of mine may not have arrived everywhere, the newest first."""
    mine = select(MESSAGES.c.conversation, func.max(MESSAGES.c.n).label("n")).where(
        MESSAGES.c.person == me, MESSAGES.c.n.is_not(None), MESSAGES.c.kind.in_(message_store.SAID)
    )
    newest = {row.conversation: row.n for row in connection.execute(mine.group_by(MESSAGES.c.conversation))}
    known = [each for each in conversation_store.conversations(connection) if each.id in newest]
    marks = of_all(connection, known)
    waiting = []
    for each in known:
        there = marks[each.id].delivered
        others = (there.get(person, 0) for person in each.members if person != me)
        if min(others, default=0) < newest[each.id]:
            waiting.append(each.id)
    return waiting[:limit]


def _by_conversation(connection: Connection, table: Table, names: Iterable[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {name: {} for name in names}
    for row in connection.execute(select(table).where(table.c.conversation.in_(found))):
        found[row.conversation][row.person] = row.upto
    return found
