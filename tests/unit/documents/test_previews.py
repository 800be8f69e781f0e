"""Typing faster than pages are set never runs two settings at once, nor one that nobody waits for."""

from __future__ import annotations

import asyncio
import threading

from client.documents.previews import Pages, Previews


def test_only_the_newest_of_those_waiting_is_set() -> None:
    begun: list[int] = []
    started, go_on = threading.Event(), threading.Event()

    def work(number: int) -> Pages:
        begun.append(number)
        started.set()
        assert go_on.wait()
        return (bytes([number]),)

    async def run() -> list[Pages]:
        previews = Previews()
        async with asyncio.TaskGroup() as group:
            first = group.create_task(previews.set(lambda: work(0)))
            await asyncio.to_thread(started.wait)
            first.cancel()
            later = [group.create_task(previews.set(lambda n=n: work(n))) for n in range(1, 6)]  # type: ignore[misc]
            await asyncio.sleep(0)
            assert begun == [0]
            go_on.set()
        assert first.cancelled()
        return [task.result() for task in later]

    assert asyncio.run(run()) == [(), (), (), (), (b"\x05",)]
    assert begun == [0, 5]
