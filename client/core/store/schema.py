"""The store's version, and the way from an older one to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, text

from client.core.store.migrations import (
    m0001_first_landing,
    m0002_conversations,
    m0003_marks_and_channel_keys,
    m0004_meetings,
    m0005_search_places,
    m0006_later_versions,
    m0007_search_by_characters,
    m0008_search_by_letters,
    m0009_keys_in_tokens,
)
from protocol.errors import ErrorCode, JinshuError

# In order; the version of a store is how many of them it has been through. Never edit one that has been
# released.
MIGRATIONS: Final[tuple[Callable[[Connection], None], ...]] = (
    m0001_first_landing.upgrade,
    m0002_conversations.upgrade,
    m0003_marks_and_channel_keys.upgrade,
    m0004_meetings.upgrade,
    m0005_search_places.upgrade,
    m0006_later_versions.upgrade,
    m0007_search_by_characters.upgrade,
    m0008_search_by_letters.upgrade,
    m0009_keys_in_tokens.upgrade,
)
VERSION: Final = len(MIGRATIONS)


def version(connection: Connection) -> int:
    return int(connection.execute(text("PRAGMA user_version")).scalar_one())


def upgrade(connection: Connection) -> None:
    """Bring the store to VERSION within the caller's transaction.

    Raises:
        JinshuError: store.too_new; a newer client wrote it, and an older one must not touch it.
    """
    found = version(connection)
    if found > VERSION:
        raise JinshuError(ErrorCode.STORE_TOO_NEW, found=str(found), known=str(VERSION))
    for step in MIGRATIONS[found:]:
        step(connection)
    if found < VERSION:
        connection.execute(text(f"PRAGMA user_version = {VERSION}"))
