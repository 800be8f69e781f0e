"""Conversations: one numbered chain each of rosters and messages, delivered to the devices of the members; nothing of it is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Final, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Standing
from protocol.directory.state import SKEW_MS, DirectoryState
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.features import MESSAGES_2, check_switched_on
from protocol.messaging.payloads import MESSAGE_FORMS, KeyPacket, MessageEvent, Roster, read_message
from protocol.messaging.rosters import check_roster
from protocol.wire.messaging import ConversationRecord
from server_stub import device_logs
from server_stub.auth.sessions import Session
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.database.tables import CONVERSATION_EVENTS, CONVERSATION_MEMBERS, KEY_PACKETS
from server_stub.directory.log_store import DirectoryLog
from server_stub.relay import delivery, left_out
from server_stub.relay.delivery import Delivered
from server_stub.stream import Bell

T = TypeVar("T")
ROSTER: Final = "roster"
MESSAGE: Final = "message"
PACKET: Final = "packet"
HasBlob = Callable[[str], bool]
# Gives devices that are new to a conversation what else belongs to it.
Introduce = Callable[[Connection, str, Iterable[str], int], None]
# Told, once it is committed, which conversation has other members.
MembersChanged = Callable[[str], Awaitable[None]]
# What every message asks, put together once: building a statement costs more than running it.
_OF: Final = CONVERSATION_EVENTS.c.conversation == bindparam("conversation")
_SAME: Final = select(CONVERSATION_EVENTS).where(
    (CONVERSATION_EVENTS.c.entry_id == bindparam("entry_id"))
    | (CONVERSATION_EVENTS.c.message == bindparam("message"))
)
_NEWEST_ROSTER: Final = (
    select(CONVERSATION_EVENTS.c.signed)
    .where(_OF, CONVERSATION_EVENTS.c.kind == ROSTER)
    .order_by(CONVERSATION_EVENTS.c.n.desc())
    .limit(1)
)
_EVENT: Final = select(CONVERSATION_EVENTS).where(CONVERSATION_EVENTS.c.entry_id == bindparam("entry_id"))
_LAST: Final = select(func.max(CONVERSATION_EVENTS.c.n)).where(_OF)
_PARENTS: Final = select(CONVERSATION_EVENTS.c.entry_id).where(
    _OF, CONVERSATION_EVENTS.c.entry_id.in_(bindparam("entries", expanding=True))
)
_ADD: Final = insert(CONVERSATION_EVENTS)


class Conversations:
    """The one place where conversations grow."""

    def __init__(
        self,
        database: Database,
        log: DirectoryLog,
        bell: Bell,
        clock: Clock,
        has_blob: HasBlob,
        introduce_rest: Introduce,
        members_changed: MembersChanged,
    ) -> None:
        self._database = database
        self._log = log
        self._bell = bell
        self._clock = clock
        self._has_blob = has_blob
        self._introduce_rest = introduce_rest
        self._members_changed = members_changed

    async def add_roster(self, session: Session, data: bytes) -> tuple[int, int]:
        """Begin a conversation or change its members; returns its place and when it came.

        Raises:
            JinshuError: `messaging.roster_refused`, `messaging.roster_outdated`, `messaging.unknown`, …
        """
        signed = self._signed(session, data, SignedType.ROSTER)
        roster = Roster.parse(signed.value())
        if roster.person != session.person:
            raise JinshuError(ErrorCode.MESSAGING_ROSTER_REFUSED, conversation=roster.conversation)
        place = await self._write(lambda c, now: self._roster(c, signed, roster, now))
        await self._members_changed(roster.conversation)
        return place

    async def add_message(self, session: Session, data: bytes) -> tuple[int, int]:
        """Put a message into its conversation; the same again is where it was.

        Raises:
            JinshuError: `messaging.not_a_member`, `messaging.roster_outdated`, `sync.id_reused`, `blobs.unknown`,
                `features.not_switched_on`, `messaging.unknown_parent`, it names as seen what is not of the conversation, …
        """
        signed = self._signed(session, data, *MESSAGE_FORMS)
        event = read_message(signed)
        if (event.person, event.device) != (session.person, session.device):
            raise JinshuError(ErrorCode.MESSAGING_NOT_A_MEMBER, conversation=event.conversation)
        for blob in event.blobs:
            if not self._has_blob(blob):
                raise JinshuError(ErrorCode.BLOBS_UNKNOWN, blob=blob)
        return await self._write(lambda c, now: self._message(c, signed, event, now))

    async def add_packets(self, session: Session, packets: list[bytes]) -> None:
        """Carry keys to single devices.

        Raises:
            JinshuError: `messaging.not_a_member`, sender and receiver are not in one conversation.
        """
        signed = [self._signed(session, data, SignedType.KEY_PACKET) for data in packets]
        parsed = [(each, KeyPacket.parse(each.value())) for each in signed]
        if any(packet.device != session.device for _, packet in parsed):
            raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER)
        await self._write(lambda c, now: self._packets(c, session, parsed, now))

    async def tell_left_out(self, session: Session, data: bytes) -> None:
        """Let the owners of devices hear that nothing was sent to these.

        Raises:
            JinshuError: as `left_out.tell`.
        """
        state = self._log.state
        await self._write(lambda c, now: (None, left_out.tell(c, state, session, data, now)))

    def tell_delivered(self, moved: list[Delivered]) -> None:
        """Let the authors of messages know that they arrived."""
        for each in moved:
            body = each.mark.model_dump(mode="json")
            self._bell.signal(devices_of(self._log.state, set(each.authors)), delivery.SIGNAL, body)

    def _signed(self, session: Session, data: bytes, *kinds: SignedType) -> Signed:
        signed = Signed.parse(data)
        if signed.type not in kinds:
            raise RemoteProtocolError(ErrorCode.SIGNATURE_WRONG_TYPE)
        if signed.cert_hash != session.cert_hash:
            raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)
        verify(signed, self._log.state.active_signer(signed.cert_hash).verifying_key, signed.type)
        return signed

    async def _write(self, work: Callable[[Connection, int], tuple[T, list[str]]]) -> T:
        now = self._clock.now_ms()
        result, reached = await self._database.write(lambda connection: work(connection, now))
        self._bell.ring(reached)
        return result

    def _roster(
        self, connection: Connection, signed: Signed, roster: Roster, now: int
    ) -> tuple[tuple[int, int], list[str]]:
        known = _find(connection, signed.entry_id)
        if known is not None:
            return known, []
        state = self._log.writing.state
        self._check_seen(roster.log_size, roster.log_root, roster.at, now)
        check_roster(roster, newest_roster(connection, roster.conversation))
        if not set(roster.members) <= state.organisation.people.keys():
            raise JinshuError(ErrorCode.MESSAGING_ROSTER_REFUSED, conversation=roster.conversation)
        before = set(_members(connection, roster.conversation))
        place = _append(connection, roster.conversation, ROSTER, signed, None, now)
        chosen = delete(CONVERSATION_MEMBERS).where(
            CONVERSATION_MEMBERS.c.conversation == roster.conversation
        )
        connection.execute(chosen)
        for person in roster.members:
            connection.execute(
                insert(CONVERSATION_MEMBERS).values(conversation=roster.conversation, person=person)
            )
        fresh = devices_of(state, set(roster.members) - before)
        for entry_id in _rosters(connection, roster.conversation)[:-1]:
            device_logs.append(connection, fresh, ROSTER, cbor.encode(entry_id), now)
        told = devices_of(state, before | set(roster.members))
        reached = device_logs.append(connection, told, ROSTER, cbor.encode(signed.entry_id), now)
        self._introduce_rest(connection, roster.conversation, fresh, now)
        return (place, now), reached

    def _message(
        self, connection: Connection, signed: Signed, event: MessageEvent, now: int
    ) -> tuple[tuple[int, int], list[str]]:
        before = connection.execute(_SAME, {"entry_id": signed.entry_id, "message": event.id}).all()
        for row in before:
            if row.entry_id == signed.entry_id:
                return (row.n, row.received_at), []
        if before:
            raise JinshuError(ErrorCode.SYNC_ID_REUSED, message=event.id)
        last = newest_roster(connection, event.conversation)
        if last is None or event.person not in last[1].members:
            raise JinshuError(ErrorCode.MESSAGING_NOT_A_MEMBER, conversation=event.conversation)
        if event.roster != last[0]:
            raise JinshuError(ErrorCode.MESSAGING_ROSTER_OUTDATED, conversation=event.conversation)
        if not _stand_here(connection, event.conversation, event.parents):
            # Every reader would take it for a sign that something was hidden from him, and what comes after it too.
            raise JinshuError(ErrorCode.MESSAGING_UNKNOWN_PARENT, conversation=event.conversation)
        self._check_seen(event.log_size, event.log_root, event.sent_at, now, offline=True)
        if signed.type is SignedType.COMMITTED_MESSAGE:
            check_switched_on(MESSAGES_2, self._log.features_at(connection, event.log_size))
        place = _append(connection, event.conversation, MESSAGE, signed, event.id, now)
        told = devices_of(self._log.writing.state, set(last[1].members))
        return (place, now), device_logs.append(connection, told, MESSAGE, cbor.encode(signed.entry_id), now)

    def _packets(
        self, connection: Connection, session: Session, packets: list[tuple[Signed, KeyPacket]], now: int
    ) -> tuple[None, list[str]]:
        state, reached = self._log.writing.state, list[str]()
        for signed, packet in packets:
            members = set(_members(connection, packet.conversation))
            device = state.device_by_id(packet.to)
            if session.person not in members or device is None or device.person not in members:
                raise JinshuError(ErrorCode.MESSAGING_NOT_A_MEMBER, conversation=packet.conversation)
            chosen = select(KEY_PACKETS.c.entry_id).where(KEY_PACKETS.c.entry_id == signed.entry_id)
            if connection.execute(chosen).first() is not None:
                continue
            connection.execute(
                insert(KEY_PACKETS).values(
                    entry_id=signed.entry_id, recipient=packet.to, signed=signed.to_bytes(), received_at=now
                )
            )
            reached += device_logs.append(connection, [packet.to], PACKET, cbor.encode(signed.entry_id), now)
        return None, reached

    def _check_seen(self, size: int, root: bytes, claimed: int, now: int, *, offline: bool = False) -> None:
        if claimed > now + SKEW_MS or (not offline and claimed < now - SKEW_MS):
            raise JinshuError(ErrorCode.CLOCK_SKEW)
        if size > self._log.writing.size or self._log.root(size) != root:
            raise JinshuError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=size)


def devices_of(state: DirectoryState, people: set[str]) -> list[str]:
    """The active devices of people; one that only the CA vouches for gets nothing by itself (C2)."""
    return [
        device.id
        for person in people
        for device in state.active_devices(person)
        if device.standing is not Standing.ON_CA_WORD
    ]


def newest_roster(connection: Connection, conversation: str) -> tuple[bytes, Roster] | None:
    row = connection.execute(_NEWEST_ROSTER, {"conversation": conversation}).first()
    if row is None:
        return None
    return _roster(bytes(row.signed))


@lru_cache(maxsize=256)
def _roster(data: bytes) -> tuple[bytes, Roster]:
    """Every message asks for the newest roster of its conversation, and reading a thousand members takes milliseconds."""
    signed = Signed.parse(data)
    return signed.entry_id, Roster.parse(signed.value())


def body(connection: Connection, _device: str, reference: bytes) -> dict[str, object]:
    """How a roster or message looks in a device's log."""
    entry_id = cbor.decode(reference)
    row = connection.execute(_EVENT, {"entry_id": entry_id}).one()
    return _record(row.kind, row.signed, row.n, row.received_at)


