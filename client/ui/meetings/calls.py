"""Tells which meetings call for their people: of everything that can be announced the one thing that does not wait."""

from __future__ import annotations

from collections.abc import Iterable

from client.meetings.rows import MeetingRow, MeetingStanding
from client.ui.base.announcement import Announcement
from client.ui.meetings.hours import is_soon


class Calls:
    """Compares the list of meetings with what it was; what is there at the first look is no news."""

    def __init__(self) -> None:
        self._seen: set[str] | None = None

    def of(self, rows: Iterable[MeetingRow], now_ms: int) -> tuple[Announcement, ...]:
        """Meetings others call now, and those about to begin, mine too: each once, and not at the last look already."""
        near = {row.id: row for row in rows if row.standing is MeetingStanding.NOW or is_soon(row, now_ms)}
        before, self._seen = self._seen, set(near)
        if before is None:
            return ()
        news = (row for name, row in near.items() if name not in before)
        return tuple(_announced(row) for row in news if not row.mine or is_soon(row, now_ms))


def _announced(row: MeetingRow) -> Announcement:
    soon = row.standing is MeetingStanding.COMING
    return Announcement(row.id, row.chair, row.title, "", 1, is_call=True, is_soon=soon)
