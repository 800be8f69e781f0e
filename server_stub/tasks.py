"""The only place that starts tasks: kept, named, and never lost silently."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

_log = logging.getLogger(__name__)


class Tasks:
    """Background tasks of one server; `stop` cancels and awaits them."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    def keep(
        self, name: str, work: Callable[[], Coroutine[Any, Any, None]], pause: float
    ) -> asyncio.Task[Any]:
        """Run `work` again, `pause` seconds later, whenever it fails or ends, until `stop`. Each failure is logged."""
        return self.start(name, self._again(name, work, pause))

    async def _again(self, name: str, work: Callable[[], Coroutine[Any, Any, None]], pause: float) -> None:
        while True:
            try:
                await work()
            except Exception as error:
                _log.error("task %s failed and is run again: %s", name, type(error).__name__, exc_info=error)
            await asyncio.sleep(pause)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("task %s failed: %s", task.get_name(), type(error).__name__, exc_info=error)

    async def stop(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
