"""Who is in a conversation: signed rosters (C16), and whether somebody's keys were compared face to face."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from client.core.events import ConversationsChanged, Event
from client.core.identity.signer import Signer
from client.core.names import person_name, post_of
from client.core.store import settings
from client.core.store.store_port import StorePort
from client.core.sync.acts import Act
from client.core.sync.outbox import Outbox
from client.core.trust.directory_port import DirectoryPort
from client.messaging import conversation_store, effects, key_comparison
from client.messaging.conversation_store import Conversation, Unplaced
from client.messaging.outgoing_acts import ROSTER, roster_body
from client.messaging.rows import EmojiRow, MemberRow
from protocol.crypto.signature import SignedType
from protocol.identifiers import IdKind
from protocol.messaging.payloads import Roster
from protocol.messaging.rosters import check_roster

_CONFIRMED: Final = "messaging.confirmed:"


class Membership:
    """Rosters are chained and checked before they are signed: what the others would refuse is never sent.

    All that change one raise `messaging.roster_refused`.
    """

    def __init__(self, signer: Signer, store: StorePort, directory: DirectoryPort, outbox: Outbox) -> None:
        self._signer = signer
        self._store = store
        self._directory = directory
        self._outbox = outbox

    async def rows(self, known: Conversation) -> tuple[MemberRow, ...]:
        confirmed = await self._store.read(lambda c: self._confirmed(c, known.members))
        organisation, state = self._directory.organisation, self._directory.state
        vouched = effects.vouched_in(state)
        return tuple(
            MemberRow(
                person=person,
                name=person_name(organisation, person),
                post=post_of(organisation, person),
                admin=person in known.admins,
                me=person == self._signer.me.person,
                devices=len(state.active_devices(person)),
                confirmed=person in confirmed,
                unvouched=sum(not vouched(device.id) for device in state.active_devices(person)),
            )
            for person in known.members
        )

    async def found(self, people: Iterable[str], *, group: bool) -> str:
        """The conversation of two there is already, or a new one; a group is managed by me."""
        me = self._signer.me.person
        members = sorted({me, *people})
        group = group or len(members) > 2
        if not group:
            for known in await self._store.read(conversation_store.conversations):
                if not known.group and list(known.members) == members:
                    return known.id
        conversation = self._signer.new_id(IdKind.CONVERSATION)
        await self._sign(conversation, None, members, [me] if group else members, group=group)
        return conversation

    async def add(self, known: Conversation, people: Iterable[str]) -> None:
        await self._change(known, {*known.members, *people}, known.admins)

    async def remove(self, known: Conversation, person: str) -> None:
        await self._change(known, set(known.members) - {person}, [a for a in known.admins if a != person])

    async def leave(self, known: Conversation) -> None:
        """Go; the last manager hands over to the first who stays."""
        me = self._signer.me.person
        stay = [member for member in known.members if member != me]
        admins = [admin for admin in known.admins if admin != me]
        await self._change(known, stay, admins or stay[:1])

    # Keys compared

    def pictures(self, person: str) -> EmojiRow:
        """What both of us compare face to face."""
        keys = key_comparison.pictures(self._fingerprint(person))
        stated = self._directory.stated_head()
        log = (
            key_comparison.pictures(key_comparison.log_fingerprint(*stated))
            if stated is not None
            else ((), ())
        )
        return EmojiRow(*keys, *log)

    async def confirm(self, person: str) -> None:
        """The pictures were the same: remembered until one of the keys is another."""
        value = self._fingerprint(person)
        await self._store.write(lambda c: settings.put(c, _CONFIRMED + person, value))

    def _confirmed(self, connection: Connection, people: Iterable[str]) -> frozenset[str]:
        """Those whose keys were compared and are still the same."""
        return frozenset(
            person
            for person in people
            if settings.get(connection, _CONFIRMED + person) == self._fingerprint(person)
        )

    def _fingerprint(self, person: str) -> bytes:
        return key_comparison.fingerprint(self._directory.state, self._signer.me.person, person)

    # How

    async def _change(self, known: Conversation, members: Iterable[str], admins: Iterable[str]) -> None:
        await self._store.read(lambda c: conversation_store.check_readable(c, known.id))
        last = await self._store.read(lambda c: conversation_store.newest_roster(c, known.id))
        await self._sign(known.id, last, sorted(members), sorted(admins), group=known.group)

    async def _sign(
        self,
        conversation: str,
        last: tuple[bytes, Roster] | None,
        members: list[str],
        admins: list[str],
        *,
        group: bool,
    ) -> None:
        roster = Roster(
            conversation=conversation,
            n=last[1].n + 1 if last is not None else 1,
            previous=last[0] if last is not None else None,
            group=group,
            person=self._signer.me.person,
            members=members,
            admins=admins,
            org_seq=self._directory.organisation.org_seq,
            log_size=self._directory.size,
            log_root=self._directory.root,
            at=self._signer.now_ms(),
        )
        check_roster(roster, last)
        signed = await self._signer.sign(SignedType.ROSTER, roster.value())
        act = Act(self._signer.new_id(IdKind.ACT), ROSTER, conversation, roster_body(signed))

        def rows(connection: Connection) -> list[Event]:
            conversation_store.keep_roster(
                connection, signed, roster, Unplaced.ON_ITS_WAY, self._signer.me.person, roster.at
            )
            return [ConversationsChanged((conversation,))]

        await self._outbox.queue([act], rows)
