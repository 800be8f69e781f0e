"""Conversations with their rosters as this device keeps them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert

from client.core.store.conversations import CONVERSATIONS, ROSTERS
from client.core.trust.later import is_later
from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.payloads import Roster

_KEPT_ROSTERS: Final = 64
# Built once: they are asked for every message that comes.
_FIND: Final = select(CONVERSATIONS).where(CONVERSATIONS.c.id == bindparam("name"))
_CHANGE: Final = update(CONVERSATIONS).where(CONVERSATIONS.c.id == bindparam("name"))
_ROSTER: Final = select(ROSTERS.c.signed).where(ROSTERS.c.entry_id == bindparam("entry"))
_ROSTER_BEFORE: Final = (
    select(ROSTERS.c.signed)
    .where(
        ROSTERS.c.conversation == bindparam("name"),
        ROSTERS.c.place > 0,
        ROSTERS.c.place < bindparam("before"),
    )
    .order_by(ROSTERS.c.n.desc())
    .limit(1)
)


class Unplaced(Enum):
    """Why a roster has no place in its conversation; the value stands in the column `place`, where places count from 1."""

    ON_ITS_WAY = 0
    OVERTAKEN = -1  # another came first, and it is made anew upon that


Place = int | Unplaced


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


def conversation(connection: Connection, name: str) -> Conversation | None:
    row = connection.execute(_FIND, {"name": name}).first()
    return None if row is None else _conversation(row)


def conversations(connection: Connection, only: Collection[str] | None = None) -> list[Conversation]:
    """All of them, or only these, the newest first."""
    chosen = select(CONVERSATIONS).order_by(CONVERSATIONS.c.updated_at.desc(), CONVERSATIONS.c.id)
    if only is not None:
        chosen = chosen.where(CONVERSATIONS.c.id.in_(only))
    return [_conversation(row) for row in connection.execute(chosen)]


def change(connection: Connection, name: str, **values: Any) -> None:
    connection.execute(_CHANGE, {"name": name, **values})


def newest_roster(connection: Connection, name: str) -> tuple[bytes, Roster] | None:
    """The newest, be it on its way."""
    return _newest(connection, name, ROSTERS.c.place >= Unplaced.ON_ITS_WAY.value)


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
    row = connection.execute(_ROSTER, {"entry": entry_id}).first()
    return None if row is None else _roster(row.signed)[1]


def roster_before(connection: Connection, name: str, place: int) -> tuple[bytes, Roster] | None:
    """The roster in force at a place of a conversation, whatever I have queued since."""
    data = connection.execute(_ROSTER_BEFORE, {"name": name, "before": place}).scalar_one_or_none()
    return None if data is None else _roster(data)


def keep_roster(
    connection: Connection, signed: Signed, facts: Roster, place: Place, me: str, now: int
) -> None:
    """Write a verified roster and what follows from it.

    Args:
        place: from 1, as the server says; or why it has none.
        me: this device's person.
        now: when it came or was made, ms UTC.
    """
    code, reached = (place.value, 0) if isinstance(place, Unplaced) else (place, place)
    fresh = roster(connection, signed.entry_id) is None
    overtaken = _overtake(connection, facts.conversation) if fresh and reached else 0
    row = {
        "entry_id": signed.entry_id,
        "conversation": facts.conversation,
        "n": facts.n,
        "place": code,
        "signed": signed.to_bytes(),
    }
    statement = insert(ROSTERS).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["entry_id"], set_={"place": code}))
    known = conversation(connection, facts.conversation)
    values: dict[str, Any] = {
        "roster": signed.entry_id,
        "roster_n": facts.n,
        "members": cbor.encode(facts.members),
        "admins": cbor.encode(facts.admins),
    }
    if known is None:
        values |= {"id": facts.conversation, "grouped": facts.group, "title": "", "joined_n": 0}
        values |= {"last_n": reached, "read_n": 0, "draft": "", "updated_at": now}
        connection.execute(insert(CONVERSATIONS).values(values))
        return
    if me in facts.members and me not in known.members:
        values["joined_n"] = 0  # what was said while I was away is not for me
    # A newer one of mine may be on its way: then this one only takes its place.
    newer = values if facts.n >= known.roster_n or overtaken else {}
    last, updated = max(known.last_n, reached), max(known.updated_at, now)
    change(connection, known.id, last_n=last, updated_at=updated, **newer)


def _overtake(connection: Connection, conversation: str) -> int:
    """Another roster has its place: those on their way are not in force, whatever becomes of them. Returns how many there were."""
    waiting = (ROSTERS.c.conversation == conversation) & (ROSTERS.c.place == Unplaced.ON_ITS_WAY.value)
    overtaken = update(ROSTERS).where(waiting).values(place=Unplaced.OVERTAKEN.value)
    return connection.execute(overtaken).rowcount


def read_here(connection: Connection, name: str, upto: int) -> None:
    """So far I have read, on whatever device."""
    chosen = update(CONVERSATIONS).where(CONVERSATIONS.c.id == name)
    connection.execute(chosen.values(read_n=func.max(CONVERSATIONS.c.read_n, upto)))


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


@lru_cache(_KEPT_ROSTERS)
def _roster(data: bytes) -> tuple[bytes, Roster]:
    """The entry id of signed bytes and what they say: the same of the same bytes for ever, and asked for with every message."""
    signed = Signed.parse(data, SignedType.ROSTER, tolerant=True)
    return signed.entry_id, Roster.parse(signed.value(), tolerant=True)


def check_readable(connection: Connection, name: str) -> None:
    """Return if this version reads all of the newest roster: whom it is really for is said there.

    Raises:
        JinshuError: `client.outdated`.
    """
    chosen = select(ROSTERS.c.signed).where(ROSTERS.c.conversation == name, ROSTERS.c.place > 0)
    data = connection.execute(chosen.order_by(ROSTERS.c.n.desc()).limit(1)).scalar_one_or_none()
    if data is not None and is_later(Signed.parse(data, SignedType.ROSTER, tolerant=True), Roster):
        raise JinshuError(ErrorCode.CLIENT_OUTDATED, conversation=name)
