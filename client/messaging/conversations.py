"""What the pages ask of conversations: rows to show, and everything a person may do in them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from client.core import intake
from client.core.bus import EventBus
from client.core.events import ConversationsChanged, Event
from client.core.identity.signer import Signer
from client.core.intake import Found, Source
from client.core.letters import matches
from client.core.names import post_of
from client.core.store.store_port import StorePort
from client.core.sync.acts import Act, ActStanding
from client.core.sync.blob_files import StoredBlob
from client.core.sync.blobs import Blobs
from client.core.sync.outbox import Outbox
from client.core.trust.directory_port import DirectoryPort
from client.messaging import conversation_store, effects, message_store, overview, pages, presenter
from client.messaging.conversation_store import Conversation
from client.messaging.membership import Membership
from client.messaging.outgoing_acts import MESSAGE, Draft
from client.messaging.pages import Page
from client.messaging.rows import ConversationRow, EmojiRow, MemberRow, MessagePage, MessageRow, PersonChoice
from client.messaging.transfers import Transfers
from protocol import text as texts
from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from protocol.messaging.contents import ContentKind, pack
from protocol.text import Field

_NAMED_AFTER: Final = 24  # characters of a long text


class Conversations:
    """Each act is on disk before the page hears of it; it is encrypted when it goes."""

    def __init__(
        self,
        signer: Signer,
        store: StorePort,
        directory: DirectoryPort,
        outbox: Outbox,
        blobs: Blobs,
        bus: EventBus,
    ) -> None:
        self._signer = signer
        self._store = store
        self._directory = directory
        self._outbox = outbox
        self._blobs = blobs
        self._bus = bus
        self._membership = Membership(signer, store, directory, outbox)
        self._transfers = Transfers(bus)

    # What is shown

    async def changed_rows(self, names: Collection[str]) -> tuple[ConversationRow, ...]:
        """Those among some conversations that I am in, the newest first: a burst of messages changes few of hundreds."""
        return await self._store.read(lambda c: presenter.rows(c, self._names(), names))

    async def rows(self, query: str = "") -> tuple[ConversationRow, ...]:
        """All conversations, the newest first; with a query those whose title contains it."""
        shown = await self._store.read(lambda c: presenter.rows(c, self._names()))
        return tuple(row for row in shown if matches(row.title, query))

    async def people(self) -> tuple[PersonChoice, ...]:
        """Everybody who has enrolled, but me."""
        organisation, state = self._directory.organisation, self._directory.state
        people = sorted(organisation.people.values(), key=lambda person: (person.order, person.id))
        return tuple(
            PersonChoice(person.id, person.name, post_of(organisation, person.id))
            for person in people
            if person.id != self._signer.me.person and state.active_devices(person.id)
        )

    async def newest(self, conversation: str, limit: int) -> MessagePage:
        """The end of a conversation, with what is on its way."""
        return await self._page(lambda c: pages.newest(c, conversation, limit))

    async def before(self, conversation: str, place: int, limit: int) -> MessagePage:
        """The last messages before a place."""
        return await self._page(lambda c: pages.before(c, conversation, place, limit))

    async def after(self, conversation: str, place: int, limit: int) -> MessagePage:
        """The first messages after a place."""
        return await self._page(lambda c: pages.after(c, conversation, place, limit))

    async def around(self, conversation: str, message: str, limit: int) -> MessagePage | None:
        """Messages before and after one of them, however far back; None when it is not on this device."""
        found = await self._store.read(lambda c: pages.around(c, conversation, message, limit))
        return None if found is None else await self._page(lambda _c: found)

    async def members(self, conversation: str) -> tuple[MemberRow, ...]:
        return await self._membership.rows(await self._known(conversation))

    async def search(self, query: str) -> tuple[MessageRow, ...]:
        """Messages that contain every word of a query, on this machine alone."""
        return await self._store.read(
            lambda c: presenter.messages(c, self._names(), message_store.found(c, query))
        )

    async def draft(self, conversation: str) -> str:
        return (await self._known(conversation)).draft

    async def emoji(self, person: str) -> EmojiRow:
        """What both of us compare face to face."""
        return self._membership.pictures(person)

    # What is done

    async def start(self, people: tuple[str, ...], title: str) -> str:
        """Begin a conversation: with one person it is the one there is; with more a group that I manage.

        Raises:
            JinshuError: `text.*`, the name cannot go, and nothing was begun; `messaging.roster_refused`.
        """
        if title.strip():
            texts.check(title, Field.GROUP_NAME)
        conversation = await self._membership.found(people, group=bool(title.strip()))
        if title.strip():
            await self.rename(conversation, title)
        return conversation

    async def send_text(self, conversation: str, text: str, reply_to: str | None) -> None:
        """Send a text.

        Raises:
            JinshuError: `text.*`, it cannot go.
        """
        said = texts.check(text, Field.MESSAGE)
        await self._say(conversation, ContentKind.TEXT, text=said, reply_to=reply_to)

    async def look_at(self, paths: Sequence[Path]) -> Found:
        """What would be sent: nothing is read or encrypted yet."""
        return await asyncio.to_thread(intake.look_at, paths)

    async def send_file(self, conversation: str, source: Source) -> None:
        """Take a file in, encrypted at once, and send it.

        Raises:
            JinshuError: `text.*`, its name cannot go; `blobs.*`, `store.full`.
            OSError: it cannot be read.
        """
        taken = await intake.take_in(self._blobs, source)
        await self._say_file(conversation, taken.blob, taken.name, taken.media_type)

    async def send_as_file(self, conversation: str, text: str) -> None:
        """Send a text that is too long for a message as a file, named after its first line.

        Raises:
            JinshuError: `blobs.*`, `store.full`.
        """
        said = texts.clean(text, Field.MESSAGE)
        name = f"{texts.file_name(said.partition(chr(10))[0][:_NAMED_AFTER])}.txt"
        blob = await self._blobs.encrypt_bytes(said.encode(errors="replace"))
        await self._say_file(conversation, blob, name, "text/plain")

    async def edit(self, message: str, text: str) -> None:
        """Word a message of mine otherwise.

        Raises:
            JinshuError: `text.*`, it cannot go; `messaging.unknown`.
        """
        said = texts.check(text, Field.MESSAGE)
        kept = await self._own(message)
        await self._say(kept.conversation, ContentKind.EDIT, target=message, text=said)

    async def recall(self, message: str) -> None:
        kept = await self._own(message)
        await self._say(kept.conversation, ContentKind.RECALL, target=message)

    async def rename(self, conversation: str, title: str) -> None:
        """Give a conversation a name.

        Raises:
            JinshuError: `text.*`, it cannot go.
        """
        given = texts.check(title, Field.GROUP_NAME)
        await self._say(conversation, ContentKind.TITLE, title=given)

    async def save_draft(self, conversation: str, text: str) -> None:
        await self._store.write(lambda c: conversation_store.change(c, conversation, draft=text))
        self._bus.publish(ConversationsChanged((conversation,)))

    async def mark_read(self, conversation: str) -> None:
        """Everything here has been seen; the others are told once for all of it."""
        known = await self._known(conversation)
        unread = await self._store.read(lambda c: overview.unread(c, known, self._signer.me.person))
        if known.read_n < known.last_n:
            await self._store.write(lambda c: conversation_store.change(c, conversation, read_n=known.last_n))
            self._bus.publish(ConversationsChanged((conversation,)))
        if unread and await self._readable(conversation):
            await self._say(conversation, ContentKind.READ, upto=known.last_n)

    async def add_members(self, conversation: str, people: tuple[str, ...]) -> None:
        await self._membership.add(await self._known(conversation), people)

    async def remove_member(self, conversation: str, person: str) -> None:
        await self._membership.remove(await self._known(conversation), person)

    async def leave(self, conversation: str) -> None:
        """Go; the last manager hands over to the first who stays."""
        await self._membership.leave(await self._known(conversation))

    async def retry(self, message: str) -> None:
        act = await self._act_of(message)
        if act is None:
            return

        vouched = effects.vouched_in(self._directory.state)

        def rows(connection: Connection) -> None:
            message_store.amend(connection, message, standing=message_store.PENDING, refusal=None)
            effects.work_out_anew(connection, message, self._signer.me.person, vouched)

        await self._store.write(rows)
        await self._outbox.retry(act)

    async def discard(self, message: str) -> None:
        """Give up a message that was refused."""
        act = await self._act_of(message)
        if act is None:
            return

        def rows(connection: Connection) -> list[Event]:
            kept = message_store.find(connection, message)
            message_store.remove(connection, message)
            return [ConversationsChanged((kept.conversation,))] if kept is not None else []

        await self._outbox.withdraw(act, rows)

    async def cancel(self, message: str) -> None:
        """Stop a file: one of mine that is not sent yet is taken back, one that is being fetched comes no further.

        Raises:
            JinshuError: `sync.act_under_way`, it is all at the server.
        """
        kept = await self._file(message)
        blob = (kept.fields or {})["blob"]
        if kept.standing != message_store.PENDING:
            self._blobs.cancel(blob)
            return

        def rows(connection: Connection) -> list[Event]:
            message_store.remove(connection, message)
            return [ConversationsChanged((kept.conversation,))]

        await self._outbox.cancel(_act_id(message), rows)
        await self._blobs.remove(blob)
        self._transfers.leave(blob)

    async def save_file(self, message: str, path: Path) -> bool:
        """Write a file where the user wants it, when every byte of it has verified; False: it was cancelled.

        Raises:
            JinshuError: `blobs.*`, `network.*`, `messaging.unknown`.
        """
        kept = await self._file(message)
        fields = kept.fields or {}
        self._transfers.watch(fields["blob"], kept.conversation)
        try:
            await self._blobs.open_to(
                fields["blob"], fields["key"], path, sha256=fields["sha256"], size=fields["size"]
            )
        except JinshuError as error:
            if error.code is not ErrorCode.BLOBS_CANCELLED:
                raise
            return False
        finally:
            self._transfers.leave(fields["blob"])
        return True

    async def confirm(self, person: str) -> None:
        """The pictures were the same: remembered until one of the keys is another."""
        await self._membership.confirm(person)

    # How

    def _names(self) -> presenter.Names:
        return presenter.Names(
            self._signer.me.person,
            self._directory.organisation,
            self._transfers.progress,
            effects.vouched_in(self._directory.state),
        )

    async def _page(self, read: Callable[[Connection], Page]) -> MessagePage:
        """What was read as rows; of the files among it that are on their way, the page hears how far they are."""
        found = await self._store.read(read)
        for kept in found.messages:
            if kept.standing == message_store.PENDING and kept.kind is ContentKind.FILE and kept.fields:
                self._transfers.watch(kept.fields["blob"], kept.conversation)
        return await self._store.read(lambda c: presenter.page(c, self._names(), found))

    async def _known(self, conversation: str) -> Conversation:
        known = await self._store.read(lambda c: conversation_store.conversation(c, conversation))
        if known is None:
            raise JinshuError(ErrorCode.MESSAGING_UNKNOWN, conversation=conversation)
        return known

    async def _readable(self, conversation: str) -> bool:
        try:
            await self._store.read(lambda c: conversation_store.check_readable(c, conversation))
        except JinshuError:
            return False
        return True

    async def _own(self, message: str) -> message_store.StoredMessage:
        kept = await self._store.read(lambda c: message_store.find(c, message))
        if kept is None or kept.person != self._signer.me.person:
            raise JinshuError(ErrorCode.MESSAGING_UNKNOWN, message=message)
        return kept

    async def _file(self, message: str) -> message_store.StoredMessage:
        kept = await self._store.read(lambda c: message_store.find(c, message))
        if kept is None or kept.kind is not ContentKind.FILE or not kept.fields:
            raise JinshuError(ErrorCode.MESSAGING_UNKNOWN, message=message)
        return kept

    async def _act_of(self, message: str) -> str | None:
        states = await self._outbox.states()
        return next(
            (s.id for s in states if s.id == _act_id(message) and s.state is ActStanding.REFUSED), None
        )

    def _apply(self, connection: Connection, message: str) -> None:
        kept = message_store.find(connection, message)
        if kept is not None:
            vouched = effects.vouched_in(self._directory.state)
            effects.apply(connection, kept, self._signer.me.person, vouched)

    async def _say_file(self, conversation: str, blob: StoredBlob, name: str, media_type: str) -> None:
        await self._say(
            conversation,
            ContentKind.FILE,
            blobs=(blob.id,),
            name=texts.check(name, Field.FILE_NAME),
            media_type=media_type,
            size=blob.size,
            sha256=blob.sha256,
            blob=blob.id,
            key=blob.key,
        )

    async def _say(
        self, conversation: str, kind: ContentKind, *, blobs: tuple[str, ...] = (), **fields: Any
    ) -> None:
        """Put a message before the user's eyes and into the outbox, in one transaction."""
        await self._known(conversation)
        await self._store.read(lambda c: conversation_store.check_readable(c, conversation))
        message = self._signer.new_id(IdKind.MESSAGE)
        draft = Draft(message, conversation, pack(kind, **fields), blobs)
        now = self._signer.now_ms()
        act = Act(_act_id(message), MESSAGE, conversation, draft.to_bytes(), blobs=blobs)

        def rows(connection: Connection) -> list[Event]:
            message_store.put(
                connection,
                {
                    "id": message,
                    "conversation": conversation,
                    "person": self._signer.me.person,
                    "device": self._signer.me.device,
                    "kind": kind.value,
                    "fields": cbor.encode(fields),
                    "sent_at": now,
                    "standing": message_store.PENDING,
                },
            )
            self._apply(connection, message)
            if kind is ContentKind.TEXT:
                conversation_store.change(connection, conversation, updated_at=now, draft="")
            elif kind is ContentKind.FILE:  # what is half typed beside it stays
                conversation_store.change(connection, conversation, updated_at=now)
            return [ConversationsChanged((conversation,))]

        await self._outbox.queue([act], rows)


def _act_id(message: str) -> str:
    """The act of a message is named after it."""
    return f"{IdKind.ACT.value}{message[3:]}"
