"""Taking in rosters, keys and messages from this device's log: nothing is believed that its author did not sign.

What a later version says has its place in the conversation, and is read when the program is newer; a word that was invented is
refused, and takes nothing but that place (C41).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.events import ConversationsChanged, Event, NoticeRaised, PrekeyUsed
from client.core.identity.signer import Identity
from client.core.keys import ratchets
from client.core.keys.channel_port import ChannelPort
from client.core.store.store_port import StorePort
from client.core.sync.copied_back import CopiedBack
from client.core.sync.pull import Apply, LogEvent, holding
from client.core.trust.directory_port import DirectoryPort
from client.core.trust.later import NewerForm, read_signed
from client.messaging import conversation_store, effects, message_store
from client.messaging.conversation_store import Conversation
from client.messaging.message_store import StoredMessage
from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Device
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.features import MESSAGES_2
from protocol.messaging.commitments import Opening
from protocol.messaging.contents import ContentKind, unpack
from protocol.messaging.payloads import CommittedMessage, MessageEvent, Roster, read_message
from protocol.messaging.rosters import check_roster
from protocol.wire.messaging import ConversationRecord

_KEYLESS = (ErrorCode.MESSAGING_NO_SESSION.value, ErrorCode.MESSAGING_UNREADABLE.value)
_FIRST_PLACE: Final = 1  # of a conversation; a packet has none, and says 0
_FIRST_MESSAGE = 2  # after the roster that began the conversation
_Content = tuple[ContentKind, dict[str, Any], int]
_NEWER: Final[Mapping[SignedType, NewerForm[MessageEvent]]] = {
    SignedType.COMMITTED_MESSAGE: NewerForm(CommittedMessage, MESSAGES_2)
}


async def _author(directory: DirectoryPort, signed: Signed, person: str, size: int, root: bytes) -> Device:
    """The device that signed, which is of that person and had seen the same directory as this one."""
    await directory.check_seen(size, root)
    device = directory.state.device(signed.cert_hash)
    if device is None or device.person != person:
        raise RemoteProtocolError(ErrorCode.CERTIFICATE_UNKNOWN)
    verify(signed, device.verifying_key, signed.type)
    if not directory.state.was_active(signed.cert_hash, size):
        raise RemoteProtocolError(ErrorCode.CERTIFICATE_REVOKED, device=device.id)
    return device


def record_of(event: LogEvent) -> ConversationRecord:
    """The body of an event.

    Raises:
        JinshuError: `wire.malformed`.
    """
    try:
        return ConversationRecord.model_validate(dict(event.body))
    except ValidationError:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=event.kind) from None


def _placed_record(event: LogEvent) -> ConversationRecord:
    """The body of an event that has a place in its conversation.

    Raises:
        JinshuError: `wire.malformed`. A roster without a place would be shown, and not be the one that is written to: whoever was
            put out by it would go on reading what is said after him.
    """
    record = record_of(event)
    if record.n < _FIRST_PLACE:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="n")
    return record


class RosterEvents:
    """Events of kind "roster"."""

    kind = "roster"

    def __init__(self, identity: Identity, store: StorePort, directory: DirectoryPort) -> None:
        self._identity = identity
        self._store = store
        self._directory = directory

    async def prepare(self, event: LogEvent) -> Apply:
        """Verify that a roster follows the last one by the hand of one who may.

        Raises:
            JinshuError: `messaging.roster_refused`, `signature.*`, …
        """
        record = _placed_record(event)
        reading = await read_signed(self._directory, record.signed, SignedType.ROSTER, Roster)
        signed, roster = reading.signed, reading.payload
        await _author(self._directory, signed, roster.person, roster.log_size, roster.log_root)
        if reading.invented is not None:
            return _passed_over(event, record, reading.invented, roster.conversation)
        last = await self._store.read(lambda c: conversation_store.newest_placed(c, roster.conversation))
        known = await self._store.read(lambda c: conversation_store.roster(c, signed.entry_id))
        if known is None:
            _check_follows(roster, last)
        me = self._identity.me.person

        def apply(connection: Connection) -> Iterable[Event]:
            conversation_store.keep_roster(connection, signed, roster, record.n, me, record.received_at)
            return (ConversationsChanged((roster.conversation,)),)

        return apply


def _check_follows(roster: Roster, last: tuple[bytes, Roster] | None) -> None:
    """What the server delivers must follow already: to its author "outdated" says try again, to a reader it is a lie."""
    try:
        check_roster(roster, last)
    except JinshuError as error:
        if error.code is not ErrorCode.MESSAGING_ROSTER_OUTDATED:
            raise
        raise RemoteProtocolError(
            ErrorCode.MESSAGING_ROSTER_REFUSED, conversation=roster.conversation
        ) from None


class PacketEvents:
    """Events of kind "packet": the key of a session, from the device that made it."""

    kind = "packet"
    ahead: Final = True

    def __init__(self, channel: ChannelPort, copied_back: CopiedBack, contents: MessageContents) -> None:
        self._channel = channel
        self._copied_back = copied_back
        self._contents = contents

    async def prepare(self, event: LogEvent) -> Apply:
        """Open the outer seal; the ratchet moves in the transaction.

        Raises:
            JinshuError: `signature.*`, `certificate.*`, `messaging.wrong_sender`, `envelope.cannot_open`.
        """
        packet, sender, inside = await self._channel.open_packet(record_of(event).signed)

        def apply(connection: Connection) -> Iterable[Event]:
            try:
                self._channel.take_key(connection, packet, sender, inside)
            except JinshuError as error:
                # Whoever claimed a prekey that was lost may send with it long after: that was said once for all of it.
                return () if self._copied_back.gap else (NoticeRaised(error.code),)
            for kept in message_store.unread_of_session(connection, packet.session, packet.device):
                self._contents.read_late(connection, kept)
            return (ConversationsChanged((packet.conversation,)), PrekeyUsed())

        return apply


class MessageEvents:
    """Events of kind "message"."""

    kind = "message"
    ahead: Final = True

    def __init__(
        self,
        identity: Identity,
        store: StorePort,
        directory: DirectoryPort,
        copied_back: CopiedBack,
        bus: EventBus,
        contents: MessageContents,
    ) -> None:
        self._identity = identity
        self._store = store
        self._directory = directory
        self._copied_back = copied_back
        self._bus = bus
        self._contents = contents

    async def prepare(self, event: LogEvent) -> Apply:
        """Verify a message; in its turn its place is checked, and it is read if its key is here.

        Raises:
            JinshuError: what is wrong with it; it is held and never shown.
        """
        record = _placed_record(event)
        reading = await read_signed(self._directory, record.signed, SignedType.MESSAGE, MessageEvent, _NEWER)
        signed, message = reading.signed, reading.payload
        device = await _author(self._directory, signed, message.person, message.log_size, message.log_root)
        if device.id != message.device:
            raise RemoteProtocolError(ErrorCode.MESSAGING_WRONG_SENDER, device=message.device)
        if reading.invented is not None:
            return _passed_over(event, record, reading.invented, message.conversation)
        own = device.id == self._identity.me.device
        # What this device says is in its store before it is sent: no event before this one brings it.
        if own and await self._store.read(lambda c: message_store.find(c, message.id)) is None:
            await self._copied_back.unknown_act(event.n)

        def apply(connection: Connection) -> Iterable[Event]:
            place = _place(connection, message, record.n)
            _check_place(connection, place, message, signed, record.n)
            if not place.is_settled:
                content, fault = self._read(connection, message, event.n, later=reading.later)
                self._contents.keep(connection, place, message, signed, record, content, fault)
            return (ConversationsChanged((message.conversation,)),)

        return apply

    def _read(
        self, connection: Connection, message: MessageEvent, n: int, *, later: bool
    ) -> tuple[_Content | None, str | None]:
        """What a message at place `n` of this device's log says, or why that cannot be read."""
        if later:
            return None, ErrorCode.CLIENT_OUTDATED.value
        try:
            content, fault = self._contents.open(connection, message)
        except JinshuError as error:
            if error.code is not ErrorCode.MESSAGING_REPLAYED:
                raise
            # Its author's fault, who may write with a store that was copied back: it must not hide what comes after it.
            return None, error.code.value
        if fault in _KEYLESS and n in self._copied_back.gap:
            return None, ErrorCode.MESSAGING_KEY_NOT_RESTORED.value
        return content, fault

    async def read_again(self) -> None:
        """What another version of the program could not read, this one perhaps can."""

        def again(connection: Connection) -> list[str]:
            found = message_store.unread_by_version(connection)
            for kept in found:
                self._contents.read_late(connection, kept)
            return sorted({kept.conversation for kept in found})

        conversations = await self._store.write(again)
        if conversations:
            self._bus.publish(ConversationsChanged(tuple(conversations)))


