"""Rosters and messages on their way: encrypted when they go, to the members as they are then, with the bytes kept until the server
has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.events import ConversationsChanged, Event, NoticeRaised
from client.core.identity.signer import Signer
from client.core.keys import ratchets
from client.core.server_requests import ServerRequests
from client.core.store.store_port import StorePort
from client.core.sync import acts
from client.core.sync.acts import Act
from client.core.trust.directory_port import DirectoryPort
from client.messaging import conversation_store, effects, message_store
from client.messaging.conversation_store import Unplaced
from client.messaging.group_sessions import GroupSessions
from protocol import payload
from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.features import MESSAGES_2
from protocol.messaging.commitments import SALT_BYTES, Opening
from protocol.messaging.contents import ContentKind
from protocol.messaging.payloads import CommittedMessage, MessageEvent, Roster
from protocol.messaging.rosters import check_roster
from protocol.wire.messaging import MessageRequest, PlaceReply, RosterRequest

ROSTER: Final = "roster"
MESSAGE: Final = "message"
_SEEN: Final = 8
_BODY: Final = {
    "id": payload.text,
    "conversation": payload.text,
    "plain": payload.any_octets,
    "blobs": payload.list_of(payload.text, at_most=16),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is encrypted."""

    id: str
    conversation: str
    plain: bytes
    blobs: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        return cbor.encode(
            {
                "v": 1,
                "id": self.id,
                "conversation": self.conversation,
                "plain": self.plain,
                "blobs": list(self.blobs),
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Draft:
        value = payload.check(cbor.decode(data), _BODY)
        return cls(value["id"], value["conversation"], value["plain"], tuple(value["blobs"]))


class RosterActs:
    """Acts of kind "roster": the body is the request; if another roster came first, the same change is made to that."""

    kind = ROSTER

    def __init__(
        self,
        signer: Signer,
        store: StorePort,
        directory: DirectoryPort,
        server: ServerRequests,
        bus: EventBus,
    ) -> None:
        self._signer = signer
        self._store = store
        self._directory = directory
        self._server = server
        self._bus = bus

    async def send(self, act: Act) -> object:
        signed = Signed.parse(RosterRequest.model_validate_json(act.body).roster, SignedType.ROSTER)
        try:
            return await self._post(signed)
        except JinshuError as error:
            if error.code is not ErrorCode.MESSAGING_ROSTER_OUTDATED:
                raise
            again = await self._again(Roster.parse(signed.value()), error)
        return None if again is None else await self._post(again)

    async def _post(self, signed: Signed) -> tuple[bytes, int]:
        """The roster the server has now, and its place."""
        reply = await self._server.post_bytes("/conversations/rosters", roster_body(signed))
        return signed.entry_id, PlaceReply.model_validate_json(reply).n

    async def _again(self, wanted: Roster, error: JinshuError) -> Signed | None:
        """The same change of the roster that came first; None: there is nothing of it left to do, or no right to."""
        previous = wanted.previous
        last = await self._store.read(lambda c: conversation_store.newest_placed(c, wanted.conversation))
        if last is None or previous is None or last[0] == previous:
            raise error  # what came first is still on its way to this device
        before = await self._store.read(lambda c: conversation_store.roster(c, previous))
        if before is None:
            return None
        members = _changed(last[1].members, before.members, wanted.members)
        admins = [one for one in _changed(last[1].admins, before.admins, wanted.admins) if one in members]
        if (members, admins) == (last[1].members, last[1].admins):
            return None
        made = replace(
            wanted,
            n=last[1].n + 1,
            previous=last[0],
            members=members,
            admins=admins,
            org_seq=self._directory.organisation.org_seq,
            log_size=self._directory.size,
            log_root=self._directory.root,
            at=self._signer.now_ms(),
        )
        try:
            check_roster(made, last)
        except JinshuError as refusal:
            self._bus.publish(NoticeRaised(refusal.code))
            return None
        signed = await self._signer.sign(SignedType.ROSTER, made.value())
        await self._store.write(
            lambda c: conversation_store.keep_roster(
                c, signed, made, Unplaced.ON_ITS_WAY, self._signer.me.person, made.at
            )
        )
        return signed

    def settle(self, connection: Connection, act: Act, reply: Any) -> Iterable[Event]:
        if reply is not None:
            conversation_store.place_roster(connection, *reply)
        return (ConversationsChanged((act.object,)),)

    def refuse(self, connection: Connection, act: Act, error: JinshuError) -> Iterable[Event]:
        del connection, error
        return (ConversationsChanged((act.object,)),)


def _changed(newest: list[str], before: list[str], wanted: list[str]) -> list[str]:
    """The newest list with what was added and taken away between the other two."""
    return sorted((set(newest) | (set(wanted) - set(before))) - (set(before) - set(wanted)))


def roster_body(signed: Signed) -> bytes:
    return RosterRequest(roster=signed.to_bytes()).model_dump_json().encode()


class MessageActs:
    """Acts of kind "message": the body says what to send; the ratchet is asked when it goes."""

    kind = MESSAGE

    def __init__(
        self,
        signer: Signer,
        store: StorePort,
        directory: DirectoryPort,
        server: ServerRequests,
        sessions: GroupSessions,
    ) -> None:
        self._signer = signer
        self._store = store
        self._directory = directory
        self._server = server
        self._sessions = sessions

    async def send(self, act: Act) -> object:
        draft = Draft.parse(act.body)
        signed = await self._signed(draft)
        if signed is None:
            return None
        request = MessageRequest(message=signed.to_bytes())
        try:
            return PlaceReply.model_validate_json(
                await self._server.post_bytes("/conversations/messages", request.model_dump_json().encode())
            )
        except JinshuError as error:
            if error.code is not ErrorCode.SYNC_ID_REUSED:
                raise
            # It got there in an earlier try, encrypted for the roster of then; this device's log brings it.
            return None

    def settle(self, connection: Connection, act: Act, reply: Any) -> Iterable[Event]:
        del reply
        draft = Draft.parse(act.body)
        kept = message_store.find(connection, draft.id)
        if kept is not None and kept.n is None:
            message_store.amend(connection, draft.id, standing=message_store.SETTLED, refusal=None)
        return (ConversationsChanged((act.object,)),)

    def refuse(self, connection: Connection, act: Act, error: JinshuError) -> Iterable[Event]:
        message = Draft.parse(act.body).id
        message_store.amend(connection, message, standing=message_store.REFUSED, refusal=error.code.value)
        kept = message_store.find(connection, message)
        if kept is not None and kept.kind is ContentKind.READ:
            # Nobody decides about a mark, and it must not hold back what is said after it.
            acts.remove(connection, act.id)
            message_store.remove(connection, message)
        else:
            vouched = effects.vouched_in(self._directory.state)
            effects.work_out_anew(connection, message, self._signer.me.person, vouched)
        return (ConversationsChanged((act.object,)),)

    async def _signed(self, draft: Draft) -> Signed | None:
        """The signed bytes of a message for the roster as it stands: those made before, if they still are for it. None: an earlier
        try got there, as this device's log says, though its reply never came; I may have been put out since."""
        known, kept = await self._store.read(
            lambda c: (
                conversation_store.newest_placed(c, draft.conversation),
                message_store.find(c, draft.id),
            )
        )
        if kept is not None and kept.n is not None:
            return None
        if known is None or self._signer.me.person not in known[1].members:
            raise JinshuError(ErrorCode.MESSAGING_NOT_A_MEMBER, conversation=draft.conversation)
        await self._store.read(lambda c: conversation_store.check_readable(c, draft.conversation))
        roster, facts = known
        if kept is not None and kept.signed is not None and kept.roster == roster:
            return Signed.parse(kept.signed)
        session = await self._sessions.ready(roster, facts)
        return await self._encrypt(roster, draft, session.session)

    async def _encrypt(self, roster: bytes, draft: Draft, session: str) -> Signed:
        """Encrypt, sign and keep in one transaction: the ratchet's next state and the bytes it made are on disk together."""
        me, now = self._signer.me, self._signer.now_ms()
        log_size, log_root = self._directory.size, self._directory.root
        # Which form goes is judged by the same directory that the message names (C44).
        opening = (
            Opening(self._signer.entropy(SALT_BYTES), draft.plain)
            if MESSAGES_2.name in self._directory.features
            else None
        )
        plain = draft.plain if opening is None else opening.padded()

        def made(connection: Connection) -> Signed:
            if message_store.find(connection, draft.id) is None:
                raise RemoteProtocolError(ErrorCode.MESSAGING_UNKNOWN, message=draft.id)
            ciphertext, index = ratchets.megolm_encrypt(
                connection, draft.conversation, plain, self._signer.entropy
            )
            event = MessageEvent(
                conversation=draft.conversation,
                id=draft.id,
                person=me.person,
                device=me.device,
                roster=roster,
                session=session,
                ciphertext=ciphertext,
                parents=sorted(message_store.newest_entries(connection, draft.conversation, _SEEN)),
                blobs=sorted(draft.blobs),
                log_size=log_size,
                log_root=log_root,
                sent_at=now,
            )
            signed = self._signer.sign_at_once(*_form(event, opening))
            message_store.amend(
                connection,
                draft.id,
                signed=signed.to_bytes(),
                entry_id=signed.entry_id,
                roster=roster,
                session=session,
                ratchet_index=index,
            )
            return signed

        return await self._store.write(made)


def _form(event: MessageEvent, opening: Opening | None) -> tuple[SignedType, dict[str, Any]]:
    """What is signed of a message: with a commitment to its content if there is an opening of one."""
    value = event.value()
    if opening is None:
        return SignedType.MESSAGE, MessageEvent.parse(value).value()
    committed = CommittedMessage.parse(value | {"commitment": opening.commitment})
    return SignedType.COMMITTED_MESSAGE, committed.value()
