"""People in a meeting, over the real server and its SFU: they see and hear each other, by name, and go on after every loss."""

from __future__ import annotations

from client.meetings.rows import Seal
from tests.integration.meetings.attendees import Venue


async def test_three_meet_and_each_picture_bears_the_name_of_its_key(venue: Venue) -> None:
    chair, second, third = await venue.come("chair", "second", "third")
    meeting = await venue.called(chair, second, third)
    for attendee in (chair, second, third):
        await attendee.joins(meeting)
    for attendee in (chair, second, third):
        others = [other for other in (chair, second, third) if other is not attendee]
        await attendee.sees_and_hears(*others)
        for other in others:
            tile = attendee.tile(other)
            assert tile is not None
            assert (tile.name, tile.seal) == (other.name, Seal.OPEN)
    await chair.until(
        lambda: all(row.confirmed and row.microphone and row.camera for row in chair.live.participants)
    )
