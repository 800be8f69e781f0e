"""Meetings as this device keeps them, and what their chairs have left of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.sqlite import insert

from client.core.store.conversations import CONVERSATIONS, ROSTERS
from client.core.store.meetings import MEETING_ACTS, MEETINGS
from client.core.trust.later import is_later
from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings import chair
from protocol.meetings.chair import Chair
from protocol.meetings.payloads import ChairAct, ChairEntry, Meeting
from protocol.messaging.payloads import Roster

PENDING, SETTLED, REFUSED = "pending", "settled", "refused"


@dataclass(frozen=True, slots=True)
class Kept:
    """A meeting with the state its chairs left it in, and its conversation as it is now."""

    id: str
    conversation: str
    entry_id: bytes
    meeting: Meeting
    standing: str
    chair: Chair
    title: str  # of the conversation; empty: it has none
    members: tuple[str, ...]
    later: bool = False  # it was called in a form of a later version than this

    @property
    def acted_later(self) -> bool:
        """Whether a chair did something in it that this version cannot read."""
        return self.chair.later

    def check_readable(self, *, acts: bool = False) -> None:
        """Return if what I do in it builds on nothing that needs a newer program; `acts`: on those of its chairs too.

        Raises:
            JinshuError: `client.outdated`.
        """
        if self.later or (acts and self.acted_later):
            raise JinshuError(ErrorCode.CLIENT_OUTDATED, meeting=self.id)


def keep(connection: Connection, signed: Signed, meeting: Meeting, standing: str) -> None:
    """Write a meeting; one that was on its way has arrived."""
    row = {
        "id": meeting.meeting,
        "conversation": meeting.conversation,
        "entry_id": signed.entry_id,
        "signed": signed.to_bytes(),
        "starts_at": meeting.starts_at,
        "ends_at": meeting.ends_at,
        "standing": standing,
    }
    statement = insert(MEETINGS).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"standing": standing}))


def settle(connection: Connection, meeting: str, standing: str) -> None:
    connection.execute(update(MEETINGS).where(MEETINGS.c.id == meeting).values(standing=standing))


def keep_act(connection: Connection, signed: Signed, entry: ChairEntry) -> None:
    """Write an act that was checked; the same again changes nothing."""
    row = {
        "meeting": entry.meeting,
        "n": entry.n,
        "entry_id": signed.entry_id,
        "signed": signed.to_bytes(),
    }
    connection.execute(insert(MEETING_ACTS).values(row).on_conflict_do_nothing())


def entry_of(connection: Connection, meeting: str) -> bytes | None:
    """The entry id of a meeting that is here."""
    chosen = select(MEETINGS.c.entry_id).where(MEETINGS.c.id == meeting)
    found = connection.execute(chosen).scalar_one_or_none()
    return None if found is None else bytes(found)


def act_at(connection: Connection, meeting: str, n: int) -> bytes | None:
    """The entry id of the n-th act of a meeting's chairs."""
    chosen = select(MEETING_ACTS.c.entry_id).where(MEETING_ACTS.c.meeting == meeting, MEETING_ACTS.c.n == n)
    found = connection.execute(chosen).scalar_one_or_none()
    return None if found is None else bytes(found)


def acts_after(connection: Connection, meeting: str, n: int) -> list[tuple[bytes, ChairEntry]]:
    """The acts of a meeting's chairs after the n-th, in their order, each with its entry id."""
    chosen = select(MEETING_ACTS.c.signed).where(MEETING_ACTS.c.meeting == meeting, MEETING_ACTS.c.n > n)
    return [_act(data) for data in connection.execute(chosen.order_by(MEETING_ACTS.c.n)).scalars()]


def _act(data: bytes) -> tuple[bytes, ChairEntry]:
    signed = Signed.parse(data, SignedType.CHAIR_ACT, tolerant=True)
    entry = ChairEntry.parse(signed.value(), tolerant=True)
    return signed.entry_id, entry if signed.known else replace(entry, act=ChairAct.LATER)


def find(connection: Connection, meeting: str) -> Kept | None:
    row = connection.execute(select(MEETINGS).where(MEETINGS.c.id == meeting)).first()
    return None if row is None else _kept(connection, row)


def all_of(connection: Connection) -> list[Kept]:
    """Every meeting, the latest first."""
    rows = connection.execute(select(MEETINGS).order_by(MEETINGS.c.starts_at.desc())).all()
    return [_kept(connection, row) for row in rows]


def ever_members(connection: Connection, conversation: str) -> frozenset[str]:
    """Who is or was in a conversation, by the rosters the server has of it: verified when they were taken in."""
    chosen = select(ROSTERS.c.signed).where(ROSTERS.c.conversation == conversation, ROSTERS.c.place > 0)
    signed = (Signed.parse(data, tolerant=True) for data in connection.execute(chosen).scalars())
    rosters = (Roster.parse(each.value(), tolerant=True) for each in signed)
    return frozenset(person for roster in rosters for person in roster.members)


def _kept(connection: Connection, row: Row[Any]) -> Kept:
    signed = Signed.parse(row.signed, SignedType.MEETING, tolerant=True)
    meeting = Meeting.parse(signed.value(), tolerant=True)
    state = chair.opened(row.entry_id, meeting)
    acts = select(MEETING_ACTS.c.signed).where(MEETING_ACTS.c.meeting == row.id)
    for data in connection.execute(acts.order_by(MEETING_ACTS.c.n)).scalars():
        entry_id, entry = _act(data)
        try:
            state = chair.follow(state, entry_id, entry)
        except JinshuError:
            # Kept when its version could not be read; this one can, and refuses it.
            state = chair.passed_over(state, entry_id, entry)
    known = connection.execute(select(CONVERSATIONS).where(CONVERSATIONS.c.id == row.conversation)).first()
    people = () if known is None else tuple(cbor.decode(known.members))
    title = "" if known is None else known.title
    later = is_later(signed, Meeting)
    return Kept(row.id, row.conversation, row.entry_id, meeting, row.standing, state, title, people, later)
