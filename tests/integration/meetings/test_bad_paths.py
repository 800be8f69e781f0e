"""One of three sits behind a network that loses, doubles and reorders what it carries: the meeting goes on, and he is whole again."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from client.core.client import CoreClient
from client.media.peer import MediaPeer
from client.meetings.rows import Seal
from client.meetings.session_driver import SessionDriver
from tests.integration.meetings.attendees import Attendee, Venue, nonce_of, read_nonce
from tests.integration.meetings.test_losses import stay_of
from tests.support.lossy_path import LossyPath, Weather

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.alone]
_DATAGRAMS = 1500  # each way; several seconds of three people


class Paths:
    """The network between one client and the SFU, however often he comes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[LossyPath] = []
        self.of: CoreClient | None = None
        answer = MediaPeer.answer

        async def through(peer: MediaPeer, sdp: str) -> None:
            listener = peer._listener
            assert isinstance(listener, SessionDriver)
            if self.of is not None and listener._ports.directory is self.of.directory:
                self.made.append(LossyPath())
                sdp = await self.made[-1].through(sdp)
            await answer(peer, sdp)

        monkeypatch.setattr(MediaPeer, "answer", through)

    def close(self) -> None:
        for path in self.made:
            path.close()


@pytest_asyncio.fixture(loop_scope="module")
async def paths(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Paths]:
    made = Paths(monkeypatch)
    yield made
    await venue.part()
    made.close()


def told_apart(seen_by: Attendee, people: list[Attendee]) -> bool:
    """Every open tile shows the picture of whom it names; asked again and again it is true all the time."""
    nonces = {each.device: nonce_of(each.name) for each in people}
    for tile in seen_by.live.tiles:
        newest = seen_by.meetings.picture(tile.mid)
        picture = None if newest is None else newest.take()
        shown = None if picture is None else read_nonce(picture)
        if tile.seal is Seal.OPEN and shown is not None and shown != nonces.get(tile.device):
            raise AssertionError(f"{seen_by.name} sees another than {tile.name}")
    return True


def work_of(attendee: Attendee) -> list[str]:
    """What runs for his stay."""
    attendance = attendee.meetings._attendance
    assert attendance is not None
    assert attendance._driver is not None
    driver = attendance._driver
    return sorted(task.get_name() for task in {*driver._tasks._tasks, *driver.peer._tasks._tasks})


def held_by(attendee: Attendee) -> int:
    """How many things of epochs and stays he keeps."""
    attendance = attendee.meetings._attendance
    assert attendance is not None
    assert attendance._driver is not None
    keys = attendance._driver.keys
    there = keys.presence
    kept = len(keys._held) + len(keys._used)
    return kept + len(there._known) + len(there._over) + len(there._over_unseen)


@pytest.mark.parametrize("lost", [0.05, 0.15, 0.30])
async def test_a_meeting_goes_on_while_one_is_behind_a_bad_network(
    venue: Venue, paths: Paths, lost: float
) -> None:
    paths.of = venue.attendees["third"].core
    _, people = await venue.seated(3)
    chair, second, third = people
    for attendee in people:
        await attendee.sees_and_hears(*(other for other in people if other is not attendee))
    stays = {each.name: stay_of(chair, each) for each in people}
    work, held = work_of(third), {each.name: held_by(each) for each in people}
    path = paths.made[-1]  # on a busy machine he may have come twice before all were seen
    up, down = (Weather(random.Random(way), lost, twice=0.1, late=0.2) for way in (1, 2))
    path.weather = (up, down)
    await chair.until(
        lambda: all(told_apart(each, people) for each in people) and min(up.passed, down.passed) >= _DATAGRAMS
    )
    # Those with a good network never noticed.
    await chair.sees_and_hears(second)
    await second.sees_and_hears(chair)
    path.weather = None
    for attendee in people:
        await attendee.sees_and_hears(*(other for other in people if other is not attendee))
        await attendee.counts(3)
        assert told_apart(attendee, people)
    assert {each.name: stay_of(chair, each) for each in people} == stays
    assert all(tile.seal is not Seal.LOCKED for each in people for tile in each.live.tiles)
    assert work_of(third) == work
    assert all(held_by(each) <= held[each.name] for each in people)
