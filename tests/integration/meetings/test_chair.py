"""What a chair does to a meeting: signed, enforced by the server, and read by every client for itself (C26)."""

from __future__ import annotations

import pytest

from client.core.events import NoticeRaised
from client.meetings.rows import LiveState
from protocol.errors import ErrorCode, JinshuError
from tests.integration.meetings.attendees import Venue
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.alone]


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


async def test_a_locked_meeting_lets_nobody_new_in(venue: Venue) -> None:
    chair, second, third = venue.people(3)
    meeting = await venue.called(chair, second, third)
    await chair.joins(meeting)
    await second.joins(meeting)
    await chair.meetings.lock(True)
    with pytest.raises(JinshuError) as refused:
        await third.joins(meeting)
    assert refused.value.code is ErrorCode.MEETINGS_LOCKED
    await second.until(lambda: second.live.locked)
    # Who was in it may come back.
    await second.meetings.leave()
    await second.joins(meeting)
    await chair.meetings.lock(False)
    await third.joins(meeting)
    await chair.sees_and_hears(second, third)


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
