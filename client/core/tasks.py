"""Supervised background tasks: the only place of the client that creates one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from client.core.clock import Clock

_log = logging.getLogger(__name__)
# Less than the ten seconds in which the program ends (`app.py`); a farewell to the server takes one (`connection/channel.py`).
_STOP_SECONDS: Final = 8.0


class TaskSupervisor:
    """Keeps every task until it ends, reports the one that fails, and ends all in order."""

    def __init__(self, report: Callable[[str, Exception], None] | None = None) -> None:
        self._report = report
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        _log.error("task %s failed", task.get_name(), exc_info=error)
        if self._report is not None and isinstance(error, Exception):
            self._report(task.get_name(), error)

    async def stop(self) -> None:
        """Cancel what runs and wait for it; a task that does not end in time is named in the log."""
        own = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not own]
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=_STOP_SECONDS)
        for task in late:
            _log.error("task %s did not end", task.get_name())


async def wait_at_most(event: asyncio.Event, clock: Clock, seconds: float | None) -> bool:
    """Wait for `event`, no longer than `seconds` of `clock`; says whether it came."""
    if seconds is None:
        return await event.wait()
    loop = asyncio.get_running_loop()
    waits = [loop.create_task(event.wait()), loop.create_task(clock.sleep(seconds))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return event.is_set()
