"""The product's SFU in a process of its own, as the server holds it; whoever joins has a door of his own to it."""

from __future__ import annotations

import asyncio
import dataclasses
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from server_stub.clock import SystemClock
from server_stub.meetings.sfu.embedded import EmbeddedSfu
from server_stub.tasks import Tasks
from tests.benchmarks._media_peer import local_address
from tests.benchmarks._spawned import answer, serve, spawned


@dataclass(frozen=True, slots=True)
class Server:
    """`pipe` asks its `Desk`, each of `doors` goes to a process that joins, at `address`."""

    pipe: Connection
    doors: list[Connection]
    address: str


@contextmanager
def open_server(doors: int) -> Iterator[Server]:
    context = multiprocessing.get_context("spawn")
    pairs = [context.Pipe() for _ in range(doors)]
    address = local_address() or "127.0.0.1"
    with spawned(run, address, [inner for inner, _ in pairs]) as pipe:
        for inner, _ in pairs:
            inner.close()
        try:
            yield Server(pipe, [outer for _, outer in pairs], address)
        finally:
            for _, outer in pairs:
                outer.close()


def run(pipe: Connection, address: str, doors: Sequence[Connection]) -> None:
    asyncio.run(_run(pipe, address, doors))


async def _run(pipe: Connection, address: str, doors: Sequence[Connection]) -> None:
    tasks = Tasks()
    backend = EmbeddedSfu([address], 0, 1, tasks, SystemClock())
    await backend.start()
    desk = Desk(backend)
    try:
        for door in doors:
            tasks.start("door", answer(door, desk))
        await serve(pipe, desk)
    finally:
        await backend.stop()
        await tasks.stop()


class Desk:
    """What is asked of the server: `join` by those who join, by the benchmark the rest."""

    def __init__(self, backend: EmbeddedSfu) -> None:
        self._backend = backend
        self._lost = 0
        backend.on_lost(self._lose)

    async def join(self, meeting: str, participant: str, offers: Sequence[str]) -> Sequence[str]:
        return await self._backend.join(meeting, participant, offers)

    async def pid(self) -> int:
        """Of the server; its workers are its children."""
        return os.getpid()

    async def figures(self) -> dict[str, Any]:
        """What the one worker says of itself."""
        (worker,) = await self._backend.figures()
        return dataclasses.asdict(worker)

    async def lost(self) -> int:
        """How many participants the SFU gave up."""
        return self._lost

    def _lose(self, meeting: str, participant: str) -> None:
        self._lost += 1
