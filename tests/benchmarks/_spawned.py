"""Processes of a benchmark: started, asked by name for what they do, ended; and the processor time of any process."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Final

import psutil

_END_SECONDS: Final = 20


@contextmanager
def spawned(target: Callable[..., None], *arguments: object) -> Iterator[Connection]:
    """A process that runs `target(pipe, *arguments)`; it is told to end, and killed if it does not."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *arguments))
    process.start()
    theirs.close()
    try:
        assert ours.recv() == "ready"
        yield ours
        ours.send(None)
        process.join(_END_SECONDS)
    finally:
        if process.is_alive():
            for each in [*psutil.Process(process.pid).children(recursive=True), process]:
                each.kill()
        process.join()
        ours.close()


def ask(pipe: Connection, name: str, *arguments: object) -> Any:
    """Have the process call its method of this name; the error it met is raised here."""
    tell(pipe, name, *arguments)
    return told(pipe)


def tell(pipe: Connection, name: str, *arguments: object) -> None:
    pipe.send((name, arguments))


def told(pipe: Connection) -> Any:
    """What it answers to the oldest thing it was told to do."""
    answer = pipe.recv()
    if isinstance(answer, BaseException):
        raise answer
    return answer


async def serve(pipe: Connection, served: object) -> None:
    """The other end of `ask`, until told to end or nobody is there any more."""
    pipe.send("ready")
    await answer(pipe, served)


async def answer(pipe: Connection, served: object) -> None:
    while (said := await _receive(pipe)) is not None:
        name, arguments = said
        try:
            made = await getattr(served, name)(*arguments)
        except Exception as error:
            # Told to the asker, whole; he ends the run.
            made = RuntimeError("".join(traceback.format_exception(error)))
        pipe.send(made)


class Line:
    """`ask` for those who have a loop to run meanwhile; one question at a time."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._free = asyncio.Lock()

    async def ask(self, name: str, *arguments: object) -> Any:
        async with self._free:
            tell(self._pipe, name, *arguments)
            made = await _receive(self._pipe)
        if made is None or isinstance(made, BaseException):
            raise made or EOFError(name)
        return made


async def _receive(pipe: Connection) -> Any:
    """The next thing said; None when the other end is gone."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(pipe.fileno(), came.set)
    try:
        await came.wait()
    finally:
        loop.remove_reader(pipe.fileno())
    try:
        return pipe.recv()
    except EOFError:
        return None


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time these processes have taken, to the nanosecond (/proc counts in hundredths of a second).

    The clock of another process is `~pid << 3 | CPUCLOCK_SCHED`, as clock_getcpuclockid(3) makes it.
    """
    return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    return [pid, *(each.pid for each in psutil.Process(pid).children(recursive=True))]
