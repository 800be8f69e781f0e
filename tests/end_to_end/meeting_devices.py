"""Devices of the story's clients: a moving picture that carries a word, a pure tone, and a loudspeaker that remembers."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from client.core.clock import SystemClock
from client.meetings.media.generated import NONCE_BYTES, GeneratedPicture
from client.meetings.media.sources import Samples
from client.meetings.media.tone import GeneratedTone, seconds_of_tone
from client.ui.meetings.devices.given import GivenDevices

WORD: Final = "JINSHU_STORY_WORD"
TONE: Final = "JINSHU_STORY_TONE"
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
        camera = None if word is None else GeneratedPicture(picture_nonce(word), clock)
        microphone = None if tone is None else GeneratedTone(float(tone), clock)
        return cls(GivenDevices(microphone=microphone, camera=camera, loudspeaker=ear), ear)
