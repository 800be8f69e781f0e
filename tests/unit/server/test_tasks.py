"""Background tasks of the server: kept, and run again when they fail."""

from __future__ import annotations

import asyncio

import pytest

from server_stub.tasks import Tasks


@pytest.mark.expects_logs("task prune failed and is run again")
async def test_a_kept_task_that_fails_is_run_again() -> None:
    tasks, done = Tasks(), asyncio.Event()
    runs: list[int] = []

    async def prune() -> None:
        runs.append(len(runs))
        if len(runs) < 3:
            raise OSError("the disk does not answer")
        done.set()
        await asyncio.Event().wait()

    tasks.keep("prune", prune, 0)
    await done.wait()
    await tasks.stop()
    assert runs == [0, 1, 2]
