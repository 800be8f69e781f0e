"""What the pages see of conversations: frozen rows, already decrypted and verified, with no key and no database in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MessageKind(StrEnum):
    """What a message is."""

    TEXT = "text"
    FILE = "file"
    NOTICE = "notice"  # somebody joined, left, or gave the conversation another name
    CHANGE = (
        "change"  # an edit, a recall or a name of mine that was refused; `reply` is what it was to change
    )


class Delivery(StrEnum):
    """How far a message of mine has got."""

    PENDING = "pending"  # on disk here, on its way
    SENT = "sent"  # the server has it
    DELIVERED = "delivered"  # a device of everybody has it
    READ = "read"  # `readers` have read it
    REFUSED = "refused"  # it was not taken; `refusal` says why


class QuoteStanding(StrEnum):
    """What there is to show of a message that another one answers."""

    SHOWN = "shown"
    RECALLED = "recalled"
    UNREADABLE = "unreadable"  # its key is not here
    ABSENT = "absent"  # it never came to this device: said before its person was a member


@dataclass(frozen=True, slots=True)
class NewsRow:
    """The newest unread message of somebody else; `n` is its place, `text` the beginning of what it says."""

    n: int
    sender: str
    text: str
    unreadable: bool = False  # its key is not here: `text` is empty


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One line of the list of conversations. Times are milliseconds UTC."""

    id: str
    group: bool
    title: str
    preview: str
    at: int
    unread: int
    draft: str  # what is half typed, or nothing
    members: int
    standing: Delivery  # of the last message of mine
    news: NewsRow | None = None  # None: everything is read
    recalled: bool = False  # the last message was taken back
    unreadable: bool = False  # the last message cannot be read here
    unread_from: int | None = None  # the place of the oldest unread message; None: everything is read


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """The message another one answers. One that is absent has no sender; only one that is shown has text."""

    message: str
    sender: str
    text: str
    standing: QuoteStanding = QuoteStanding.SHOWN


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file in a message."""

    name: str
    media_type: str
    size: int
    progress: int | None  # per mille while it is moving


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message; `n` is its place in the conversation, None until the server has given it one."""

    id: str
    conversation: str
    n: int | None
    person: str
    sender: str
    post: str
    mine: bool
    kind: MessageKind
    text: str
    at: int
    reply: ReplyRow | None
    file: FileRow | None
    delivery: Delivery
    refusal: str | None  # error code
    edited: bool
    recalled: bool
    unreadable: str | None  # error code
    readers: int
    unvouched: bool = False  # only the CA says that the device that wrote it is its person's


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages that stand next to each other, oldest first, and whether anything to show lies beyond them.

    The end is the last number of the conversation's log, however few rows were needed to reach it; what is on its way
    follows it.
    """

    rows: tuple[MessageRow, ...]
    at_start: bool
    at_end: bool


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody in a conversation; `confirmed` when his keys were compared face to face. `unvouched`: how many of his devices only
    the CA vouches for."""

    person: str
    name: str
    post: str
    admin: bool
    me: bool
    devices: int
    confirmed: bool
    unvouched: int = 0


@dataclass(frozen=True, slots=True)
class PersonChoice:
    """Somebody to talk to."""

    id: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class EmojiRow:
    """What two people compare face to face: the same pictures and words on both screens."""

    symbols: tuple[str, ...]
    words: tuple[str, ...]
    log_symbols: tuple[str, ...] = ()  # of the directory log; none before the CA has said anything
    log_words: tuple[str, ...] = ()
