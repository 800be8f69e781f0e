"""A whole meeting in a generator process: everybody sends sound and two layers, and receives what the SFU chooses for him."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

from client.core.tasks import TaskSupervisor
from client.media import channel as words
from protocol.crypto.frames import Stream
from tests.benchmarks._media_load import Load
from tests.benchmarks._media_packets import Shape, audio, video
from tests.benchmarks._media_peer import Participant
from tests.benchmarks._media_tally import Slots
from tests.benchmarks._spawned import Line, cpu_seconds, serve

PEOPLE: Final = 50
VIDEOS: Final = 6
_SPEAKERS: Final = 4
_LOUD, _QUIET = 20, 80
_TURN_SECONDS: Final = 2.0
_STRAGGLERS_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Window:
    """What the whole meeting sent and received while the load was constant; processor seconds of each process."""

    seconds: float
    sent: int
    received: int
    lost: int
    duplicated: int
    turns: int
    videos: tuple[int, int]
    sounds: tuple[int, int]
    late_us: array[int]
    generator_late_us: array[int]
    cpu: dict[int, float]
    generator_cpu: float


def run(pipe: Connection, door: Connection, address: str, scale: float) -> None:
    asyncio.run(_run(pipe, Meeting(Line(door), address, scale)))


async def _run(pipe: Connection, meeting: Meeting) -> None:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(meeting.close)
        await serve(pipe, meeting)


class Meeting:
    """What the benchmark asks for: `gather`, `window`, `trouble`. Everybody's rates are multiplied by `scale`."""

    def __init__(self, door: Line, address: str, scale: float) -> None:
        self._door = door
        self._address = address
        self._shapes: dict[Stream, Shape] = {
            Stream.AUDIO: audio(50 * scale),
            Stream.VIDEO_HIGH: video(25 * scale, 3),
            Stream.VIDEO_LOW: video(15 * scale, 1),
        }
        self._people: list[Participant] = []
        self._slots: list[Slots] = []
        self._tasks = TaskSupervisor()
        self._load = Load([])
        self._first = 0

    async def gather(self) -> list[float]:
        """Milliseconds each of them took from his offer to an open channel, one after the other."""
        # Whoever says nothing for three seconds is taken for lost.
        self._tasks.start("reports", self._report())
        times = []
        for number in range(PEOPLE):
            slots = Slots()
            level = _LOUD + number if number < _SPEAKERS else _QUIET
            person = Participant(number, self._shapes, slots.heard, level)
            begun = time.monotonic()
            await person.join(self._ask, self._address, words.say_view([], 1, VIDEOS, False))
            times.append(1000 * (time.monotonic() - begun))
            self._people.append(person)
            self._slots.append(slots)
        self._load = Load([(sent, each.wire) for each in self._people for sent in each.streams.values()])
        self._load.on = True
        self._tasks.start("load", self._load.run())
        return times

    async def window(self, seconds: float, pids: Sequence[int], changing: bool) -> Window:
        """With `changing`, somebody else begins to speak every two seconds."""
        for slots in self._slots:
            slots.begin()
        self._load.late_us = array("I")
        sent, begun = self._sent(), time.monotonic()
        before, own = {pid: cpu_seconds([pid]) for pid in pids}, time.process_time()
        await (self._change(seconds) if changing else asyncio.sleep(seconds))
        after, own = {pid: cpu_seconds([pid]) for pid in pids}, time.process_time() - own
        passed, sent = time.monotonic() - begun, self._sent() - sent
        made = self._sum(passed, sent, {pid: after[pid] - before[pid] for pid in pids}, own)
        await asyncio.sleep(_STRAGGLERS_SECONDS)
        return made

    async def trouble(self) -> dict[str, int]:
        """What the generator itself did wrong: all zero in a run that counts."""
        return {
            "late_frames": self._load.skipped,
            "unsent": sum(each.wire.blocked for each in self._people),
            "unread": sum(each.wire.dropped() for each in self._people),
            "unopened": sum(each.wire.refused for each in self._people),
            "foreign": sum(each.foreign for each in self._slots),
        }

    async def close(self) -> None:
        await self._tasks.stop()
        for person in self._people:
            await person.close()

    async def _ask(self, name: str, offers: Sequence[str]) -> Sequence[str]:
        answers: Sequence[str] = await self._door.ask("join", "meeting", name, offers)
        return answers

    async def _change(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._person(self._first).streams[Stream.AUDIO].speak(_QUIET)
            self._person(self._first + _SPEAKERS).streams[Stream.AUDIO].speak(_LOUD)
            self._first += 1
            await asyncio.sleep(min(_TURN_SECONDS, max(0.0, end - time.monotonic())))

    def _person(self, place: int) -> Participant:
        return self._people[place % len(self._people)]

    def _sent(self) -> int:
        return sum(sent.serial for each in self._people for sent in each.streams.values())

    def _sum(self, seconds: float, sent: int, cpu: dict[int, float], own: float) -> Window:
        late = array("I")
        for slots in self._slots:
            late.extend(slots.late_us)
        videos = [sum(stream != Stream.AUDIO for _, stream in each.streams) for each in self._slots]
        sounds = [sum(stream == Stream.AUDIO for _, stream in each.streams) for each in self._slots]
        return Window(
            seconds,
            sent,
            sum(each.received for each in self._slots),
            sum(each.lost for each in self._slots),
            sum(each.duplicated for each in self._slots),
            sum(each.turns for each in self._slots),
            (min(videos), max(videos)),
            (min(sounds), max(sounds)),
            late,
            self._load.late_us,
            cpu,
            own,
        )

    async def _report(self) -> None:
        while True:
            for person in list(self._people):
                await person.report()
                await asyncio.sleep(1 / PEOPLE)
            await asyncio.sleep(0.01)
