"""From what is kept to what is shown: rows in the words of the organisation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from client.core.names import person_name, post_of
from client.messaging import conversation_store, marks, message_store, overview
from client.messaging.conversation_store import Conversation
from client.messaging.marks import Marks
from client.messaging.message_store import StoredMessage
from client.messaging.overview import Unread
from client.messaging.pages import Page
from client.messaging.rows import (
    ConversationRow,
    Delivery,
    FileRow,
    MessageKind,
    MessagePage,
    MessageRow,
    NewsRow,
    QuoteStanding,
    ReplyRow,
)
from client.messaging.transfers import WHOLE
from protocol import text
from protocol.directory.organisation import Organisation
from protocol.messaging.contents import ContentKind
from protocol.text import Field

_PREVIEW = 60


@dataclass(frozen=True, slots=True)
class Names:
    """Who I am, what everybody is called, how far a blob on the move is (per mille), and whose devices are vouched for."""

    me: str
    organisation: Organisation
    progress: Callable[[str], int | None]
    vouched: Callable[[str], bool]


def rows(
    connection: Connection, names: Names, only: Collection[str] | None = None
) -> tuple[ConversationRow, ...]:
    """Every conversation I am in, or those among some, the newest first."""
    known = [each for each in conversation_store.conversations(connection, only) if names.me in each.members]
    last = overview.last_messages(connection, only)
    unread = overview.unread_of_all(connection, names.me, only)
    news = overview.newest_unread(connection, names.me, only)
    mine = [each for each in known if each.id in last and last[each.id].person == names.me]
    found = marks.of_all(connection, mine)
    read = Unread(0, None)
    return tuple(
        _row(names, each, last.get(each.id), unread.get(each.id, read), news.get(each.id), found.get(each.id))
        for each in known
    )


def page(connection: Connection, names: Names, found: Page) -> MessagePage:
    """A page of rows."""
    return MessagePage(messages(connection, names, found.messages), found.at_start, found.at_end)


def messages(connection: Connection, names: Names, found: Sequence[StoredMessage]) -> tuple[MessageRow, ...]:
    """Rows of messages, in the order given."""
    ids = {kept.conversation for kept in found}
    known = [conversation_store.conversation(connection, name) for name in sorted(ids)]
    all_marks = marks.of_all(connection, [each for each in known if each is not None])
    nobody = Marks((), {}, {})
    return tuple(
        _message(connection, names, kept, all_marks.get(kept.conversation, nobody)) for kept in found
    )


def title_of(names: Names, known: Conversation) -> str:
    """Its own title, or the names of the others."""
    others = [person_name(names.organisation, person) for person in known.members if person != names.me]
    return text.shown(known.title, Field.GROUP_NAME) or "、".join(others)


def _row(
    names: Names,
    known: Conversation,
    last: StoredMessage | None,
    unread: Unread,
    newest: StoredMessage | None,
    all_marks: Marks | None,
) -> ConversationRow:
    return ConversationRow(
        id=known.id,
        group=known.group,
        title=title_of(names, known),
        preview="" if last is None else _excerpt(_text(last)),
        at=known.updated_at,
        unread=unread.count,
        draft=known.draft,
        members=len(known.members),
        standing=Delivery.SENT if last is None or all_marks is None else _delivery(last, all_marks),
        news=None if newest is None else _news(names, newest),
        recalled=last is not None and last.recalled,
        unreadable=last is not None and last.fields is None,
        unread_from=unread.first,
    )


def _news(names: Names, newest: StoredMessage) -> NewsRow | None:
    if newest.n is None:
        return None
    sender = person_name(names.organisation, newest.person)
    return NewsRow(newest.n, sender, _excerpt(_text(newest)), unreadable=newest.fields is None)


def _excerpt(text: str) -> str:
    return text.replace("\n", " ")[:_PREVIEW]


def _message(connection: Connection, names: Names, kept: StoredMessage, there: Marks) -> MessageRow:
    fields = kept.fields or {}
    file = None
    if kept.kind is ContentKind.FILE and not kept.recalled:
        moving = names.progress(fields["blob"])
        if moving is None and kept.standing == message_store.PENDING:
            moving = 0  # it waits for its turn, or for the network
        shown = None if moving == WHOLE else moving
        file = FileRow(_text(kept), fields["media_type"], fields["size"], shown)
    return MessageRow(
        id=kept.id,
        conversation=kept.conversation,
        n=kept.n,
        person=kept.person,
        sender=person_name(names.organisation, kept.person),
        post=post_of(names.organisation, kept.person),
        mine=kept.person == names.me,
        kind=_kind(kept),
        text=_text(kept),
        at=kept.received_at or kept.sent_at,
        reply=_reply(connection, names, fields.get("reply_to") or fields.get("target")),
        file=file,
        delivery=_delivery(kept, there),
        refusal=kept.refusal,
        edited=kept.edited is not None,
        recalled=kept.recalled,
        unreadable=kept.fault if kept.fields is None else None,
        readers=there.readers(kept),
        unvouched=not names.vouched(kept.device),
    )


def _kind(kept: StoredMessage) -> MessageKind:
    if kept.kind is ContentKind.FILE:
        return MessageKind.FILE
    if kept.kind in (None, ContentKind.TEXT):
        return MessageKind.TEXT
    return MessageKind.CHANGE if kept.standing == message_store.REFUSED else MessageKind.NOTICE


def _text(kept: StoredMessage) -> str:
    """What it says, fit to be drawn: its author's client may be of any version."""
    if kept.recalled or not kept.fields:
        return ""
    if kept.kind is ContentKind.FILE:
        return text.shown(kept.fields["name"], Field.FILE_NAME)
    if kept.kind is ContentKind.TITLE:
        return text.shown(kept.fields["title"], Field.GROUP_NAME)
    return text.shown(kept.edited or str(kept.fields.get("text", "")), Field.MESSAGE)


def _delivery(kept: StoredMessage, there: Marks) -> Delivery:
    if kept.standing == message_store.REFUSED:
        return Delivery.REFUSED
    if kept.standing == message_store.PENDING:
        return Delivery.PENDING
    if there.readers(kept):
        return Delivery.READ
    return Delivery.DELIVERED if there.everywhere(kept) else Delivery.SENT


def _reply(connection: Connection, names: Names, target: str | None) -> ReplyRow | None:
    if target is None:
        return None
    found = message_store.find(connection, target)
    if found is None:
        return ReplyRow(target, "", "", QuoteStanding.ABSENT)
    sender = person_name(names.organisation, found.person)
    if found.recalled:
        return ReplyRow(found.id, sender, "", QuoteStanding.RECALLED)
    if found.fields is None:
        return ReplyRow(found.id, sender, "", QuoteStanding.UNREADABLE)
    return ReplyRow(found.id, sender, _text(found)[:_PREVIEW])
