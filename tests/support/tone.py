"""A pure tone to speak with, and how much of it is in what was heard."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator
from typing import Final

import numpy as np

from client.core.clock import Clock
from client.media.sources import Samples
from client.media.streams import BLOCK_SAMPLES, BLOCK_SECONDS, SAMPLE_RATE

# Of the energy of a block, this share must be in the tone: of two equal voices each has half.
_SHARE: Final = 0.4
_QUIET: Final = 200.0


def tone(hz: float, block: int, amplitude: int = 8000) -> Samples:
    """Block number `block` of an endless tone without a jump between blocks."""
    times = np.arange(block * BLOCK_SAMPLES, (block + 1) * BLOCK_SAMPLES)
    return np.asarray(amplitude * np.sin(2 * np.pi * hz * times / SAMPLE_RATE), dtype=np.int16)


def seconds_of_tone(samples: Samples, hz: float) -> float:
    """For how many seconds the tone rules in `samples`, counted in whole blocks of 20 ms (Goertzel's sum, as a dot product)."""
    times = np.arange(BLOCK_SAMPLES)
    wave = np.exp(-2j * np.pi * hz * times / SAMPLE_RATE)
    heard = 0
    for start in range(0, len(samples) - BLOCK_SAMPLES + 1, BLOCK_SAMPLES):
        block = samples[start : start + BLOCK_SAMPLES].astype(np.float64)
        energy = float(np.dot(block, block))
        if math.sqrt(energy / BLOCK_SAMPLES) < _QUIET:
            continue
        in_tone = 2 * abs(complex(np.dot(block, wave))) ** 2 / BLOCK_SAMPLES
        heard += in_tone / energy > _SHARE
    return heard * BLOCK_SECONDS


class GeneratedTone:
    """An audio source of one tone, at the pace of the clock."""

    def __init__(self, hz: float, clock: Clock) -> None:
        self._hz = hz
        self._clock = clock

    async def blocks(self) -> AsyncGenerator[Samples, None]:
        start = self._clock.monotonic()
        number = 0
        while True:
            yield tone(self._hz, number)
            number += 1
            await self._clock.sleep(max(0.0, start + number * BLOCK_SECONDS - self._clock.monotonic()))
