"""Threads that encode and decode, and their end: no thread outlives the meeting."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

_log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MOST_THREADS: Final = 4


class Workers(ThreadPoolExecutor):
    """A few threads shared by all layers and slots; work that fails without anybody waiting for it is logged."""

    def __init__(self) -> None:
        super().__init__(
            max_workers=min(MOST_THREADS, max(2, os.cpu_count() or 2)), thread_name_prefix="media"
        )
        self._running: set[Future[Any]] = set()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        work = super().submit(fn, *args, **kwargs)
        self._running.add(work)
        work.add_done_callback(self._done)
        return work

    async def close(self) -> None:
        """Drop what has not begun, wait for the rest without holding up the loop, and end the threads."""
        self.shutdown(wait=False, cancel_futures=True)
        running = [asyncio.wrap_future(work) for work in list(self._running)]
        await asyncio.gather(*running, return_exceptions=True)
        self.shutdown(wait=True)

    def _done(self, work: Future[Any]) -> None:
        self._running.discard(work)
        if not work.cancelled() and (error := work.exception()) is not None:
            _log.error("media work failed", exc_info=error)
