"""One person at two devices, and two chairs at once: everybody ends with the same meeting before him (C26)."""

from __future__ import annotations

import asyncio

import pytest

from client.meetings import ledger
from client.meetings.rows import LiveState
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.chair import Chair
from tests.integration.meetings.attendees import Attendee, Venue
from tests.integration.messaging.test_devices import consent
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.alone]


async def further_device(venue: Venue, attendee: Attendee) -> Attendee:
    """Another computer of somebody's, which he has consented to; the same for all tests of this module."""
    name = f"{attendee.name} again"
    if name not in venue.areas:
        talker = await venue.hall.enrolled(name, attendee.person)
        await consent(attendee.talker, talker)
        await venue.hall.in_step()
        venue.attendees[name] = Attendee(name, talker, venue.areas[name])
    return venue.attendees[name]


async def known(meeting: str, attendee: Attendee) -> None:
    async def there() -> bool:
        return any(row.id == meeting for row in await attendee.meetings.rows())

    await until(there)


async def state(attendee: Attendee, meeting: str) -> Chair:
    kept = await attendee.core.store.read(lambda c: ledger.find(c, meeting))
    assert kept is not None
    return kept.chair


async def agreed(meeting: str, *people: Attendee, n: int) -> Chair:
    """The state after n acts, which is the same for all."""

    async def same() -> bool:
        states = [await state(each, meeting) for each in people]
        return states[0].n == n and all(each == states[0] for each in states)

    await until(same)
    return await state(people[0], meeting)


# Two devices


@pytest.mark.parametrize("first_to_go", ["the first", "the other"])
async def test_one_person_at_two_devices_is_two_in_the_meeting_who_go_one_by_one(
    venue: Venue, first_to_go: str
) -> None:
    chair, second = venue.people(2)
    other = await further_device(venue, second)
    meeting = await venue.called(chair, second)
    await known(meeting, other)
    for attendee in (chair, second, other):
        await attendee.joins(meeting)
    for attendee in (chair, second, other):
        await attendee.counts(3)
    await chair.sees_and_hears(second, other)
    await other.sees_and_hears(second, chair)
    going, staying = (second, other) if first_to_go == "the first" else (other, second)
    await going.meetings.leave()
    for attendee in (chair, staying):
        await attendee.counts(2)
    assert (chair.row(going), chair.row(staying) is not None) == (None, True)
    await chair.sees_and_hears(staying)
    await staying.sees_and_hears(chair)
    await staying.meetings.leave()
    await chair.counts(1)


async def test_who_is_removed_is_removed_at_all_his_devices(venue: Venue) -> None:
    """An act is about a person, not about the computer he sits at."""
    chair, second, third = venue.people(3)
    other = await further_device(venue, second)
    meeting = await venue.called(chair, second, third)
    await known(meeting, other)
    for attendee in (chair, second, other, third):
        await attendee.joins(meeting)
    await chair.counts(4)
    await chair.meetings.mute(second.person)
    for attendee in (second, other):
        await attendee.until(lambda attendee=attendee: not attendee.live.microphone)  # type: ignore[misc]
    await chair.meetings.remove(second.person)
    for attendee in (second, other):
        await attendee.until(lambda attendee=attendee: attendee.live.state is LiveState.REMOVED)  # type: ignore[misc]
        with pytest.raises(JinshuError) as refused:
            await attendee.joins(meeting)
        assert refused.value.code is ErrorCode.MEETINGS_REMOVED
    for attendee in (chair, third):
        await attendee.counts(2)
    await chair.sees_and_hears(third)
    await chair.meetings.admit(second.person)
    await known(meeting, other)
    await other.joins(meeting)
    await chair.sees_and_hears(other, third)


# Two chairs


async def test_chairs_who_lock_and_unlock_at_once_end_in_one_state(venue: Venue) -> None:
    meeting, (chair, second, third) = await venue.seated(3)
    await chair.meetings.hand_over(second.person)
    await second.until(lambda: second.live.i_chair)
    for _ in range(3):
        await asyncio.gather(chair.meetings.lock(True), second.meetings.lock(False))
    end = await agreed(meeting, chair, second, third, n=7)
    for attendee in (chair, second, third):
        await attendee.until(lambda attendee=attendee: attendee.live.locked == end.locked)  # type: ignore[misc]
        await attendee.counts(3)
    assert end.chairs == (second.person, chair.person)
    await chair.sees_and_hears(second, third)


async def test_who_is_removed_by_one_chair_and_made_chair_by_another_at_once_is_the_same_to_all(
    venue: Venue,
) -> None:
    """Whichever the server took first: he leads, and is out only until he comes again."""
    meeting, (chair, second, third) = await venue.seated(3)
    await chair.meetings.hand_over(second.person)
    await second.until(lambda: second.live.i_chair)
    done = await asyncio.gather(
        chair.meetings.remove(third.person), second.meetings.hand_over(third.person), return_exceptions=True
    )
    # After the other's act a removal is one of a chair.
    assert [error.code for error in done if isinstance(error, JinshuError)] in (
        [],
        [ErrorCode.MEETINGS_ACT_REFUSED],
    )
    acts = 1 + sum(error is None for error in done)
    end = await agreed(meeting, chair, second, third, n=acts)
    assert end.chairs[0] == third.person
    assert end.removed == frozenset()
    if acts == 3:
        # He was out for a moment: whether he has read so far or only of being removed.
        await third.until(lambda: third.live.state in (LiveState.REMOVED, LiveState.IN))
    if third.live.state is LiveState.REMOVED:
        await third.joins(meeting)
    for attendee in (chair, second, third):
        await attendee.counts(3)
    await third.meetings.lock(True)
    assert (await agreed(meeting, chair, second, third, n=acts + 1)).locked
    await chair.sees_and_hears(second, third)