def packet_body(connection: Connection, _device: str, reference: bytes) -> dict[str, object]:
    """How a key packet looks in its device's log."""
    entry_id = cbor.decode(reference)
    row = connection.execute(select(KEY_PACKETS).where(KEY_PACKETS.c.entry_id == entry_id)).one()
    return _record(PACKET, row.signed, 0, row.received_at)


def introduce(connection: Connection, person: str, devices: Iterable[str], now: int) -> None:
    """Tell new devices of a person which conversations he is in: their rosters, and the messages from now on."""
    chosen = select(CONVERSATION_MEMBERS.c.conversation).where(CONVERSATION_MEMBERS.c.person == person)
    for conversation in sorted(connection.execute(chosen).scalars()):
        for entry_id in _rosters(connection, conversation):
            device_logs.append(connection, devices, ROSTER, cbor.encode(entry_id), now)


def refill(connection: Connection, person: str, device: str, now: int) -> None:
    """Put the conversations of a person into a device's log again: rosters, messages, and the keys made for it."""
    chosen = select(CONVERSATION_EVENTS.c.entry_id, CONVERSATION_EVENTS.c.kind).join(
        CONVERSATION_MEMBERS, CONVERSATION_MEMBERS.c.conversation == CONVERSATION_EVENTS.c.conversation
    )
    order = (CONVERSATION_EVENTS.c.conversation, CONVERSATION_EVENTS.c.n)
    for row in connection.execute(chosen.where(CONVERSATION_MEMBERS.c.person == person).order_by(*order)):
        device_logs.append(connection, [device], row.kind, cbor.encode(row.entry_id), now)
    packets = select(KEY_PACKETS.c.entry_id).where(KEY_PACKETS.c.recipient == device)
    for entry_id in connection.execute(packets.order_by(KEY_PACKETS.c.received_at)).scalars():
        device_logs.append(connection, [device], PACKET, cbor.encode(entry_id), now)


