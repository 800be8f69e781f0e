"""A participant as the product makes him: its media engine with codecs, seals and generated media, in a process of his own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from multiprocessing.connection import Connection
from typing import Final

import av
import numpy as np

from client.core.clock import SystemClock
from client.media.newest import NewestFrame, Picture
from client.media.peer import MediaPeer
from client.media.sources import Samples
from tests.benchmarks._spawned import Line, serve
from tests.integration.meetings_media.room import Notes
from tests.support.generated_picture import paint, read_luma
from tests.support.media_keys import MediaKeys
from tests.support.tone import GeneratedTone

EPOCH: Final = 7
NONCE: Final = b"benchmrk"
_HZ: Final = 440.0
_AUDIBLE: Final = 1000
_FIRST_SECONDS: Final = 20


class NumberedCamera:
    """A camera of numbered pictures; `taken[n]` is the monotonic second at which picture n was handed over."""

    def __init__(self, fps: float, size: tuple[int, int] = (640, 360)) -> None:
        self._fps = fps
        self._size = size
        self.taken: dict[int, float] = {}

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def fps(self) -> float:
        return self._fps

    async def frames(self) -> AsyncGenerator[av.VideoFrame, None]:
        start, number = time.monotonic(), 0
        while True:
            picture = await asyncio.to_thread(paint, NONCE, number, self._size)
            await asyncio.sleep(max(0.0, start + number / self._fps - time.monotonic()))
            self.taken[number] = time.monotonic()
            yield picture
            number += 1


class Ear:
    """A loudspeaker that says when it first heard something."""

    def __init__(self) -> None:
        self.heard_at: float | None = None
        self.first = asyncio.Event()

    def play(self, block: Samples) -> None:
        if self.heard_at is None and int(np.abs(block.astype(np.int32)).max()) > _AUDIBLE:
            self.heard_at = time.monotonic()
            self.first.set()


class Eye(threading.Thread):
    """A thread that, like a window, is woken for news of a slot and takes the newest picture; `seen[n]` is when it took n."""

    def __init__(self, newest: Sequence[NewestFrame]) -> None:
        super().__init__(name="eye")
        self._newest = newest
        self._news = threading.Event()
        self._over = False
        self.seen: dict[int, float] = {}
        self.first = threading.Event()
        self.unreadable = 0
        for each in newest:
            each.listen(self._news.set)

    def run(self) -> None:
        while self._news.wait() and not self._over:
            self._news.clear()
            for each in self._newest:
                if (picture := each.take()) is not None:
                    self._look(picture, time.monotonic())

    def close(self) -> None:
        self._over = True
        self._news.set()
        self.join()

    def _look(self, picture: Picture, at: float) -> None:
        rows = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.height, picture.stride)
        read = read_luma(rows[:, 1 : picture.width * 4 : 4])
        if read is None or read[0] != NONCE:
            self.unreadable += 1
            return
        self.seen.setdefault(read[1], at)
        self.first.set()


class Person:
    """In one meeting at a time; what the benchmark asks of him are the public methods."""

    def __init__(self, door: Line, address: str, rank: int, others: Sequence[int]) -> None:
        self._door = door
        self._address = address
        self._name = f"person-{rank}"
        self._rank = rank
        self._others = others
        self._camera: NumberedCamera | None = None

    async def join(self, meeting: str) -> dict[str, float]:
        """Milliseconds of each stage since the click, of which nothing was prepared before."""
        stages, begun = {}, time.monotonic()

        def reached(stage: str) -> None:
            stages[stage] = 1000 * (time.monotonic() - begun)

        self._notes, self._ear, keys = Connected(), Ear(), MediaKeys()
        keys.speak(EPOCH, self._rank)
        for other in self._others:
            keys.learn(EPOCH, other)
        self._peer = peer = MediaPeer(keys, SystemClock(), self._ear, self._notes, [self._address])
        self._eye = Eye(list(peer.pictures.values()))
        self._eye.start()
        self._begun = begun
        offer = await peer.offer()
        reached("offered")
        (answer,) = await self._door.ask("join", meeting, self._name, [offer])
        reached("answered")
        await peer.answer(answer)
        await asyncio.wait_for(self._notes.event.wait(), _FIRST_SECONDS)
        reached("connected")
        return stages

    async def first(self) -> dict[str, float]:
        """Milliseconds from the click to the first picture taken and the first sound played."""
        assert await asyncio.to_thread(self._eye.first.wait, _FIRST_SECONDS), "no picture came"
        await asyncio.wait_for(self._ear.first.wait(), _FIRST_SECONDS)
        heard = self._ear.heard_at
        assert heard is not None, "heard"
        return {
            "picture": 1000 * (min(self._eye.seen.values()) - self._begun),
            "sound": 1000 * (heard - self._begun),
        }

    async def speak(self, fps: float) -> None:
        """With camera and microphone."""
        self._camera = NumberedCamera(fps)
        self._peer.start_microphone(GeneratedTone(_HZ, SystemClock()))
        self._peer.start_camera(self._camera)

    async def taken(self) -> dict[int, float]:
        """When each picture was handed to the camera's source."""
        return dict(self._camera.taken) if self._camera is not None else {}

    async def seen(self) -> dict[int, float]:
        """When each picture was taken out of its slot."""
        return dict(self._eye.seen)

    async def unreadable(self) -> int:
        return self._eye.unreadable

    async def leave(self) -> None:
        self._eye.close()
        await self._peer.close()


class Connected(Notes):
    """Notes, and an event for the moment media can flow."""

    def __init__(self) -> None:
        super().__init__()
        self.event = asyncio.Event()

    def connected(self) -> None:
        super().connected()
        self.event.set()


def run(pipe: Connection, door: Connection, address: str, rank: int, others: Sequence[int]) -> None:
    asyncio.run(serve(pipe, Person(Line(door), address, rank, others)))