def _passed_over(event: LogEvent, record: ConversationRecord, fault: JinshuError, conversation: str) -> Apply:
    """What its author may not say: held, its place counts, and what comes after it goes on. If it is not even the next, it is held
    without its place."""
    hold = holding(event, fault.code, NoticeRaised(fault.code, (("conversation", conversation),)))

    def apply(connection: Connection) -> Iterable[Event]:
        known = conversation_store.conversation(connection, conversation)
        if known is None or (known.joined_n and record.n != known.last_n + 1):
            raise fault
        conversation_store.change(connection, conversation, last_n=record.n)
        return hold(connection)

    return apply


@dataclass(frozen=True, slots=True)
class _Place:
    """What this device knows of where a message wants to stand.

    `in_force`: the entry id of the roster there; `roster`: the one its author wrote for; `before`: what is kept under its id.
    """

    conversation: Conversation | None
    in_force: bytes | None
    roster: Roster | None
    before: StoredMessage | None

    @property
    def is_settled(self) -> bool:
        """It came before, and this is it again."""
        return self.before is not None and self.before.n is not None


def _place(connection: Connection, message: MessageEvent, n: int) -> _Place:
    """Read once what a message is checked against and kept by."""
    in_force, roster = conversation_store.roster_before(connection, message.conversation, n) or (None, None)
    if message.roster != in_force:
        roster = conversation_store.roster(connection, message.roster)
    known = conversation_store.conversation(connection, message.conversation)
    return _Place(known, in_force, roster, message_store.find(connection, message.id))