def _record(kind: str, signed: bytes, n: int, received_at: int) -> dict[str, object]:
    record = ConversationRecord(kind=kind, signed=signed, n=n, received_at=received_at)
    return record.model_dump(mode="json")


def _find(connection: Connection, entry_id: bytes) -> tuple[int, int] | None:
    row = connection.execute(
        select(CONVERSATION_EVENTS.c.n, CONVERSATION_EVENTS.c.received_at).where(
            CONVERSATION_EVENTS.c.entry_id == entry_id
        )
    ).first()
    return None if row is None else (row.n, row.received_at)


def _stand_here(connection: Connection, conversation: str, entries: list[bytes]) -> bool:
    """Whether each of these entries is of that conversation."""
    found = connection.execute(_PARENTS, {"conversation": conversation, "entries": entries}).all()
    return len(found) == len(entries)


def _append(
    connection: Connection, conversation: str, kind: str, signed: Signed, message: str | None, now: int
) -> int:
    n = int(connection.execute(_LAST, {"conversation": conversation}).scalar() or 0) + 1
    connection.execute(
        _ADD,
        {
            "conversation": conversation,
            "n": n,
            "kind": kind,
            "entry_id": signed.entry_id,
            "message": message,
            "signed": signed.to_bytes(),
            "received_at": now,
        },
    )
    return n


def _members(connection: Connection, conversation: str) -> list[str]:
    chosen = select(CONVERSATION_MEMBERS.c.person).where(CONVERSATION_MEMBERS.c.conversation == conversation)
    return list(connection.execute(chosen).scalars())


def _rosters(connection: Connection, conversation: str) -> list[bytes]:
    chosen = select(CONVERSATION_EVENTS.c.entry_id).where(
        CONVERSATION_EVENTS.c.conversation == conversation, CONVERSATION_EVENTS.c.kind == ROSTER
    )
    return list(connection.execute(chosen.order_by(CONVERSATION_EVENTS.c.n)).scalars())
