"""Devices of the story's clients: a moving picture that carries a word, a pure tone, and a loudspeaker that remembers."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from client.core.clock import SystemClock
from client.media.newest import NewestFrame, Picture
from client.media.sources import Samples, VideoSource
from client.ui.meetings.services import DeviceKind
from protocol.crypto.frames import Stream
from tests.end_to_end.portrait import paint
from tests.support.generated_picture import NONCE_BYTES, GeneratedPicture
from tests.support.given_devices import GivenDevices
from tests.support.tone import GeneratedTone, seconds_of_tone

WORD: Final = "JINSHU_STORY_WORD"
TONE: Final = "JINSHU_STORY_TONE"
_NAMES: Final = {
    DeviceKind.CAMERA: "集成摄像头",
    DeviceKind.MICROPHONE: "内置麦克风",
    DeviceKind.LOUDSPEAKER: "扬声器",
}
_REMEMBERED: Final = 50 * 120  # blocks: two minutes


def picture_nonce(word: str) -> bytes:
    """What the picture of whoever has this word carries."""
    return hashlib.sha256(word.encode()).digest()[:NONCE_BYTES]


class Ear:
    """A loudspeaker that remembers what it played."""

    def __init__(self) -> None:
        self._blocks: deque[Samples] = deque(maxlen=_REMEMBERED)

    def play(self, block: Samples) -> None:
        self._blocks.append(block)

    def seconds_of(self, hz: float) -> float:
        blocks = list(self._blocks)
        return seconds_of_tone(np.concatenate(blocks), hz) if blocks else 0.0


class Mirror:
    """A camera that also shows its own picture to whoever sits before it."""

    def __init__(self, source: VideoSource) -> None:
        self._source = source
        self._reformatter = VideoReformatter()
        self._number = 0
        self.newest = NewestFrame()

    @property
    def size(self) -> tuple[int, int]:
        return self._source.size

    @property
    def fps(self) -> float:
        return self._source.fps

    async def frames(self) -> AsyncGenerator[av.VideoFrame, None]:
        async with aclosing(self._source.frames()) as frames:
            async for frame in frames:
                self._show(frame)
                yield frame

    def _show(self, frame: av.VideoFrame) -> None:
        painted = self._reformatter.reformat(frame, format="bgra")
        self._number += 1
        plane = painted.planes[0]
        size = (painted.width, painted.height, plane.line_size)
        self.newest.put(Picture(memoryview(plane), *size, 0, Stream.VIDEO_HIGH, self._number))


@dataclass(frozen=True, slots=True)
class StoryDevices:
    """The devices, and the ear behind their loudspeaker."""

    devices: GivenDevices
    ear: Ear

    @classmethod
    def from_environment(cls) -> StoryDevices:
        """As the story told this client to look and sound; without that, a computer that only listens."""
        clock, ear = SystemClock(), Ear()
        word, tone = os.environ.get(WORD), os.environ.get(TONE)
        camera = None if word is None else Mirror(GeneratedPicture(picture_nonce(word), clock, painter=paint))
        microphone = None if tone is None else GeneratedTone(float(tone), clock)
        mirror = None if camera is None else camera.newest
        given = GivenDevices(
            microphone=microphone, camera=camera, loudspeaker=ear, names=_NAMES, mirror=mirror
        )
        return cls(given, ear)
