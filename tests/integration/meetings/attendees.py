"""Headless clients that meet, of fresh people in a real city of processes."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from client.core.clock import SystemClock
from client.core.events import NoticeRaised
from client.media.newest import Picture
from client.media.sources import Samples
from client.media.streams import SAMPLE_RATE
from client.meetings.meetings import Meetings
from client.meetings.rows import LiveRow, LiveState, MeetingStanding, ParticipantRow, TileRow
from client.meetings.service import MeetingArea
from tests.end_to_end.city import City
from tests.integration.messaging.talkers import Hall, Talker
from tests.support.generated_picture import NONCE_BYTES, GeneratedPicture, read_luma
from tests.support.tone import GeneratedTone
from tests.support.waiting import until

CLOCK = SystemClock()
HOUR_MS = 3_600_000
_AUDIBLE = 0.1
NAMES = ("chair", "second", "third", "fourth")
TONES = dict(
    zip(
        (*NAMES, "fifth", "sixth", "second again"),
        (440.0, 620.0, 880.0, 1200.0, 1600.0, 2100.0, 2700.0),
        strict=True,
    )
)


class Ear:
    """A loudspeaker that remembers the last seconds."""

    def __init__(self) -> None:
        self.blocks: list[Samples] = []

    def play(self, block: Samples) -> None:
        self.blocks.append(block)
        del self.blocks[:-100]

    def share(self, frequency: float) -> float:
        """How much of the energy of the last half second is in this tone."""
        if len(self.blocks) < 25:
            return 0.0
        heard = np.concatenate(self.blocks[-25:]).astype(np.float64)
        energy = float(np.dot(heard, heard))
        if energy == 0.0:
            return 0.0
        wave = np.exp(-2j * np.pi * frequency * np.arange(len(heard)) / SAMPLE_RATE)
        return 2 * abs(complex(np.dot(heard, wave))) ** 2 / len(heard) / energy

    @property
    def silent(self) -> bool:
        """Whether nothing was heard for half a second."""
        return all(not block.any() for block in self.blocks[-25:])


def nonce_of(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:NONCE_BYTES]


def read_nonce(picture: Picture) -> bytes | None:
    """Read out of the pixels a tile would paint."""
    rows = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.height, picture.stride)
    read = read_luma(rows[:, 1 : picture.width * 4 : 4])
    return None if read is None else read[0]


class Attendee:
    """One official in meetings: sends a picture with his own nonce and his own tone."""

    def __init__(self, name: str, talker: Talker, meetings: Meetings) -> None:
        self.name = name
        self.talker = talker
        self.core = talker.core
        self.meetings = meetings
        # Also said when his client is closed, or is a process of its own.
        self.person, self.device = talker.core.me.person, talker.core.me.device
        self.ear = Ear()

    @property
    def live(self) -> LiveRow:
        row = self.meetings.live()
        assert row is not None
        return row

    async def joins(self, meeting: str, *, silent: bool = False) -> None:
        """Come in with camera and microphone on (or neither), and wait until media flow."""
        camera = None if silent else GeneratedPicture(nonce_of(self.name), CLOCK)
        microphone = None if silent else self.tone()
        await self.meetings.join(meeting, microphone=microphone, camera=camera, loudspeaker=self.ear)
        await self.until(lambda: self.live.state is LiveState.IN)

    async def waits(self) -> None:
        """Until he stands before a locked meeting."""
        await self.until(lambda: (row := self.meetings.live()) is not None and row.state is LiveState.WAITING)

    async def standing(self, meeting: str) -> MeetingStanding:
        """What his list says of it."""
        return next(row.standing for row in await self.meetings.rows() if row.id == meeting)

    async def lists(self, meeting: str, standing: MeetingStanding) -> bool:
        return await self.standing(meeting) is standing

    def tone(self) -> GeneratedTone:
        return GeneratedTone(TONES[self.name], CLOCK)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for what he sees; the test's output says what that was when it never came."""
        try:
            await until(true)
        except asyncio.CancelledError:
            notices = [event for event in self.talker.events if isinstance(event, NoticeRaised)]
            sys.stderr.write(f"{self.name} saw {self.meetings.live()}; notices: {notices}\n")
            raise

    async def counts(self, people: int) -> None:
        """Wait until so many are here, all with the keys in force."""
        await self.until(
            lambda: (
                len(self.live.participants) == people and all(row.confirmed for row in self.live.participants)
            )
        )

    def tile(self, other: Attendee) -> TileRow | None:
        tiles = [tile for tile in self.live.tiles if tile.device == other.device and not tile.screen]
        return tiles[0] if tiles else None

    def row(self, other: Attendee) -> ParticipantRow | None:
        found = [row for row in self.live.participants if row.device == other.device]
        return found[0] if found else None

    def hand(self, other: Attendee) -> bool:
        row = self.row(other)
        return row is not None and row.hand > 0

    def sees(self, other: Attendee) -> bool:
        """Whether the tile that bears the other's name shows the other's picture."""
        tile = self.tile(other)
        newest = None if tile is None else self.meetings.picture(tile.mid)
        picture = None if newest is None else newest.take()
        return picture is not None and read_nonce(picture) == nonce_of(other.name)

    def hears(self, other: Attendee) -> bool:
        return self.ear.share(TONES[other.name]) > _AUDIBLE

    async def sees_and_hears(self, *others: Attendee) -> None:
        await self.until(lambda: all(self.sees(other) and self.hears(other) for other in others))


class Venue:
    """A running city and the people who meet in it."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city = city
        self.hall = Hall(city, folder)
        self.areas: dict[str, Meetings] = {}
        self.attendees: dict[str, Attendee] = {}
        open_talker = self.hall.open

        def open_with_meetings(name: str) -> Talker:
            talker = open_talker(name)
            self.areas[name] = MeetingArea(talker.core).meetings
            return talker

        self.hall.open = open_with_meetings  # type: ignore[method-assign]

    def people(self, count: int) -> list[Attendee]:
        """The first so many; the first of all calls meetings."""
        return [self.attendees[name] for name in NAMES[:count]]

    async def seated(self, count: int) -> tuple[str, list[Attendee]]:
        """A new meeting with so many people in it, each of whom knows of all."""
        people = self.people(count)
        meeting = await self.called(*people)
        for attendee in people:
            await attendee.joins(meeting)
        for attendee in people:
            await attendee.counts(count)
        return meeting, people

    async def part(self) -> None:
        """Everybody goes, and forgets what he heard."""
        for attendee in self.attendees.values():
            await attendee.meetings.leave()
            attendee.ear.blocks.clear()
            attendee.talker.events.clear()

    async def come(self, *names: str) -> None:
        """Enrol people and wait until they know each other."""
        for name in names:
            talker = await self.hall.joined(name, "fgw.clerk")
            self.attendees[name] = Attendee(name, talker, self.areas[name])
        await self.hall.in_step()

    async def called(self, chair: Attendee, *others: Attendee, starts_at: int | None = None) -> str:
        """A meeting of these people, known to all of them."""
        people = tuple(other.person for other in others)
        conversation = await chair.talker.conversations.start(people, "周例会")
        begins = CLOCK.now_ms() if starts_at is None else starts_at
        meeting = await chair.meetings.call(conversation, begins, begins + HOUR_MS)
        for attendee in (chair, *others):

            async def known(attendee: Attendee = attendee) -> bool:
                return any(row.id == meeting for row in await attendee.meetings.rows())

            await until(known)
        return meeting

    async def close(self) -> None:
        await self.part()
        await self.hall.close()
