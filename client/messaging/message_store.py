"""Messages as this device keeps them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, Row, bindparam, select, union, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.dml import ReturningInsert

from client.core.store import search
from client.core.store.conversations import MESSAGES, ROSTERS
from protocol.crypto import cbor
from protocol.errors import ErrorCode
from protocol.messaging.contents import ContentKind

AREA = "messages"
SETTLED, PENDING, REFUSED = "settled", "pending", "refused"
SAID = (ContentKind.TEXT.value, ContentKind.FILE.value)
# Why a program could not read a message which a newer one perhaps can.
_VERSION_FAULTS = tuple(
    code.value
    for code in (
        ErrorCode.CLIENT_OUTDATED,
        ErrorCode.MESSAGING_UNKNOWN_KIND,
        ErrorCode.WIRE_UNKNOWN_TYPE,
        ErrorCode.WIRE_MALFORMED,
        ErrorCode.WIRE_TOO_LARGE,
    )
)
_CHANGES = (ContentKind.EDIT.value, ContentKind.RECALL.value)


# Built once: of what one message of a thousand costs, building statements was a third.
_FIND: Final = select(MESSAGES).where(MESSAGES.c.id == bindparam("message"))
_KNOWN: Final = union(
    *(
        select(table.c.entry_id).where(table.c.entry_id.in_(bindparam("entries", expanding=True)))
        for table in (MESSAGES, ROSTERS)
    )
)
_AT_RATCHET: Final = select(MESSAGES.c.id).where(
    MESSAGES.c.session == bindparam("session"),
    MESSAGES.c.device == bindparam("device"),
    MESSAGES.c.ratchet_index == bindparam("index"),
)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message here. `fields` is None while it cannot be read."""

    id: str
    conversation: str
    n: int | None
    person: str
    device: str
    session: str | None
    signed: bytes | None
    roster: bytes | None
    kind: ContentKind | None
    fields: dict[str, Any] | None
    sent_at: int
    received_at: int | None
    standing: str
    refusal: str | None
    fault: str | None
    edited: str | None
    recalled: bool


def put(connection: Connection, values: dict[str, Any]) -> StoredMessage:
    """Write a message, or what is newer of it; returns it as it is kept now."""
    return stored_message(connection.execute(_put(tuple(values)), {"recalled": False, **values}).one())


@cache
def _put(names: tuple[str, ...]) -> ReturningInsert[Any]:
    """The statement that writes these columns of a message."""
    statement = insert(MESSAGES)
    newer = {name: statement.excluded[name] for name in names if name != "id"}
    return statement.on_conflict_do_update(index_elements=["id"], set_=newer).returning(MESSAGES)


def amend(connection: Connection, message: str, **values: Any) -> None:
    """Write what is new of a message that is here."""
    connection.execute(update(MESSAGES).where(MESSAGES.c.id == message).values(**values))


def find(connection: Connection, message: str) -> StoredMessage | None:
    row = connection.execute(_FIND, {"message": message}).first()
    return None if row is None else stored_message(row)


def found(connection: Connection, query: str) -> list[StoredMessage]:
    """Messages that contain every word of a query, the newest first."""
    keys = search.find(connection, area=AREA, query=query)
    rows = connection.execute(select(MESSAGES).where(MESSAGES.c.id.in_(keys)))
    kept = {row.id: stored_message(row) for row in rows}
    return [kept[key] for key in keys if key in kept]


def knows_entries(connection: Connection, entries: Collection[bytes]) -> bool:
    """Whether each of these messages or rosters is here."""
    sought = list(set(entries))
    return len(connection.execute(_KNOWN, {"entries": sought}).all()) == len(sought)


def used(connection: Connection, session: str, device: str, index: int, message: str) -> bool:
    """Whether another message of that device came with this place of a ratchet: a replay."""
    place = {"session": session, "device": device, "index": index}
    found = connection.execute(_AT_RATCHET, place).scalar_one_or_none()
    return found is not None and found != message


