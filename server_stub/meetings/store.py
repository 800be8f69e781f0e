"""Meetings and acts of their chairs in the database, and in the logs of the devices they concern."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Row, delete, insert, select

from protocol.crypto import cbor
from protocol.crypto.signature import Signed
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings import chair
from protocol.meetings.chair import Chair
from protocol.meetings.payloads import ChairAct, ChairEntry, Meeting
from protocol.wire.meetings import MeetingRecord
from server_stub import device_logs
from server_stub.database.tables import CONVERSATION_MEMBERS, MEETING_ACTS, MEETING_PEOPLE, MEETINGS

MEETING: Final = "meeting"
ACT: Final = "meeting_act"


def members(connection: Connection, conversation: str) -> set[str]:
    """Who is in the newest roster of a conversation."""
    chosen = select(CONVERSATION_MEMBERS.c.person).where(CONVERSATION_MEMBERS.c.conversation == conversation)
    return set(connection.execute(chosen).scalars())


def find(connection: Connection, meeting: str) -> tuple[bytes, Meeting]:
    """A meeting's entry id and content.

    Raises:
        JinshuError: `meetings.unknown`.
    """
    row = connection.execute(select(MEETINGS).where(MEETINGS.c.id == meeting)).first()
    if row is None:
        raise JinshuError(ErrorCode.MEETINGS_UNKNOWN, meeting=meeting)
    signed = Signed.parse(row.signed)
    return signed.entry_id, Meeting.parse(signed.value())


def acts(connection: Connection, meeting: str) -> list[bytes]:
    """The signed acts of a meeting's chairs, in their order."""
    chosen = select(MEETING_ACTS.c.signed).where(MEETING_ACTS.c.meeting == meeting)
    return [bytes(signed) for signed in connection.execute(chosen.order_by(MEETING_ACTS.c.n)).scalars()]


def state(connection: Connection, meeting: str) -> Chair:
    """The fold of all acts.

    Raises:
        JinshuError: `meetings.unknown`.
    """
    folded = chair.opened(*find(connection, meeting))
    for data in acts(connection, meeting):
        signed = Signed.parse(data)
        folded = chair.follow(folded, signed.entry_id, ChairEntry.parse(signed.value()))
    return folded


def came(connection: Connection, meeting: str, person: str) -> None:
    """Somebody is in it: being locked does not keep him out from now on."""
    if not has_been(connection, meeting, person):
        connection.execute(insert(MEETING_PEOPLE).values({"meeting": meeting, "person": person}))


def has_been(connection: Connection, meeting: str, person: str) -> bool:
    chosen = select(MEETING_PEOPLE.c.person).where(
        MEETING_PEOPLE.c.meeting == meeting, MEETING_PEOPLE.c.person == person
    )
    return connection.execute(chosen).first() is not None


def known(connection: Connection, entry_id: bytes) -> bool:
    """Whether a MEETING or CHAIR_ACT is here already."""
    for table in (MEETINGS, MEETING_ACTS):
        if connection.execute(select(table.c.entry_id).where(table.c.entry_id == entry_id)).first():
            return True
    return False


def add(
    connection: Connection, signed: Signed, meeting: Meeting, devices: Iterable[str], now: int
) -> list[str]:
    """Keep a meeting and tell devices; returns those reached.

    Raises:
        JinshuError: `sync.id_reused`.
    """
    if connection.execute(select(MEETINGS.c.id).where(MEETINGS.c.id == meeting.meeting)).first():
        raise JinshuError(ErrorCode.SYNC_ID_REUSED, meeting=meeting.meeting)
    row = {
        "id": meeting.meeting,
        "conversation": meeting.conversation,
        "entry_id": signed.entry_id,
        "signed": signed.to_bytes(),
        "received_at": now,
    }
    connection.execute(insert(MEETINGS).values(row))
    return device_logs.append(connection, devices, MEETING, cbor.encode(signed.entry_id), now)


def add_act(
    connection: Connection, signed: Signed, entry: ChairEntry, devices: Iterable[str], now: int
) -> list[str]:
    """Keep an act that was checked, and tell devices; returns those reached. After the end nobody asks who was there."""
    row = {
        "meeting": entry.meeting,
        "n": entry.n,
        "entry_id": signed.entry_id,
        "signed": signed.to_bytes(),
        "received_at": now,
    }
    connection.execute(insert(MEETING_ACTS).values(row))
    if entry.act is ChairAct.END:
        connection.execute(delete(MEETING_PEOPLE).where(MEETING_PEOPLE.c.meeting == entry.meeting))
    return device_logs.append(connection, devices, ACT, cbor.encode(signed.entry_id), now)


def introduce(connection: Connection, conversation: str, devices: Iterable[str], now: int) -> None:
    """Tell devices that are new to a conversation of its meetings, and what their chairs did."""
    fresh = list(devices)
    chosen = select(MEETINGS).where(MEETINGS.c.conversation == conversation)
    for meeting in connection.execute(chosen.order_by(MEETINGS.c.received_at)).all():
        device_logs.append(connection, fresh, MEETING, cbor.encode(meeting.entry_id), now)
        done = select(MEETING_ACTS.c.entry_id).where(MEETING_ACTS.c.meeting == meeting.id)
        for entry_id in connection.execute(done.order_by(MEETING_ACTS.c.n)).scalars().all():
            device_logs.append(connection, fresh, ACT, cbor.encode(entry_id), now)


def introduce_person(connection: Connection, person: str, devices: Iterable[str], now: int) -> None:
    """The same for new devices of a person, in all his conversations."""
    fresh = list(devices)
    chosen = select(CONVERSATION_MEMBERS.c.conversation).where(CONVERSATION_MEMBERS.c.person == person)
    for conversation in sorted(connection.execute(chosen).scalars()):
        introduce(connection, conversation, fresh, now)


def meeting_body(connection: Connection, _device: str, reference: bytes) -> dict[str, object]:
    """How a meeting looks in a device's log."""
    chosen = select(MEETINGS).where(MEETINGS.c.entry_id == cbor.decode(reference))
    return _body(connection.execute(chosen).one())


def act_body(connection: Connection, _device: str, reference: bytes) -> dict[str, object]:
    """How an act of a chair looks in a device's log."""
    chosen = select(MEETING_ACTS).where(MEETING_ACTS.c.entry_id == cbor.decode(reference))
    return _body(connection.execute(chosen).one())


def _body(row: Row[tuple[object, ...]]) -> dict[str, object]:
    return MeetingRecord(signed=row.signed, received_at=row.received_at).model_dump(mode="json")
