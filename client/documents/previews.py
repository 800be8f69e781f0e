"""Previews take turns: one is set at a time, and those passed over while they waited are never set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

Pages = tuple[bytes, ...]


class Previews:
    """A queue in which only the newest counts."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._newest = 0

    async def set(self, work: Callable[[], Pages]) -> Pages:
        """The pages that `work` sets in a thread; none where a newer call came before its turn."""
        self._newest += 1
        turn = self._newest
        async with self._lock:
            if turn != self._newest:
                return ()
            # A thread cannot be called off: the next waits for it, even when this call is given up.
            thread = asyncio.get_running_loop().run_in_executor(None, work)
            try:
                return await asyncio.shield(thread)
            finally:
                await asyncio.wait([thread])
