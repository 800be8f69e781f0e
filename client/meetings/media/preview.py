"""My own picture as the others get it to see, for the tile I look at; it never leaves this device."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Final

import av
from av.video.reformatter import VideoReformatter

from client.core.clock import Clock
from client.meetings.media.newest import NewestFrame, Picture
from client.meetings.media.streams import LOW, Layer
from protocol.crypto.frames import Stream

_NOBODY: Final = 0


class Preview:
    """Takes pictures like a layer does, one at a time, the newest only; converting runs in the executor."""

    def __init__(self, clock: Clock, executor: Executor, layer: Layer = LOW) -> None:
        self.newest = NewestFrame()
        self._clock = clock
        self._executor = executor
        self._layer = layer
        self._reformatter = VideoReformatter()
        self._last = float("-inf")
        self._busy: Future[None] | None = None
        self._number = 0

    def offer(self, picture: av.VideoFrame) -> None:
        """The next picture; passed over while the one before is being converted."""
        now = self._clock.monotonic()
        if (self._busy is not None and not self._busy.done()) or now - self._last < 0.8 / self._layer.fps:
            return
        self._last = now
        self._busy = self._executor.submit(self._show, picture)

    def clear(self) -> None:
        """The camera is off."""
        self.newest.clear()

    def _show(self, picture: av.VideoFrame) -> None:
        width, height = self._layer.fit(picture.width, picture.height)
        painted = self._reformatter.reformat(picture, width=width, height=height, format="bgra")
        plane = painted.planes[0]
        self._number += 1
        self.newest.put(
            Picture(
                pixels=memoryview(plane),
                width=painted.width,
                height=painted.height,
                stride=plane.line_size,
                kid=_NOBODY,
                stream=Stream.VIDEO_LOW,
                number=self._number,
            )
        )
