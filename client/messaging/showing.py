"""From what is kept to what is shown: rows in the words of the organisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from client.messaging import ledger
from client.messaging.ledger import Conversation, Kept
from client.messaging.rows import (
    ConversationRow,
    Delivery,
    FileRow,
    MessageKind,
    MessageRow,
    NewsRow,
    ReplyRow,
)
from client.messaging.transfers import WHOLE
from protocol.directory.organisation import Organisation
from protocol.messaging.contents import ContentKind

_PREVIEW = 60


@dataclass(frozen=True, slots=True)
class Names:
    """Who I am, what everybody is called, how far a blob on the move is (per mille), and whose devices are vouched for."""

    me: str
    organisation: Organisation
    progress: Callable[[str], int | None]
    vouched: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Marks:
    """How far everybody in a conversation has it, and has read it."""

    members: tuple[str, ...]
    read: dict[str, int]
    delivered: dict[str, int]

    def readers(self, kept: Kept) -> int:
        place = kept.n
        if place is None:
            return 0
        return sum(1 for person, upto in self.read.items() if upto >= place and person != kept.person)

    def everywhere(self, kept: Kept) -> bool:
        """Whether a device of everybody else has it; who has read it has it."""
        place = kept.n
        return place is not None and all(
            max(self.read.get(person, 0), self.delivered.get(person, 0)) >= place
            for person in self.members
            if person != kept.person
        )


def _marks(connection: Connection, name: str) -> _Marks:
    known = ledger.conversation(connection, name)
    members = known.members if known is not None else ()
    return _Marks(members, ledger.readers(connection, name), ledger.receivers(connection, name))


def name_of(organisation: Organisation, person: str) -> str:
    found = organisation.people.get(person)
    return found.name if found is not None else person


def post_of(organisation: Organisation, person: str) -> str:
    """The first post a person holds, with its body in short."""
    post = next(iter(organisation.posts_of(person)), None)
    if post is None:
        return ""
    return f"{organisation.bodies[post.body].short_name} {post.name}"


def rows(connection: Connection, names: Names) -> tuple[ConversationRow, ...]:
    """Every conversation I am in, the newest first."""
    return tuple(
        _row(connection, names, known)
        for known in ledger.conversations(connection)
        if names.me in known.members
    )


def messages(connection: Connection, names: Names, found: Sequence[Kept]) -> tuple[MessageRow, ...]:
    """Rows of messages, in the order given."""
    marks: dict[str, _Marks] = {}
    shown = []
    for kept in found:
        if kept.conversation not in marks:
            marks[kept.conversation] = _marks(connection, kept.conversation)
        shown.append(_message(connection, names, kept, marks[kept.conversation]))
    return tuple(shown)


def title_of(names: Names, known: Conversation) -> str:
    """Its own title, or the names of the others."""
    others = [name_of(names.organisation, person) for person in known.members if person != names.me]
    return known.title or "、".join(others)


def _row(connection: Connection, names: Names, known: Conversation) -> ConversationRow:
    newest = ledger.page(connection, known.id, None, 1)
    last = newest[-1] if newest else None
    preview = "" if last is None else _text(last)
    unread = ledger.unread(connection, known, names.me)
    return ConversationRow(
        id=known.id,
        group=known.group,
        title=title_of(names, known),
        preview=_excerpt(preview),
        at=known.updated_at,
        unread=unread,
        draft=known.draft,
        members=len(known.members),
        standing=_standing(connection, names, last),
        news=_news(connection, names, known) if unread else None,
        recalled=last is not None and last.recalled,
    )


def _news(connection: Connection, names: Names, known: Conversation) -> NewsRow | None:
    newest = ledger.newest_unread(connection, known, names.me)
    if newest is None or newest.n is None:
        return None
    return NewsRow(newest.n, name_of(names.organisation, newest.person), _excerpt(_text(newest)))


def _excerpt(text: str) -> str:
    return text.replace("\n", " ")[:_PREVIEW]


def _standing(connection: Connection, names: Names, last: Kept | None) -> Delivery:
    if last is None or last.person != names.me:
        return Delivery.SENT
    return _delivery(last, _marks(connection, last.conversation))


def _message(connection: Connection, names: Names, kept: Kept, marks: _Marks) -> MessageRow:
    fields = kept.fields or {}
    file = None
    if kept.kind is ContentKind.FILE and not kept.recalled:
        moving = names.progress(fields["blob"])
        if moving is None and kept.standing == ledger.PENDING:
            moving = 0  # it waits for its turn, or for the network
        shown = None if moving == WHOLE else moving
        file = FileRow(fields["name"], fields["media_type"], fields["size"], shown)
    return MessageRow(
        id=kept.id,
        conversation=kept.conversation,
        n=kept.n,
        person=kept.person,
        sender=name_of(names.organisation, kept.person),
        post=post_of(names.organisation, kept.person),
        mine=kept.person == names.me,
        kind=_kind(kept),
        text=_text(kept),
        at=kept.received_at or kept.sent_at,
        reply=_reply(connection, names, fields.get("reply_to") or fields.get("target")),
        file=file,
        delivery=_delivery(kept, marks),
        refusal=kept.refusal,
        edited=kept.edited is not None,
        recalled=kept.recalled,
        unreadable=kept.fault if kept.fields is None else None,
        readers=marks.readers(kept),
        unvouched=not names.vouched(kept.device),
    )


def _kind(kept: Kept) -> MessageKind:
    if kept.kind is ContentKind.FILE:
        return MessageKind.FILE
    if kept.kind in (None, ContentKind.TEXT):
        return MessageKind.TEXT
    return MessageKind.CHANGE if kept.standing == ledger.REFUSED else MessageKind.NOTICE


def _text(kept: Kept) -> str:
    fields = kept.fields or {}
    if kept.recalled:
        return ""
    return kept.edited or str(fields.get("text") or fields.get("name") or fields.get("title") or "")


def _delivery(kept: Kept, marks: _Marks) -> Delivery:
    if kept.standing == ledger.REFUSED:
        return Delivery.REFUSED
    if kept.standing == ledger.PENDING:
        return Delivery.PENDING
    if marks.readers(kept):
        return Delivery.READ
    return Delivery.DELIVERED if marks.everywhere(kept) else Delivery.SENT


def _reply(connection: Connection, names: Names, target: str | None) -> ReplyRow | None:
    found = ledger.find(connection, target) if target is not None else None
    if found is None:
        return None
    return ReplyRow(found.id, name_of(names.organisation, found.person), _text(found)[:_PREVIEW])
