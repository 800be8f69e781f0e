"""Pages of a conversation's messages as they are kept.

A conversation's log numbers everything: read marks, edits and recalls use up places that no row is shown for. How many
rows a page has therefore says nothing about what lies beyond it; a page looks, and says so itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from client.core.store.conversations import MESSAGES
from client.messaging import message_store
from client.messaging.message_store import StoredMessage


@dataclass(frozen=True, slots=True)
class Page:
    """Messages to show that stand next to each other, oldest first.

    `at_start`, `at_end`: nothing to show lies before, or after, as far as the log goes. What is on its way has no place
    yet and stands after the end.
    """

    messages: list[StoredMessage]
    at_start: bool
    at_end: bool


def newest(connection: Connection, name: str, limit: int) -> Page:
    """The last messages of a conversation, and what is on its way."""
    found = _before(connection, name, None, limit + 1)
    return Page(
        [*found[max(len(found) - limit, 0) :], *_waiting(connection, name)], len(found) <= limit, at_end=True
    )


def before(connection: Connection, name: str, place: int, limit: int) -> Page:
    """The last messages before a place."""
    found = _before(connection, name, place, limit + 1)
    at_end = not _after(connection, name, place - 1, 1)
    kept = [*found[max(len(found) - limit, 0) :], *(_waiting(connection, name) if at_end else ())]
    return Page(kept, len(found) <= limit, at_end)


def after(connection: Connection, name: str, place: int, limit: int) -> Page:
    """The first messages after a place; what is on its way, when they reach the end."""
    found = _after(connection, name, place, limit + 1)
    at_end = len(found) <= limit
    kept = [*found[:limit], *(_waiting(connection, name) if at_end else ())]
    return Page(kept, not _before(connection, name, place + 1, 1), at_end)


def around(connection: Connection, name: str, message: str, limit: int) -> Page | None:
    """Messages before and after one of them; None: it is not in this conversation, or not to be shown."""
    chosen = _shown(name).where(MESSAGES.c.id == message)
    target = next(map(message_store.stored_message, connection.execute(chosen)), None)
    if target is None:
        return None
    if target.n is None:
        return newest(connection, name, limit)
    earlier = before(connection, name, target.n, limit // 2)
    later = after(connection, name, target.n - 1, limit - limit // 2)
    return Page([*earlier.messages, *later.messages], earlier.at_start, later.at_end)


def _before(connection: Connection, name: str, place: int | None, limit: int) -> list[StoredMessage]:
    where = MESSAGES.c.n.is_not(None) if place is None else MESSAGES.c.n < place
    return _rows(connection, name, where, MESSAGES.c.n.desc(), limit)[::-1]


def _after(connection: Connection, name: str, place: int, limit: int) -> list[StoredMessage]:
    return _rows(connection, name, MESSAGES.c.n > place, MESSAGES.c.n.asc(), limit)


def _rows(
    connection: Connection, name: str, where: ColumnElement[bool], order: ColumnElement[Any], limit: int
) -> list[StoredMessage]:
    chosen = _shown(name).where(where).order_by(order).limit(limit)
    return [message_store.stored_message(row) for row in connection.execute(chosen)]


def _waiting(connection: Connection, name: str) -> list[StoredMessage]:
    chosen = _shown(name).where(MESSAGES.c.n.is_(None)).order_by(MESSAGES.c.sent_at)
    return [message_store.stored_message(row) for row in connection.execute(chosen)]


def _shown(name: str) -> Select[Any]:
    return select(MESSAGES).where(MESSAGES.c.conversation == name, message_store.is_shown(MESSAGES))
