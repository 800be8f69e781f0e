"""Conversations and messages as this device keeps them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, union, update
from sqlalchemy.dialects.sqlite import insert

from client.core.store import search
from client.core.store.conversations import (
    CONVERSATIONS,
    DELIVERY_MARKS,
    MESSAGES,
    READ_MARKS,
    ROSTERS,
)
from protocol.crypto import cbor
from protocol.crypto.signature import Signed
from protocol.messaging.contents import ContentKind
from protocol.messaging.payloads import Roster

AREA = "messages"
SETTLED, PENDING, REFUSED = "settled", "pending", "refused"
_SAID = (ContentKind.TEXT.value, ContentKind.FILE.value)
_CHANGES = (ContentKind.EDIT.value, ContentKind.RECALL.value)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation with its newest verified roster."""

    id: str
    group: bool
    title: str
    roster: bytes
    roster_n: int
    members: tuple[str, ...]
    admins: tuple[str, ...]
    joined_n: int  # the first message this device was given: from there on nothing may be missing
    last_n: int
    read_n: int
    draft: str
    updated_at: int


@dataclass(frozen=True, slots=True)
class Kept:
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


def conversation(connection: Connection, name: str) -> Conversation | None:
    row = connection.execute(select(CONVERSATIONS).where(CONVERSATIONS.c.id == name)).first()
    return None if row is None else _conversation(row)


def conversations(connection: Connection) -> list[Conversation]:
    rows = connection.execute(select(CONVERSATIONS).order_by(CONVERSATIONS.c.updated_at.desc()))
    return [_conversation(row) for row in rows]


def change(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == name).values(**values))


def newest_roster(connection: Connection, name: str) -> tuple[bytes, Roster] | None:
    """The newest, be it on its way."""
    return _newest(connection, name, ROSTERS.c.place >= 0)


def newest_placed(connection: Connection, name: str) -> tuple[bytes, Roster] | None:
    """The newest that the server has: what I queued after a message is not in force when it goes."""
    return _newest(connection, name, ROSTERS.c.place > 0)


def _newest(connection: Connection, name: str, where: ColumnElement[bool]) -> tuple[bytes, Roster] | None:
    chosen = select(ROSTERS.c.signed).where(ROSTERS.c.conversation == name, where)
    row = connection.execute(chosen.order_by(ROSTERS.c.n.desc()).limit(1)).first()
    return None if row is None else _roster(row.signed)


def place_roster(connection: Connection, entry_id: bytes, place: int) -> None:
    connection.execute(update(ROSTERS).where(ROSTERS.c.entry_id == entry_id).values(place=place))


def roster(connection: Connection, entry_id: bytes) -> Roster | None:
    row = connection.execute(select(ROSTERS.c.signed).where(ROSTERS.c.entry_id == entry_id)).first()
    return None if row is None else _roster(row.signed)[1]


def roster_before(connection: Connection, name: str, place: int) -> bytes | None:
    """The roster in force at a place of a conversation, whatever I have queued since."""
    chosen = select(ROSTERS.c.entry_id).where(
        ROSTERS.c.conversation == name, ROSTERS.c.place > 0, ROSTERS.c.place < place
    )
    found = connection.execute(chosen.order_by(ROSTERS.c.n.desc()).limit(1)).scalar_one_or_none()
    return None if found is None else bytes(found)


def keep_roster(connection: Connection, signed: Signed, facts: Roster, place: int, me: str, now: int) -> None:
    """Write a verified roster and what follows from it. `place` 0: it is on its way; -1: another came first."""
    fresh = roster(connection, signed.entry_id) is None
    overtaken = 0
    if fresh and place > 0:
        waiting = (ROSTERS.c.conversation == facts.conversation) & (ROSTERS.c.place == 0)
        overtaken = connection.execute(update(ROSTERS).where(waiting).values(place=-1)).rowcount
    row = {
        "entry_id": signed.entry_id,
        "conversation": facts.conversation,
        "n": facts.n,
        "place": place,
        "signed": signed.to_bytes(),
    }
    statement = insert(ROSTERS).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["entry_id"], set_={"place": place}))
    known = conversation(connection, facts.conversation)
    values: dict[str, Any] = {
        "roster": signed.entry_id,
        "roster_n": facts.n,
        "members": cbor.encode(facts.members),
        "admins": cbor.encode(facts.admins),
    }
    if known is None:
        values |= {"id": facts.conversation, "grouped": facts.group, "title": "", "joined_n": 0}
        values |= {"last_n": place, "read_n": 0, "draft": "", "updated_at": now}
        connection.execute(insert(CONVERSATIONS).values(values))
        return
    if me in facts.members and me not in known.members:
        values["joined_n"] = 0  # what was said while I was away is not for me
    # A newer one of mine may be on its way: then this one only takes its place.
    newer = values if facts.n >= known.roster_n or overtaken else {}
    last, updated = max(known.last_n, place), max(known.updated_at, now)
    change(connection, known.id, last_n=last, updated_at=updated, **newer)


