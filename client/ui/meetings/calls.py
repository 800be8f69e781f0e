"""Tells which meetings somebody else has just called: of everything that can be announced the one thing that does not wait."""

from __future__ import annotations

from collections.abc import Iterable

from client.meetings.rows import MeetingRow, MeetingStanding
from client.ui.base.announcement import Announcement


class Calls:
    """Compares the list of meetings with what it was; what is there at the first look is no news."""

    def __init__(self) -> None:
        self._seen: set[str] | None = None

    def of(self, rows: Iterable[MeetingRow]) -> tuple[Announcement, ...]:
        """Meetings that are on now and were not there, or not on, at the last look; never my own."""
        on = {row.id: row for row in rows if row.standing is MeetingStanding.NOW}
        before, self._seen = self._seen, set(on)
        if before is None:
            return ()
        called = (row for name, row in on.items() if name not in before and not row.mine)
        return tuple(Announcement(row.id, row.chair, row.title, "", 1, is_call=True) for row in called)
