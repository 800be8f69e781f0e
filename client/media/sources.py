"""Where pictures and sound come from and where sound goes: devices, files and generated media look alike."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol, TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.int16]
"""One block of sound: exactly 960 samples, 48 kHz, mono."""


class VideoSource(Protocol):
    """Pictures as they are taken; whoever is slow misses some, and the source never waits for him."""

    @property
    def size(self) -> tuple[int, int]: ...

    @property
    def fps(self) -> float: ...

    def frames(self) -> AsyncGenerator[av.VideoFrame, None]: ...


class AudioSource(Protocol):
    """Blocks of 20 ms at the pace of the device."""

    def blocks(self) -> AsyncGenerator[Samples, None]: ...


class AudioSink(Protocol):
    """A loudspeaker: given one mixed block every 20 ms, on the core's thread; it must not wait."""

    def play(self, block: Samples) -> None: ...
