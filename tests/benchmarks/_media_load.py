"""Sends streams at their pace: every frame when it is due, one timer for all."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Sequence
from typing import Final

from tests.benchmarks._media_packets import Sender, SentStream

# Behind by more than this, a generator does not catch up: its frames are skipped and counted.
_LATE_SECONDS: Final = 0.2


class Load:
    """Runs until cancelled; `on` says whether frames leave."""

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

    async def run(self) -> None:
        while True:
            due, place, stream, wire = self._due[0]
            now = time.monotonic()
            # Also when behind: receivers run on the same loop.
            await asyncio.sleep(max(0.0, due - now))
            if self.on:
                stream.send_frame(wire)
            following = due + 1 / stream.shape.fps
            if following < now - _LATE_SECONDS:
                self.skipped += self.on
                following = now
            heapq.heapreplace(self._due, (following, place, stream, wire))