def _check_place(
    connection: Connection, place: _Place, message: MessageEvent, signed: Signed, n: int
) -> None:
    """In a roster that names its author, next in the conversation, and after everything its author had seen."""
    known, roster, before = place.conversation, place.roster, place.before
    if known is None or roster is None or roster.conversation != message.conversation:
        raise RemoteProtocolError(ErrorCode.MESSAGING_UNKNOWN, conversation=message.conversation)
    if message.person not in roster.members:
        raise RemoteProtocolError(ErrorCode.MESSAGING_NOT_A_MEMBER, conversation=message.conversation)
    if before is not None and before.n is not None:
        if before.signed != signed.to_bytes() or before.n != n:
            raise RemoteProtocolError(ErrorCode.SYNC_ID_REUSED, message=message.id)
        return
    if message.roster != place.in_force:
        raise RemoteProtocolError(ErrorCode.MESSAGING_ROSTER_REFUSED, conversation=known.id)
    if known.joined_n and n != known.last_n + 1:
        raise RemoteProtocolError(ErrorCode.MESSAGING_HIDDEN, conversation=known.id)
    # Who came later cannot know what was said before him; from all others a parent that is not here was kept.
    whole = known.joined_n in (1, _FIRST_MESSAGE)
    if whole and not message_store.knows_entries(connection, message.parents):
        raise RemoteProtocolError(ErrorCode.MESSAGING_HIDDEN, conversation=known.id)


