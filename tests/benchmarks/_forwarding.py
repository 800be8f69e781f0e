"""One publisher and a growing number of subscribers in a process of their own, at either SFU, and what a window of load costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Protocol

from client.core.tasks import TaskSupervisor
from client.media import channel as words
from protocol.crypto.frames import Stream
from tests.benchmarks import _media_janus
from tests.benchmarks._media_load import Load
from tests.benchmarks._media_packets import Shape, audio, video
from tests.benchmarks._media_peer import Participant
from tests.benchmarks._media_tally import Census
from tests.benchmarks._spawned import Line, cpu_seconds, serve

SHAPES: Final[dict[Stream, Shape]] = {Stream.AUDIO: audio(), Stream.VIDEO_HIGH: video(30, 5)}
_PUBLISHER: Final = 1
_WARM_SECONDS: Final = 0.7
_STRAGGLERS_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Window:
    """Packets and processor seconds while the load was constant."""

    expected: int
    received: int
    lost: int
    duplicated: int
    server_cpu: float
    generator_cpu: float
    seconds: float


class Venue(Protocol):
    """An SFU, as participants come to it."""

    async def publish(self, participant: Participant) -> None: ...

    async def subscribe(self, participant: Participant, publisher: Participant) -> None: ...


class JanusVenue:
    def __init__(self, room: _media_janus.Room, address: str) -> None:
        self._room = room
        self._address = address

    async def publish(self, participant: Participant) -> None:
        async def ask(offer: str) -> str:
            return await self._room.publish(participant.number, offer)

        await participant.publish(ask, self._address)

    async def subscribe(self, participant: Participant, publisher: Participant) -> None:
        handle, offer = await self._room.subscribe(publisher.number)
        await self._room.start(handle, await participant.answer(offer, self._address))
        await participant.settled()


class OurVenue:
    def __init__(self, door: Line, address: str) -> None:
        self._door = door
        self._address = address

    async def publish(self, participant: Participant) -> None:
        await participant.join(self._ask, self._address, words.say_view([], 0, 0, False))

    async def subscribe(self, participant: Participant, publisher: Participant) -> None:
        await participant.join(self._ask, self._address, words.say_view([publisher.name], 1, 1, False))

    async def _ask(self, name: str, offers: Sequence[str]) -> Sequence[str]:
        answers: Sequence[str] = await self._door.ask("join", "forwarding", name, offers)
        return answers


def at_ours(pipe: Connection, door: Connection, address: str) -> None:
    asyncio.run(_at_ours(pipe, door, address))


async def _at_ours(pipe: Connection, door: Connection, address: str) -> None:
    async with rig(OurVenue(Line(door), address)) as made:
        await serve(pipe, made)


def at_janus(pipe: Connection, api: Path, address: str) -> None:
    asyncio.run(_at_janus(pipe, api, address))


async def _at_janus(pipe: Connection, api: Path, address: str) -> None:
    async with _media_janus.room(api) as room, rig(JanusVenue(room, address)) as made:
        await serve(pipe, made)


@asynccontextmanager
async def rig(venue: Venue) -> AsyncIterator[Rig]:
    tasks = TaskSupervisor()
    made = Rig(venue, tasks)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(made.close)
        stack.push_async_callback(tasks.stop)
        yield made


class Rig:
    """What the benchmark asks for: `grow`, `rest`, `window`."""

    def __init__(self, venue: Venue, tasks: TaskSupervisor) -> None:
        self._venue = venue
        self._tasks = tasks
        self._publisher = Participant(_PUBLISHER, SHAPES, lambda *_: None)
        self._subscribers: list[Participant] = []
        self._censuses: list[Census] = []
        self._load: Load | None = None

    async def grow(self, subscribers: int) -> str:
        """Until so many subscribe; answers how their packets are protected."""
        if self._load is None:
            await self._venue.publish(self._publisher)
            wire = self._publisher.wire
            self._load = Load([(stream, wire) for stream in self._publisher.streams.values()])
            self._tasks.start("load", self._load.run())
            self._tasks.start("reports", self._report())
        while len(self._subscribers) < subscribers:
            census = Census()
            participant = Participant(100 + len(self._subscribers), {}, census.heard)
            await self._venue.subscribe(participant, self._publisher)
            self._subscribers.append(participant)
            self._censuses.append(census)
        return self._subscribers[0].wire.profile

    async def rest(self, seconds: float, pids: Sequence[int]) -> float:
        """Processor seconds a second of the server while everybody is connected and nobody sends."""
        before, begun = cpu_seconds(pids), time.monotonic()
        await asyncio.sleep(seconds)
        return (cpu_seconds(pids) - before) / (time.monotonic() - begun)

    async def window(self, seconds: float, pids: Sequence[int]) -> Window:
        assert self._load is not None, "grown"
        self._load.on = True
        await asyncio.sleep(_WARM_SECONDS)
        first = self._serials()
        server, own, begun = cpu_seconds(pids), time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        last = self._serials()
        server, own = cpu_seconds(pids) - server, time.process_time() - own
        passed = time.monotonic() - begun
        await asyncio.sleep(_STRAGGLERS_SECONDS)
        self._load.on = False
        counts = [
            census.count((_PUBLISHER, stream), first[stream], last[stream])
            for census in self._censuses
            for stream in first
        ]
        received, lost, duplicated = (sum(each) for each in zip(*counts, strict=True))
        return Window(received + lost, received, lost, duplicated, server, own, passed)

    async def trouble(self) -> dict[str, int]:
        """What the generator itself did wrong: all zero in a run that counts."""
        assert self._load is not None, "grown"
        everybody = [self._publisher, *self._subscribers]
        return {
            "late_frames": self._load.skipped,
            "unsent": sum(each.wire.blocked for each in everybody),
            "unread": sum(each.wire.dropped() for each in everybody),
            "unopened": sum(each.wire.refused for each in everybody),
            "foreign": sum(each.foreign for each in self._censuses),
        }

    async def close(self) -> None:
        for participant in [*self._subscribers, self._publisher]:
            await participant.close()

    def _serials(self) -> dict[Stream, int]:
        return {stream: sent.serial for stream, sent in self._publisher.streams.items()}

    async def _report(self) -> None:
        while True:
            for participant in [self._publisher, *self._subscribers]:
                await participant.report()
                await asyncio.sleep(1 / (1 + len(self._subscribers)))
