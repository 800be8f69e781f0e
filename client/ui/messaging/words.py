"""Messages, deliveries and days in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from client.core.letters import place_in
from client.messaging.rows import (
    ConversationRow,
    Delivery,
    MemberRow,
    MessageKind,
    MessageRow,
    QuoteStanding,
    ReplyRow,
)
from client.ui.base.language import error_text, tr
from client.ui.base.moments import local_day, when_words
from client.ui.base.rows import Mark, RowContent
from client.ui.base.theme import Tone

_ROW_CHARACTERS, _ROW_LINES = 1_200, 24  # of a message in its row
_LINE_CHARACTERS = 200  # of a text on one line of a list
_BEFORE = 8  # characters before what was searched for that a row has room for


def clock_words(ms: int) -> str:
    """10:12; the day stands above."""
    return f"{datetime.fromtimestamp(ms / 1000).astimezone():%H:%M}"


def weekday_words(day: date) -> str:
    """星期二."""
    return (
        tr("Monday"),
        tr("Tuesday"),
        tr("Wednesday"),
        tr("Thursday"),
        tr("Friday"),
        tr("Saturday"),
        tr("Sunday"),
    )[day.weekday()]


def day_words(ms: int, now_ms: int) -> str:
    """What stands on the line between two days."""
    day, today = local_day(ms), local_day(now_ms)
    weekday = weekday_words(day)
    if day == today:
        return tr("Today, {weekday}", weekday=weekday)
    if day == today - timedelta(days=1):
        return tr("Yesterday, {weekday}", weekday=weekday)
    if day.year == today.year:
        return tr("{month}/{day}, {weekday}", month=day.month, day=day.day, weekday=weekday)
    return tr("{year}/{month}/{day}", year=day.year, month=day.month, day=day.day)


def delivery_words(row: MessageRow, *, group: bool) -> str:
    """How far a message of mine has got."""
    if row.delivery is Delivery.READ and group:
        return tr("Read by {count}", count=row.readers)
    return {
        Delivery.PENDING: tr("Sending"),
        Delivery.SENT: tr("Sent"),
        Delivery.DELIVERED: tr("Delivered"),
        Delivery.READ: tr("Read"),
        Delivery.REFUSED: tr("Not sent"),
    }[row.delivery]


def message_words(row: MessageRow) -> str:
    """What a message says, in words alone."""
    if row.recalled:
        return tr("You recalled a message") if row.mine else tr("{name} recalled a message", name=row.sender)
    if row.unreadable is not None:
        return tr("This message cannot be read: {why}", why=error_text(row.unreadable).what)
    if row.kind is MessageKind.CHANGE:
        said = tr("This change was not made: {text}", text=row.text)
        return said if row.text else tr("This message was not recalled")
    if row.kind is MessageKind.FILE and row.file is not None:
        return tr("File: {name}", name=row.file.name)
    return row.text or tr("An empty message")


def folded(text: str) -> str:
    """As much of a text as one screen has room for: the rest is a click away, and 20,000 line ends are no higher than these."""
    lines = text[:_ROW_CHARACTERS].split("\n")
    shown = "\n".join(lines[:_ROW_LINES])
    return text if shown == text else f"{shown}…"


def is_folded(row: MessageRow) -> bool:
    """Whether a row shows only the beginning of what its message says."""
    return row.file is None and row.unreadable is None and not row.recalled and folded(row.text) != row.text


def unvouched_words() -> str:
    """Beside what comes from a device that its person has not confirmed."""
    return tr("From a device that only the CA vouches for")


def quote_words(reply: ReplyRow) -> str:
    """What a message answers, on one line."""
    if reply.standing is QuoteStanding.ABSENT:
        return tr("A message that is not on this device")
    return tr("{name}: {text}", name=reply.sender, text=_quoted(reply))


def _quoted(reply: ReplyRow) -> str:
    """What the message answered says, or why that is not shown."""
    if reply.standing is QuoteStanding.RECALLED:
        return tr("(recalled)")
    if reply.standing is QuoteStanding.UNREADABLE:
        return tr("(cannot be read)")
    return " ".join(reply.text.split())


def spoken(row: MessageRow, *, group: bool, line: str = "") -> str:
    """A message as a screen reader says it."""
    words = [line, "" if row.kind is MessageKind.NOTICE else row.sender, folded(message_words(row))]
    if row.reply is not None:
        words.insert(2, tr("In reply to {message}", message=quote_words(row.reply)))
    if row.mine and row.kind is not MessageKind.NOTICE and not row.recalled:
        words.append(delivery_words(row, group=group))
    if row.unvouched:
        words.append(unvouched_words())
    return " ".join(word for word in (*words, clock_words(row.at)) if word)


def conversation_content(row: ConversationRow, now_ms: int) -> RowContent:
    """A conversation in the list."""
    marks: tuple[Mark, ...] = ()
    if row.standing is Delivery.REFUSED:
        marks = (Mark(tr("Not sent"), Tone.SEAL),)
    elif row.standing is Delivery.PENDING:
        marks = (Mark(tr("Sending"), Tone.WAITING),)
    return RowContent(
        title=row.title or tr("Without a name"),
        detail=_said_last(row),
        when=when_words(row.at, now_ms),
        unread=row.unread > 0,
        marks=marks,
        deadline=Mark(tr("{count} new", count=row.unread), Tone.SEAL) if row.unread else None,
        avatar=row.title,
    )


def _said_last(row: ConversationRow) -> str:
    """What is half typed, or else the last message, on one line."""
    if row.draft:
        return tr("Half typed: {text}", text=" ".join(row.draft[:_LINE_CHARACTERS].split()))
    if row.recalled:
        return tr("A message was recalled")
    if row.unreadable:
        return unreadable_words()
    return " ".join(row.preview.split())


def unreadable_words() -> str:
    """In the place of a message that cannot be read on this device, where there is no room for the reason."""
    return tr("A message that cannot be read here yet")


def excerpt(text: str, query: str) -> str:
    """A text on one line, begun shortly before the words searched for when those come late."""
    line = " ".join(text.split())
    at = place_in(line, query)
    return (line if at <= _BEFORE else f"…{line[at - _BEFORE // 2 :]}")[:_LINE_CHARACTERS]


def found_content(row: MessageRow, query: str, conversation: str, now_ms: int) -> RowContent:
    """A message that a search has found, and the name of the conversation it is in."""
    return RowContent(
        title=excerpt(message_words(row), query),
        detail=" · ".join(part for part in (row.sender, conversation) if part),
        when=when_words(row.at, now_ms),
    )


def member_content(row: MemberRow) -> RowContent:
    """Somebody in the list of members."""
    marks = []
    if row.admin:
        marks.append(Mark(tr("Admin"), Tone.ACTION))
    if row.confirmed:
        marks.append(Mark(tr("Compared"), Tone.DONE))
    if row.unvouched:
        marks.append(Mark(tr("{count} not confirmed", count=row.unvouched), Tone.WAITING))
    devices = tr("devices: {count}", count=row.devices)
    return RowContent(
        title=tr("{name} (me)", name=row.name) if row.me else row.name,
        detail=" · ".join(part for part in (row.post, devices) if part),
        marks=tuple(marks),
        avatar=row.name,
    )
