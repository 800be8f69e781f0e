"""Rows of the list of meetings."""

from __future__ import annotations

from client.core.names import person_name
from client.meetings.ledger import REFUSED, Kept
from client.meetings.rows import MeetingRow, MeetingStanding
from protocol import text
from protocol.directory.organisation import Organisation
from protocol.text import Field


def meeting_row(
    organisation: Organisation, me: str, kept: Kept, now_ms: int, *, running: bool = False
) -> MeetingRow:
    """One line of the list; `running`: somebody is in it."""
    meeting, chair = kept.meeting, kept.chair
    return MeetingRow(
        id=kept.id,
        conversation=kept.conversation,
        title=title_of(organisation, me, kept),
        chair=person_name(organisation, chair.chairs[0]),
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        standing=_standing(kept, now_ms, running),
        mine=me in chair.chairs,
        members=len(kept.members),
        later=kept.later,
    )


def title_of(organisation: Organisation, me: str, kept: Kept) -> str:
    """The conversation's title, or who else is in it."""
    if kept.title:
        return text.shown(kept.title, Field.GROUP_NAME)
    others = [person_name(organisation, person) for person in kept.members if person != me]
    return "、".join(others)


def _standing(kept: Kept, now_ms: int, running: bool) -> MeetingStanding:
    if kept.chair.ended or kept.standing == REFUSED:
        return MeetingStanding.OVER
    if running:
        # Entered before its time, or going on after it.
        return MeetingStanding.NOW
    if now_ms >= kept.meeting.ends_at:
        return MeetingStanding.OVER
    return MeetingStanding.COMING if now_ms < kept.meeting.starts_at else MeetingStanding.NOW
