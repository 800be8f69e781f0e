"""Tells which messages are news: said by somebody else, unread, and not told before."""

from __future__ import annotations

from collections.abc import Iterable

from client.messaging.rows import ConversationRow
from client.ui.base.announcement import Announcement
from client.ui.messaging.words import unreadable_words


class News:
    """Compares the list of conversations with what it was; what is there at the first look is no news."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int]] | None = None  # conversation -> place of the newest, unread

    def of(self, rows: Iterable[ConversationRow]) -> tuple[Announcement, ...]:
        """What has come since the last look. Edits, recalls, marks and my own messages move no newest one on."""
        first, before = self._seen is None, self._seen or {}
        found = []
        for row in rows:
            newest, unread = before.get(row.id, (0, 0))
            if row.news is not None and row.news.n > newest:
                if not first:
                    found.append(_announced(row, max(row.unread - unread, 1)))
                newest = row.news.n
            before[row.id] = (newest, row.unread)
        self._seen = before
        return tuple(found)


def _announced(row: ConversationRow, count: int) -> Announcement:
    news = row.news
    assert news is not None
    text = unreadable_words() if news.unreadable else news.text
    return Announcement(row.id, news.sender, row.title if row.group else "", text, count)