def put(connection: Connection, values: dict[str, Any]) -> None:
    """Write a message, or what is newer of it."""
    statement = insert(MESSAGES).values({"recalled": False, **values})
    newer = {name: value for name, value in values.items() if name != "id"}
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=newer))


def amend(connection: Connection, message: str, **values: Any) -> None:
    """Write what is new of a message that is here."""
    connection.execute(update(MESSAGES).where(MESSAGES.c.id == message).values(**values))


def find(connection: Connection, message: str) -> Kept | None:
    row = connection.execute(select(MESSAGES).where(MESSAGES.c.id == message)).first()
    return None if row is None else _kept(row)


def found(connection: Connection, query: str) -> list[Kept]:
    """Messages that contain every word of a query, the newest first."""
    keys = search.find(connection, area=AREA, query=query)
    rows = connection.execute(select(MESSAGES).where(MESSAGES.c.id.in_(keys)))
    kept = {row.id: _kept(row) for row in rows}
    return [kept[key] for key in keys if key in kept]


def knows_entries(connection: Connection, entries: Collection[bytes]) -> bool:
    """Whether each of these messages or rosters is here."""
    chosen = union(
        select(MESSAGES.c.entry_id).where(MESSAGES.c.entry_id.in_(entries)),
        select(ROSTERS.c.entry_id).where(ROSTERS.c.entry_id.in_(entries)),
    )
    return len(connection.execute(chosen).all()) == len(set(entries))


def used(connection: Connection, session: str, device: str, index: int, message: str) -> bool:
    """Whether another message of that device came with this place of a ratchet: a replay."""
    chosen = select(MESSAGES.c.id).where(
        MESSAGES.c.session == session, MESSAGES.c.device == device, MESSAGES.c.ratchet_index == index
    )
    found = connection.execute(chosen).scalar_one_or_none()
    return found is not None and found != message


def unread_of_session(connection: Connection, session: str, device: str) -> list[Kept]:
    """Messages of a device's session that could not be read when they came."""
    chosen = select(MESSAGES).where(
        MESSAGES.c.session == session, MESSAGES.c.device == device, MESSAGES.c.fields.is_(None)
    )
    return [_kept(row) for row in connection.execute(chosen.order_by(MESSAGES.c.n))]


def newest_entries(connection: Connection, name: str, count: int) -> list[bytes]:
    """Entry ids of the newest messages received: what an author says he has seen."""
    chosen = select(MESSAGES.c.entry_id).where(
        MESSAGES.c.conversation == name, MESSAGES.c.n.is_not(None), MESSAGES.c.entry_id.is_not(None)
    )
    return list(connection.execute(chosen.order_by(MESSAGES.c.n.desc()).limit(count)).scalars())


def page(connection: Connection, name: str, before: int | None, limit: int) -> list[Kept]:
    """Messages to show, oldest first: those before a place, or the newest with what is on its way last."""
    shown = select(MESSAGES).where(
        MESSAGES.c.conversation == name,
        (MESSAGES.c.kind.in_((*_SAID, ContentKind.TITLE.value)))
        | (MESSAGES.c.kind.is_(None))
        | (MESSAGES.c.standing == REFUSED),
    )
    placed = shown.where(MESSAGES.c.n.is_not(None))
    if before is not None:
        placed = placed.where(MESSAGES.c.n < before)
    rows = [_kept(row) for row in connection.execute(placed.order_by(MESSAGES.c.n.desc()).limit(limit))][::-1]
    if before is None:
        waiting = shown.where(MESSAGES.c.n.is_(None)).order_by(MESSAGES.c.sent_at)
        rows += [_kept(row) for row in connection.execute(waiting)]
    return rows


