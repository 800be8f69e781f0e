"""The clock of the loudspeaker: every 20 ms one block of each slot, mixed into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from client.core.clock import Clock
from client.media.sources import AudioSink, Samples
from client.media.streams import BLOCK_SAMPLES, BLOCK_SECONDS

# After a longer stall the missed blocks are not made up for: they would be delay for ever.
_CATCH_UP_SECONDS: Final = 0.1


class Speaks(Protocol):
    """An audio slot, as the mixer sees it."""

    def next(self) -> Samples | None: ...


def mix(blocks: Sequence[Samples]) -> Samples:
    """The sum, saturated where it is too loud; silence for none."""
    if not blocks:
        return np.zeros(BLOCK_SAMPLES, dtype=np.int16)
    if len(blocks) == 1:
        return blocks[0]
    total = np.sum(blocks, axis=0, dtype=np.int32)
    return np.clip(total, -32768, 32767).astype(np.int16)


class Playout:
    """Plays to `sink` until cancelled. The sink gets silence too, so that the device never starves."""

    def __init__(self, slots: Sequence[Speaks], sink: AudioSink, clock: Clock) -> None:
        self._slots = slots
        self._sink = sink
        self._clock = clock
        self.skipped = 0

    async def run(self) -> None:
        due = self._clock.monotonic()
        while True:
            self._sink.play(mix([block for slot in self._slots if (block := slot.next()) is not None]))
            due += BLOCK_SECONDS
            late = self._clock.monotonic() - due
            if late > _CATCH_UP_SECONDS:
                self.skipped += round(late / BLOCK_SECONDS)
                due += late
            await self._clock.sleep(max(0.0, due - self._clock.monotonic()))