class MessageContents:
    """What verified messages say: decrypted, kept in the store, and put into force."""

    def __init__(self, identity: Identity, directory: DirectoryPort) -> None:
        self._identity = identity
        self._directory = directory

    def open(self, connection: Connection, message: MessageEvent) -> tuple[_Content | None, str | None]:
        """What it says, or the code of why it cannot be read. A message played again under another id is refused.

        Raises:
            JinshuError: `messaging.replayed`.
        """
        lacking = bool(self._directory.lacking_at(message.log_size))
        try:
            plain, index = ratchets.megolm_decrypt(
                connection,
                message.session,
                message.conversation,
                message.device,
                message.ciphertext,
            )
            kind, fields = unpack(_content(message, plain))
        except JinshuError as error:
            later = error.code is ErrorCode.MESSAGING_UNKNOWN_KIND and lacking
            return None, (ErrorCode.CLIENT_OUTDATED if later else error.code).value
        if message_store.used(connection, message.session, message.device, index, message.id):
            raise RemoteProtocolError(ErrorCode.MESSAGING_REPLAYED, message=message.id)
        return (kind, fields, index), None

    def keep(
        self,
        connection: Connection,
        place: _Place,
        message: MessageEvent,
        signed: Signed,
        record: ConversationRecord,
        content: _Content | None,
        fault: str | None,
    ) -> None:
        values: dict[str, Any] = {
            "id": message.id,
            "conversation": message.conversation,
            "n": record.n,
            "entry_id": signed.entry_id,
            "signed": signed.to_bytes(),
            "roster": message.roster,
            "person": message.person,
            "device": message.device,
            "session": message.session,
            "sent_at": message.sent_at,
            "received_at": record.received_at,
            "standing": message_store.SETTLED,
            "refusal": None,
            "fault": fault,
        }
        if content is not None:
            kind, fields, index = content
            values |= {"kind": kind.value, "fields": cbor.encode(fields), "ratchet_index": index}
        kept = message_store.put(connection, values)
        known = place.conversation
        begun = {"joined_n": record.n} if known is not None and not known.joined_n else {}
        conversation_store.change(
            connection, message.conversation, last_n=record.n, updated_at=record.received_at, **begun
        )
        if place.before is None:
            self._apply(connection, kept)
            return
        # What I said myself was in force already; a recall is for good when it has its place.
        vouched = effects.vouched_in(self._directory.state)
        effects.work_out_anew(connection, message.id, self._identity.me.person, vouched)

    def read_late(self, connection: Connection, kept: StoredMessage) -> None:
        """Read what came before its key, or before this version of the program."""
        if kept.signed is None:
            return
        try:
            message = read_message(Signed.parse(kept.signed))
        except JinshuError:
            return  # of a version that is later still
        try:
            content, fault = self.open(connection, message)
        except JinshuError as error:
            content, fault = None, error.code.value
        values: dict[str, Any] = {"fault": fault}
        if content is not None:
            kind, fields, index = content
            values |= {"kind": kind.value, "fields": cbor.encode(fields), "ratchet_index": index}
        message_store.amend(connection, kept.id, **values)
        now = message_store.find(connection, kept.id)
        if now is not None:
            self._apply(connection, now)

    def _apply(self, connection: Connection, kept: StoredMessage) -> None:
        if kept.fields is not None:
            effects.apply(
                connection, kept, self._identity.me.person, effects.vouched_in(self._directory.state)
            )


def _content(message: MessageEvent, plain: bytes) -> bytes:
    """The content of what was decrypted; of the form that commits to it, only if it is what was signed.

    Raises:
        JinshuError: `content.padding_wrong` or `content.commitment_mismatch`.
    """
    if not isinstance(message, CommittedMessage):
        return plain
    opening = Opening.parse(plain)
    opening.check(message.commitment)
    return opening.content
