"""People in a meeting, over the real server and its SFU: they see and hear each other, by name, and go on after every loss."""

from __future__ import annotations

import pytest

from client.meetings.rows import Seal
from tests.integration.meetings.attendees import Venue

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.alone]


async def test_three_meet_and_each_picture_bears_the_name_of_its_key(venue: Venue) -> None:
    _, people = await venue.seated(3)
    for attendee in people:
        others = [other for other in people if other is not attendee]
        await attendee.sees_and_hears(*others)
        for other in others:
            tile = attendee.tile(other)
            assert tile is not None
            assert (tile.name, tile.seal) == (other.name, Seal.OPEN)
    chair = people[0]
    await chair.until(lambda: all(row.microphone and row.camera for row in chair.live.participants))


async def test_a_hand_is_seen_by_all_and_by_who_comes_later(venue: Venue) -> None:
    chair, second, third = venue.people(3)
    meeting = await venue.called(chair, second, third)
    await chair.joins(meeting)
    await second.joins(meeting)
    await second.meetings.raise_hand(True)
    await chair.until(lambda: chair.hand(second))
    await third.joins(meeting)
    await third.until(lambda: third.hand(second) and not third.hand(chair))
    await second.meetings.raise_hand(False)
    await third.until(lambda: not third.hand(second))
