"""Sends streams at their pace: every frame when it is due, one timer for all."""

from __future__ import annotations

import asyncio
import heapq
import time
from array import array
from collections.abc import Sequence
from typing import Final

from tests.benchmarks._media_packets import Sender, SentStream

# Behind by more than this, a generator does not catch up: its frames are skipped and counted.
_LATE_SECONDS: Final = 0.2
# Sent before the receivers on the same loop have their turn.
_BURST: Final = 4


class Load:
    """Runs until cancelled; `on` says whether frames leave. `late_us`: how long after they were due."""

    def __init__(self, streams: Sequence[tuple[SentStream, Sender]]) -> None:
        now = time.monotonic()
        # Spread evenly: streams of people who do not know of each other.
        self._due = [
            (now + place / len(streams) / stream.shape.fps, place, stream, wire)
            for place, (stream, wire) in enumerate(streams)
        ]
        heapq.heapify(self._due)
        self.on = False
        self.skipped = 0
        self.late_us = array("I")

    async def run(self) -> None:
        while True:
            await asyncio.sleep(max(0.0, self._due[0][0] - time.monotonic()))
            for _ in range(_BURST):
                if not self._send_due(time.monotonic()):
                    break

    def _send_due(self, now: float) -> bool:
        due, place, stream, wire = self._due[0]
        if due > now:
            return False
        following = due + 1 / stream.shape.fps
        if now - due > _LATE_SECONDS:
            self.skipped += self.on
            following = now + 1 / stream.shape.fps
        elif self.on:
            stream.send_frame(wire)
            self.late_us.append(int((now - due) * 1e6))
        heapq.heapreplace(self._due, (following, place, stream, wire))
        return True
