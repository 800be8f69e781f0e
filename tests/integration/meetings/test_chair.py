"""What a chair does to a meeting: signed, enforced by the server, and read by every client for itself (C26)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from client.core.events import Event, LiveMeetingChanged, NoticeRaised
from client.meetings.rows import LiveState, MeetingStanding
from protocol.errors import ErrorCode, JinshuError
from tests.integration.meetings.attendees import CLOCK, HOUR_MS, Attendee, Venue
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.alone]


def said_to_wait(attendee: Attendee, since: dict[Attendee, int]) -> int:
    """How often he was told since then that somebody waits outside."""
    news = attendee.talker.events[since[attendee] :]
    codes = [event.code for event in news if isinstance(event, NoticeRaised)]
    return codes.count(ErrorCode.MEETINGS_SOMEBODY_WAITS)


async def test_whoever_is_muted_is_not_heard_until_he_speaks_again(venue: Venue) -> None:
    _, (chair, second, third) = await venue.seated(3)
    await chair.sees_and_hears(second, third)
    await chair.meetings.mute(None)
    await second.until(lambda: not second.live.microphone)
    await third.until(lambda: not third.live.microphone)
    assert chair.live.microphone
    assert any(
        isinstance(event, NoticeRaised) and event.code is ErrorCode.MEETINGS_MUTED
        for event in second.talker.events
    )
    await chair.until(lambda: chair.ear.silent)
    await second.meetings.start_microphone(second.tone())
    await chair.until(lambda: chair.hears(second))
    assert not chair.hears(third)


async def test_whoever_is_removed_is_out_and_stays_out_until_admitted(venue: Venue) -> None:
    meeting, (chair, second, third) = await venue.seated(3)
    await chair.meetings.remove(third.person)
    await third.until(lambda: third.live.state is LiveState.REMOVED)
    for attendee in (chair, second):
        await attendee.counts(2)
    with pytest.raises(JinshuError) as refused:
        await third.joins(meeting)
    assert refused.value.code is ErrorCode.MEETINGS_REMOVED
    await chair.sees_and_hears(second)
    await chair.meetings.admit(third.person)
    await third.joins(meeting)
    await chair.sees_and_hears(second, third)


async def test_whoever_comes_to_a_locked_meeting_waits_and_comes_in_when_it_is_unlocked(venue: Venue) -> None:
    chair, second, third = venue.people(3)
    meeting = await venue.called(chair, second, third)
    await chair.joins(meeting, silent=True)
    await second.joins(meeting, silent=True)
    await chair.meetings.lock(True)
    since = {each: len(each.talker.events) for each in (chair, second)}
    coming = asyncio.gather(third.joins(meeting, silent=True))
    await third.waits()
    await chair.until(lambda: said_to_wait(chair, since) == 1)
    assert said_to_wait(second, since) == 0
    await second.until(lambda: second.live.locked)
    # Who was in it may come back.
    await second.meetings.leave()
    await second.joins(meeting, silent=True)
    await chair.counts(2)
    assert third.live.state is LiveState.WAITING
    await chair.meetings.lock(False)
    await coming
    await chair.counts(3)


async def test_waiting_before_a_locked_meeting_ends_with_it_or_when_one_gives_up(venue: Venue) -> None:
    chair, second, third = venue.people(3)
    meeting = await venue.called(chair, second, third)
    await chair.joins(meeting, silent=True)
    await chair.meetings.lock(True)
    coming = [asyncio.gather(each.joins(meeting, silent=True)) for each in (second, third)]
    for attendee in (second, third):
        await attendee.waits()
    await second.meetings.leave()
    with pytest.raises(JinshuError) as given_up:
        await coming[0]
    assert given_up.value.code is ErrorCode.MEETINGS_NOT_PRESENT
    await chair.meetings.end()
    with pytest.raises(JinshuError) as over:
        await coming[1]
    assert over.value.code is ErrorCode.MEETINGS_ENDED
    assert (second.meetings.live(), third.meetings.live()) == (None, None)


async def test_at_the_end_nobody_is_told_of_a_lost_connection(venue: Venue) -> None:
    chair, second, third = venue.people(3)
    meeting = await venue.called(chair, second, third)
    for attendee in (chair, second, third):
        await attendee.joins(meeting, silent=True)
    await chair.counts(3)
    states: list[LiveState] = []

    def note(attendee: Attendee) -> Callable[[Event], None]:
        return lambda event: (
            states.append(attendee.live.state) if isinstance(event, LiveMeetingChanged) else None
        )

    leaves = [each.core.bus.subscribe(note(each)) for each in (second, third)]
    await chair.meetings.end()
    for attendee in (second, third):
        await attendee.until(lambda attendee=attendee: attendee.live.state is LiveState.ENDED)  # type: ignore[misc]
    for leave in leaves:
        leave()
    assert LiveState.REJOINING not in states


async def test_a_meeting_that_is_entered_early_is_listed_as_running_while_somebody_is_in_it(
    venue: Venue,
) -> None:
    chair, second = venue.people(2)
    tomorrow = CLOCK.now_ms() + 24 * HOUR_MS
    meeting = await venue.called(chair, second, starts_at=tomorrow)
    assert await second.standing(meeting) is MeetingStanding.COMING
    await chair.joins(meeting, silent=True)
    await until(lambda: second.lists(meeting, MeetingStanding.NOW))
    # Whoever was away asks.
    second.meetings.running._running.clear()
    await second.meetings.running.ask()
    assert await second.standing(meeting) is MeetingStanding.NOW
    await chair.meetings.leave()
    await until(lambda: second.lists(meeting, MeetingStanding.COMING))


async def test_the_chair_is_handed_over_and_the_new_one_ends_the_meeting(venue: Venue) -> None:
    meeting, (chair, second) = await venue.seated(2)
    with pytest.raises(JinshuError) as refused:
        await second.meetings.lock(True)
    assert refused.value.code is ErrorCode.MEETINGS_ACT_REFUSED
    await chair.meetings.hand_over(second.person)
    await second.until(lambda: second.live.i_chair)
    await second.meetings.end()
    await chair.until(lambda: chair.live.state is LiveState.ENDED)
    await second.until(lambda: second.live.state is LiveState.ENDED)
    with pytest.raises(JinshuError) as over:
        await chair.joins(meeting)
    assert over.value.code is ErrorCode.MEETINGS_ENDED


async def test_whoever_leaves_the_conversation_leaves_its_meetings(venue: Venue) -> None:
    meeting, (chair, second, third) = await venue.seated(3)
    await chair.talker.conversations.remove_member(chair.live.conversation, third.person)
    await third.until(lambda: third.live.state is LiveState.REMOVED)
    await chair.until(lambda: chair.row(third) is None)
    await second.until(lambda: second.row(third) is None)
    with pytest.raises(JinshuError) as refused:
        await third.joins(meeting)
    assert refused.value.code is ErrorCode.MEETINGS_NOT_ADMITTED

    async def gone() -> bool:
        return not any(row.id == meeting for row in await third.meetings.rows())

    await until(gone)