def unread(connection: Connection, known: Conversation, me: str) -> int:
    chosen = select(func.count()).select_from(MESSAGES).where(_unread(known, me))
    return int(connection.execute(chosen).scalar_one())


def newest_unread(connection: Connection, known: Conversation, me: str) -> Kept | None:
    chosen = select(MESSAGES).where(_unread(known, me)).order_by(MESSAGES.c.n.desc()).limit(1)
    row = connection.execute(chosen).first()
    return None if row is None else _kept(row)


def _unread(known: Conversation, me: str) -> ColumnElement[bool]:
    """What others have said since I read last, and not taken back."""
    return and_(
        MESSAGES.c.conversation == known.id,
        MESSAGES.c.n > known.read_n,
        MESSAGES.c.person != me,
        MESSAGES.c.kind.in_(_SAID),
        MESSAGES.c.recalled.is_(False),
    )


def readers(connection: Connection, name: str) -> dict[str, int]:
    """How far each member has read."""
    rows = connection.execute(select(READ_MARKS).where(READ_MARKS.c.conversation == name))
    return {row.person: row.upto for row in rows}


def receivers(connection: Connection, name: str) -> dict[str, int]:
    """How far each member's devices have a conversation, by the server's word."""
    rows = connection.execute(select(DELIVERY_MARKS).where(DELIVERY_MARKS.c.conversation == name))
    return {row.person: row.upto for row in rows}


def mark_delivered(connection: Connection, name: str, person: str, upto: int) -> bool:
    """Move a delivery mark on, no further than there are messages; False when that changes nothing."""
    known = conversation(connection, name)
    if known is None or person not in known.members:
        return False
    reached = min(upto, known.last_n)
    if reached <= receivers(connection, name).get(person, 0):
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
        MESSAGES.c.person == me, MESSAGES.c.n.is_not(None), MESSAGES.c.kind.in_(_SAID)
    )
    rows = connection.execute(mine.group_by(MESSAGES.c.conversation))
    newest = {row.conversation: row.n for row in rows}
    waiting = []
    for known in conversations(connection):
        there = receivers(connection, known.id)
        others = (there.get(person, 0) for person in known.members if person != me)
        if known.id in newest and min(others, default=0) < newest[known.id]:
            waiting.append(known.id)
    return waiting[:limit]


def changes_of(connection: Connection, target: Kept) -> list[Kept]:
    """Edits and recalls of a message by its author, in the order of the conversation, those on their way last."""
    chosen = select(MESSAGES).where(
        MESSAGES.c.conversation == target.conversation,
        MESSAGES.c.kind.in_(_CHANGES),
        MESSAGES.c.person == target.person,
        MESSAGES.c.standing != REFUSED,
        (MESSAGES.c.n > (target.n or 0)) | MESSAGES.c.n.is_(None),
    )
    rows = connection.execute(chosen.order_by(MESSAGES.c.n.is_(None), MESSAGES.c.n, MESSAGES.c.sent_at))
    found = (_kept(row) for row in rows)
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


def mark_read(connection: Connection, name: str, person: str, upto: int) -> None:
    """Somebody says how far he has read."""
    row = {"conversation": name, "person": person, "upto": upto}
    later = {"upto": func.max(READ_MARKS.c.upto, upto)}
    statement = insert(READ_MARKS).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["conversation", "person"], set_=later))


def read_here(connection: Connection, name: str, upto: int) -> None:
    """So far I have read, on whatever device."""
    chosen = update(CONVERSATIONS).where(CONVERSATIONS.c.id == name)
    connection.execute(chosen.values(read_n=func.max(CONVERSATIONS.c.read_n, upto)))


def remove(connection: Connection, message: str) -> None:
    connection.execute(MESSAGES.delete().where(MESSAGES.c.id == message))
    search.remove(connection, area=AREA, key=message)


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        group=row.grouped,
        title=row.title,
        roster=row.roster,
        roster_n=row.roster_n,
        members=tuple(cbor.decode(row.members)),
        admins=tuple(cbor.decode(row.admins)),
        joined_n=row.joined_n,
        last_n=row.last_n,
        read_n=row.read_n,
        draft=row.draft,
        updated_at=row.updated_at,
    )


def _roster(data: bytes) -> tuple[bytes, Roster]:
    signed = Signed.parse(data)
    return signed.entry_id, Roster.parse(signed.value())


def _kept(row: Row[Any]) -> Kept:
    return Kept(
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
