"""A core loop in its own thread and a bus, real ones but alone, for tests of Operation and Bridge."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class CoreThread:
    """Satisfies CoreRunner with a plain asyncio loop."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="core-of-test")
        self.thread.start()

    def submit(self, work: Coroutine[Any, Any, T], /) -> concurrent.futures.Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something to its end from the test."""
        return self.submit(work).result()

    def stop(self) -> None:
        self.finish(self._end_others())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _end_others(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class Bus:
    """Satisfies EventSource; `publish_on` sends from the core thread and waits until it has."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[Any], None]] = []

    def subscribe(self, callback: Callable[[Any], None], /) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback) if callback in self.callbacks else None

    def publish_on(self, core: CoreThread, *events: object) -> None:
        async def send() -> None:
            for event in events:
                for callback in tuple(self.callbacks):
                    callback(event)

        core.finish(send())
