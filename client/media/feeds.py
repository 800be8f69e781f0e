"""Between devices and the media engine: what was captured, handed from any thread to the core's loop, the oldest dropped.

Neither Qt nor a codec is known here: the interface fills these, the engine drains them.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Samples: TypeAlias = NDArray[np.int16]

SAMPLE_RATE: Final = 48_000
BLOCK: Final = 960  # samples: 20 ms, mono
_MOST_BLOCKS: Final = 10  # 200 ms: older sound is delay, not speech


class PixelLayout(StrEnum):
    """How the planes of a frame are laid out; the names are FFmpeg's."""

    YUV420P = "yuv420p"  # Y, U, V
    NV12 = "nv12"  # Y, UV interleaved
    YUYV422 = "yuyv422"  # one plane
    UYVY422 = "uyvy422"  # one plane
    BGRA = "bgra"  # one plane, the last byte without meaning
    RGBA = "rgba"


@dataclass(frozen=True, slots=True)
class Plane:
    """Rows of bytes, `stride` apart; the last row may end where its pixels do."""

    data: bytes
    stride: int


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A picture as a camera or a screen gave it, copied out of the device's memory."""

    width: int
    height: int
    layout: PixelLayout
    planes: tuple[Plane, ...]
    rotation: int = 0  # degrees clockwise that it must be turned to stand upright
    mirrored: bool = False


class _Bell:
    """Wakes one asyncio reader from any thread; at most one call waits in its loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._event = asyncio.Event()
        self._called = False

    def attach(self) -> None:
        """The running loop's reader listens from now on, instead of an earlier one."""
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._event = asyncio.Event()
            self._called = False

    def ring(self) -> None:
        with self._lock:
            if self._loop is None or self._called or self._loop.is_closed():
                return
            self._called = True
            self._loop.call_soon_threadsafe(self._come, self._event)

    async def wait(self) -> None:
        await self._event.wait()
        self._event.clear()

    def _come(self, event: asyncio.Event) -> None:
        with self._lock:
            if event is self._event:
                self._called = False
        event.set()


class _Feed(Generic[T]):
    """A bounded queue with one reader at a time; a new reader begins with what comes after it."""

    def __init__(self, most: int) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[T] = deque(maxlen=most)
        self._bell = _Bell()
        self._reader: object | None = None
        self._on_reader: Callable[[], None] | None = None
        self._closed = False
        self.put_count = 0
        self.dropped = 0

    @property
    def reading(self) -> bool:
        """Whether somebody drains it: nothing need be copied for nobody."""
        return self._reader is not None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def listen(self, on_reader: Callable[[], None]) -> None:
        """Call this, on the core's thread, whenever somebody begins to drain it."""
        self._on_reader = on_reader

    def close(self) -> None:
        """The device is let go: readers end after what waits."""
        self._closed = True
        self._on_reader = None
        self._bell.ring()

    def _put(self, item: T) -> None:
        with self._lock:
            if self._closed or self._reader is None:
                return
            self.put_count += 1
            self.dropped += len(self._waiting) == self._waiting.maxlen
            self._waiting.append(item)
        self._bell.ring()

    async def _drain(self) -> AsyncGenerator[T, None]:
        me = object()
        self._bell.attach()
        with self._lock:
            self._waiting.clear()
            self._reader = me
        if self._on_reader is not None:
            self._on_reader()
        try:
            while self._reader is me:
                with self._lock:
                    item = self._waiting.popleft() if self._waiting else None
                if item is not None:
                    yield item
                elif self._closed:
                    return
                else:
                    await self._bell.wait()
        finally:
            with self._lock:
                if self._reader is me:
                    self._reader = None


class FrameFeed(_Feed[CapturedFrame]):
    """Holds the newest frame only. `size` and `fps` are the device's promise, set before the first frame."""

    def __init__(self, size: tuple[int, int], fps: float) -> None:
        super().__init__(1)
        self.size = size
        self.fps = fps

    def put(self, frame: CapturedFrame) -> None:
        """Any thread."""
        self._put(frame)

    def frames(self) -> AsyncGenerator[CapturedFrame, None]:
        """On the core's loop."""
        return self._drain()


class SoundFeed(_Feed[Samples]):
    """Takes sound in pieces of any length, gives blocks of 960 samples: an audio source as the engine wants it."""

    def __init__(self, on_block: Callable[[Samples], None] | None = None) -> None:
        super().__init__(_MOST_BLOCKS)
        self._rest = np.empty(0, dtype=np.int16)
        self._on_block = on_block

    def put(self, samples: Samples) -> None:
        """The device's thread: mono, 48 kHz."""
        joined = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        whole = len(joined) // BLOCK * BLOCK
        for start in range(0, whole, BLOCK):
            block = joined[start : start + BLOCK].copy()
            if self._on_block is not None:
                self._on_block(block)
            self._put(block)
        self._rest = joined[whole:].copy()

    def blocks(self) -> AsyncGenerator[Samples, None]:
        """On the core's loop."""
        return self._drain()


class PlayQueue:
    """The engine puts blocks, the loudspeaker's thread takes bytes: what is too old to be heard is dropped."""

    def __init__(self, most: int = _MOST_BLOCKS) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque(maxlen=most)
        self.dropped = 0

    def play(self, block: Samples) -> None:
        """The core's thread; never waits."""
        with self._lock:
            self.dropped += len(self._waiting) == self._waiting.maxlen
            self._waiting.append(block.tobytes())

    def take(self) -> bytes | None:
        """The next block, or None when there is none."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    @property
    def waiting(self) -> int:
        return len(self._waiting)
