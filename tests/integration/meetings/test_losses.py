"""Cables pulled, clients killed, workers and servers that die: whoever is gone is missed, and everybody comes back (D9)."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from client.core.events import LinkState
from client.meetings.rows import LiveState
from protocol.errors import ErrorCode, JinshuError
from tests.end_to_end.processes import Background, environment
from tests.integration.documents.desks import PASSPHRASE
from tests.integration.meetings.attendees import CLOCK, Attendee, Venue, read_nonce
from tests.support.generated_picture import StillPicture

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.alone,
    # A server that is away is spoken of.
    pytest.mark.expects_logs,
]

SCREEN = b"a screen"


def cut(attendee: Attendee) -> None:
    """Pull the cable of his media: his sockets are gone without a word."""
    attendance = attendee.meetings._attendance
    assert attendance is not None
    assert attendance._driver is not None
    connection = attendance._driver.peer._connection
    ice = connection.getTransceivers()[0].receiver.transport.transport._connection
    for protocol in ice._protocols:
        protocol.transport.abort()


def kill_workers(venue: Venue) -> None:
    assert venue.city.server is not None
    children = psutil.Process(venue.city.server.pid).children()
    workers = [child.pid for child in children if "sfu" in " ".join(child.cmdline())]
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)


def stay_of(seen_by: Attendee, other: Attendee) -> bytes | None:
    """The stay another is in, as somebody knows it."""
    attendance = seen_by.meetings._attendance
    assert attendance is not None
    if attendance._driver is None:
        return None
    found = [stay for stay in attendance._driver.keys.presence.stays if stay.device == other.device]
    return found[0].id if found else None


async def test_whoever_is_cut_off_comes_back_by_himself(venue: Venue) -> None:
    _, (chair, second, third) = await venue.seated(3)
    await chair.sees_and_hears(second, third)
    before = stay_of(chair, second)
    cut(second)
    # Not for his `REJOINING`: it passes, and who looks now and then may never see it.
    await chair.until(lambda: stay_of(chair, second) not in (None, before))
    await second.until(lambda: second.live.state is LiveState.IN)
    assert second.live.microphone
    assert second.live.camera
    await chair.sees_and_hears(second, third)
    await second.sees_and_hears(chair, third)


def sees_screen(viewer: Attendee, sharer: Attendee) -> bool:
    tiles = [tile for tile in viewer.live.tiles if tile.device == sharer.device and tile.screen]
    newest = viewer.meetings.picture(tiles[0].mid) if tiles else None
    picture = None if newest is None else newest.take()
    return picture is not None and read_nonce(picture) == SCREEN


async def test_a_screen_at_rest_is_seen_by_whoever_comes_later_and_after_its_sharer_came_back(
    venue: Venue,
) -> None:
    chair, second, third = venue.people(3)
    meeting = await venue.called(chair, second, third)
    await chair.joins(meeting, silent=True)
    await chair.meetings.start_screen(StillPicture(SCREEN, CLOCK))
    await second.joins(meeting, silent=True)
    await second.until(lambda: sees_screen(second, chair))
    before = stay_of(second, chair)
    cut(chair)
    await second.until(lambda: stay_of(second, chair) not in (None, before))
    await second.until(lambda: sees_screen(second, chair))
    await third.joins(meeting, silent=True)
    await third.until(lambda: sees_screen(third, chair))


async def test_a_client_that_is_killed_is_missed_and_comes_back_as_another_stay(
    venue: Venue,
) -> None:
    await venue.come("fifth")
    chair, second, fifth = *venue.people(2), venue.attendees["fifth"]
    meeting = await venue.called(chair, second, fifth)
    await chair.joins(meeting)
    await second.joins(meeting)
    await venue.hall.closed(fifth.talker)
    async with in_a_process(venue, meeting, fifth) as process:
        await chair.until(lambda: chair.sees(fifth))
        before = stay_of(chair, fifth)
        process.process.send_signal(signal.SIGKILL)
        await chair.until(lambda: chair.row(fifth) is None)
        await second.until(lambda: second.row(fifth) is None)
    await chair.until(lambda: chair.tile(fifth) is None)
    await chair.counts(2)
    async with in_a_process(venue, meeting, fifth):
        await chair.until(lambda: chair.sees(fifth))
        await chair.until(lambda: stay_of(chair, fifth) not in (None, before))


async def test_a_client_that_stands_still_is_missed_and_comes_back_by_itself(
    venue: Venue,
) -> None:
    """The machine sleeps: nothing of it runs, nothing of it was closed."""
    await venue.come("sixth")
    chair, second, sixth = *venue.people(2), venue.attendees["sixth"]
    meeting = await venue.called(chair, second, sixth)
    await chair.joins(meeting)
    await second.joins(meeting)
    await venue.hall.closed(sixth.talker)
    async with in_a_process(venue, meeting, sixth) as process:
        await chair.until(lambda: chair.sees(sixth))
        before = stay_of(chair, sixth)
        process.process.send_signal(signal.SIGSTOP)
        await chair.until(lambda: chair.row(sixth) is None)
        await second.until(lambda: second.row(sixth) is None)
        await chair.counts(2)
        process.process.send_signal(signal.SIGCONT)
        await chair.until(lambda: chair.sees(sixth))
        await second.until(lambda: second.sees(sixth))
        await chair.until(lambda: stay_of(chair, sixth) not in (None, before))
        await chair.counts(3)


async def test_whoever_locks_his_profile_is_gone_and_comes_again_when_he_has_unlocked_it(
    venue: Venue,
) -> None:
    meeting, (chair, second, third) = await venue.seated(3)
    await chair.sees_and_hears(second, third)
    before = stay_of(chair, second)
    await second.core.lock()
    assert second.meetings.live() is None
    for attendee in (chair, third):
        await attendee.until(lambda attendee=attendee: attendee.row(second) is None)  # type: ignore[misc]
    await second.core.login.unlock(PASSPHRASE)
    await second.core.start()
    await second.until(lambda: second.core.link.state is LinkState.ONLINE)
    await second.joins(meeting)
    await chair.sees_and_hears(second, third)
    await second.sees_and_hears(chair, third)
    await chair.until(lambda: stay_of(chair, second) not in (None, before))


async def test_everybody_comes_back_when_the_worker_dies(venue: Venue) -> None:
    _, (chair, second, third) = await venue.seated(3)
    before = stay_of(chair, second)
    kill_workers(venue)
    await chair.until(lambda: stay_of(chair, second) not in (None, before))
    await chair.sees_and_hears(second, third)
    await second.sees_and_hears(chair, third)


async def test_everybody_comes_back_into_a_locked_meeting_when_the_worker_dies(venue: Venue) -> None:
    _, (chair, second, third) = await venue.seated(3)
    await chair.meetings.lock(True)
    for attendee in (chair, second, third):
        await attendee.until(lambda attendee=attendee: attendee.live.locked)  # type: ignore[misc]
    before = stay_of(chair, second)
    kill_workers(venue)
    await chair.until(lambda: stay_of(chair, second) not in (None, before))
    await chair.sees_and_hears(second, third)
    await second.sees_and_hears(chair, third)
    await third.sees_and_hears(chair, second)


async def start_anew(venue: Venue, *people: Attendee) -> None:
    """The server ends and is started; everybody is in again."""
    assert venue.city.server is not None
    port = int(venue.city.address.rsplit(":", 1)[1])
    await asyncio.to_thread(venue.city.server.stop)
    for attendee in people:
        await attendee.until(lambda attendee=attendee: attendee.live.state is LiveState.REJOINING)  # type: ignore[misc]
    await asyncio.to_thread(venue.city.start_server, port)
    for attendee in people:
        await attendee.until(lambda attendee=attendee: attendee.live.state is LiveState.IN)  # type: ignore[misc]


async def test_everybody_comes_back_when_the_server_was_started_anew(venue: Venue) -> None:
    _, (chair, second, third) = await venue.seated(3)
    await start_anew(venue, chair, second, third)
    await chair.sees_and_hears(second, third)
    await third.sees_and_hears(chair, second)


async def test_everybody_comes_back_into_a_locked_meeting_when_the_server_was_started_anew(
    venue: Venue,
) -> None:
    chair, second, third, fourth = venue.people(4)
    meeting = await venue.called(chair, second, third, fourth)
    for attendee in (chair, second, third):
        await attendee.joins(meeting)
    await chair.meetings.lock(True)
    for attendee in (chair, second, third):
        await attendee.until(lambda attendee=attendee: attendee.live.locked)  # type: ignore[misc]
    await start_anew(venue, chair, second, third)
    await chair.sees_and_hears(second, third)
    await third.sees_and_hears(chair, second)
    # Who was not in it is as much outside as before.
    coming = asyncio.gather(fourth.joins(meeting))
    await fourth.waits()
    await fourth.meetings.leave()
    with pytest.raises(JinshuError) as given_up:
        await coming
    assert given_up.value.code is ErrorCode.MEETINGS_NOT_PRESENT


@asynccontextmanager
async def in_a_process(venue: Venue, meeting: str, attendee: Attendee) -> AsyncIterator[Background]:
    """Have somebody attend from a process of his own: he is in when this begins."""
    profile: Path = venue.hall.folder / attendee.name
    made = Background(
        attendee.name,
        "tests.integration.meetings.attendee_process",
        [str(profile), meeting, attendee.name],
        profile.with_suffix(".log"),
        environment(),
    )
    try:
        assert await asyncio.to_thread(made.line) == "in"
        yield made
    finally:
        made.stop()
