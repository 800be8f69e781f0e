"""Whether somebody speaks, by how loud the last blocks were."""

from __future__ import annotations

from typing import Final

import numpy as np

from client.media.sources import Samples

# −43 dBFS: above the noise of an office, below a quiet voice at a desk microphone.
_LOUD: Final = 230.0
# Pauses between words are no silence.
_HOLD_SECONDS: Final = 0.4


class Loudness:
    """Times are monotonic seconds."""

    def __init__(self) -> None:
        self._loud_at = float("-inf")

    def add(self, block: Samples, now: float) -> None:
        if float(np.abs(block.astype(np.float32)).mean()) > _LOUD:
            self._loud_at = now

    def speaking(self, now: float) -> bool:
        return now - self._loud_at < _HOLD_SECONDS
