"""A video file, again and again, in the place of a camera."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Final

import av

from client.core.clock import Clock

_FALLBACK_FPS: Final = 25.0


class Clip:
    """Loops the first video stream of a file at its own pace; decoding runs in `executor`."""

    def __init__(self, path: Path, clock: Clock, executor: Executor) -> None:
        """Reads the file's header.

        Raises:
            av.FFmpegError: not a file PyAV can read.
            ValueError: no picture in it.
        """
        self._path = path
        self._clock = clock
        self._executor = executor
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ValueError("no video stream")
            video = container.streams.video[0]
            self._size = (video.width, video.height)
            self._fps = float(video.average_rate) if video.average_rate else _FALLBACK_FPS

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def fps(self) -> float:
        return self._fps

    async def frames(self) -> AsyncGenerator[av.VideoFrame, None]:
        loop = asyncio.get_running_loop()
        start = self._clock.monotonic()
        number = 0
        while True:
            before = number
            with av.open(str(self._path)) as container:
                decoded = container.decode(video=0)
                while (frame := await loop.run_in_executor(self._executor, _next, decoded)) is not None:
                    yield frame
                    number += 1
                    await self._clock.sleep(max(0.0, start + number / self._fps - self._clock.monotonic()))
            if number == before:
                raise ValueError("no picture could be read")


def _next(decoded: Iterator[av.VideoFrame]) -> av.VideoFrame | None:
    return next(decoded, None)