def unread_of_session(connection: Connection, session: str, device: str) -> list[StoredMessage]:
    """Messages of a device's session that could not be read when they came."""
    chosen = select(MESSAGES).where(
        MESSAGES.c.session == session, MESSAGES.c.device == device, MESSAGES.c.fields.is_(None)
    )
    return [stored_message(row) for row in connection.execute(chosen.order_by(MESSAGES.c.n))]


def unread_by_version(connection: Connection) -> list[StoredMessage]:
    """Messages that are here with their keys, and whose content the program could not read."""
    chosen = select(MESSAGES).where(MESSAGES.c.fields.is_(None), MESSAGES.c.fault.in_(_VERSION_FAULTS))
    return [
        stored_message(row)
        for row in connection.execute(chosen.order_by(MESSAGES.c.conversation, MESSAGES.c.n))
    ]


def newest_entries(connection: Connection, name: str, count: int) -> list[bytes]:
    """Entry ids of the newest messages received: what an author says he has seen."""
    chosen = select(MESSAGES.c.entry_id).where(
        MESSAGES.c.conversation == name, MESSAGES.c.n.is_not(None), MESSAGES.c.entry_id.is_not(None)
    )
    return list(connection.execute(chosen.order_by(MESSAGES.c.n.desc()).limit(count)).scalars())


def is_shown(messages: FromClause) -> ColumnElement[bool]:
    """What stands in a conversation: what is said, what cannot be read yet, its name, and every change that was refused."""
    kind = messages.c.kind
    return kind.in_((*SAID, ContentKind.TITLE.value)) | kind.is_(None) | (messages.c.standing == REFUSED)


def changes_of(connection: Connection, target: StoredMessage) -> list[StoredMessage]:
    """Edits and recalls of a message by its author, in the order of the conversation, those on their way last."""
    chosen = select(MESSAGES).where(
        MESSAGES.c.conversation == target.conversation,
        MESSAGES.c.kind.in_(_CHANGES),
        MESSAGES.c.person == target.person,
        MESSAGES.c.standing != REFUSED,
        (MESSAGES.c.n > (target.n or 0)) | MESSAGES.c.n.is_(None),
    )
    rows = connection.execute(chosen.order_by(MESSAGES.c.n.is_(None), MESSAGES.c.n, MESSAGES.c.sent_at))
    found = (stored_message(row) for row in rows)
    return [each for each in found if each.fields is not None and each.fields["target"] == target.id]


def newest_title(connection: Connection, name: str) -> str:
    """What the conversation is called, by the last who gave it a name."""
    given = select(MESSAGES.c.fields).where(
        MESSAGES.c.conversation == name,
        MESSAGES.c.kind == ContentKind.TITLE.value,
        MESSAGES.c.standing != REFUSED,
    )
    waiting = given.where(MESSAGES.c.n.is_(None)).order_by(MESSAGES.c.sent_at.desc())
    placed = given.where(MESSAGES.c.n.is_not(None)).order_by(MESSAGES.c.n.desc())
    for chosen in (waiting, placed):
        fields = connection.execute(chosen.limit(1)).scalar_one_or_none()
        if fields is not None:
            return str(cbor.decode(fields)["title"])
    return ""


def remove(connection: Connection, message: str) -> None:
    connection.execute(MESSAGES.delete().where(MESSAGES.c.id == message))
    search.remove(connection, area=AREA, key=message)


def stored_message(row: Row[Any]) -> StoredMessage:
    return StoredMessage(
        id=row.id,
        conversation=row.conversation,
        n=row.n,
        person=row.person,
        device=row.device,
        session=row.session,
        signed=row.signed,
        roster=row.roster,
        kind=ContentKind(row.kind) if row.kind else None,
        fields=None if row.fields is None else cbor.decode(row.fields),
        sent_at=row.sent_at,
        received_at=row.received_at,
        standing=row.standing,
        refusal=row.refusal,
        fault=row.fault,
        edited=row.edited,
        recalled=bool(row.recalled),
    )
