"""Starts the processes, notices when one has killed itself, starts it again, and keeps what was acknowledged."""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import socket
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.once import actors
from tests.once.points import Point

CLIENTS = ("clerk", "leader")
ROLES = ("server", *CLIENTS)

# Every process is forked from one that has imported everything, also what is imported when it is first used: real processes,
# without two seconds of imports each.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.once.actors", "client.documents.press", "anyio._backends._asyncio"])


class CrashedError(Exception):
    """The process that was asked killed itself; whether it had done what was asked is in its store."""


def reserve() -> socket.socket:
    """A port that is ours for as long as the socket is open, though a server listens there again and again."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def process(run: Any, *arguments: Any) -> ForkServerProcess:
    made = CONTEXT.Process(target=run, args=arguments)
    made.start()
    return made


@dataclass
class _Running:
    process: ForkServerProcess
    pipe: Connection | None = None


@dataclass
class Stage:
    """One run in a copy of the prepared folders. `fatal`: the points still to be died at, in order."""

    folder: Path
    port: int
    fatal: list[Point] = field(default_factory=list)
    died: list[Point] = field(default_factory=list)
    _running: dict[str, _Running] = field(default_factory=dict)

    @classmethod
    def copy(cls, prepared: Path, folder: Path, port: int, fatal: Sequence[Point]) -> Stage:
        shutil.copytree(prepared, folder)
        return cls(folder, port, list(fatal))

    def start(self) -> None:
        for role in ROLES:
            self._start(role)

    def ask(self, role: str, name: str, *arguments: object) -> Any:
        """Have a client do something; whoever else dies meanwhile is started again.

        Raises:
            CrashedError: it died itself; it has been started again.
        """
        pipe = self._running[role].pipe
        assert pipe is not None
        try:
            pipe.send((name, arguments))
        except (BrokenPipeError, ConnectionResetError):
            self._revive(role)
            raise CrashedError from None
        while True:
            sentinels = {running.process.sentinel: who for who, running in self._running.items()}
            ready = wait([pipe, *sentinels])
            # An answer that was sent before its process died counts: the user has seen it.
            if pipe in ready:
                try:
                    fine, value = pipe.recv()
                except (EOFError, ConnectionResetError):
                    self._revive(role)
                    raise CrashedError from None
                assert fine, f"{role}: {name}\n{value}"
                return value
            for sentinel in ready:
                if sentinel in sentinels and sentinels[sentinel] != role:
                    self._revive(sentinels[sentinel])

    def passed(self, role: str) -> Counter[str]:
        """How many points of each kind the role's processes went through."""
        trace = self.folder / f"{role}.points"
        return Counter(trace.read_text("ascii").split())

    def stop(self) -> None:
        """End everybody in order, the server last."""
        for role in (*CLIENTS, "server"):
            running = self._running[role]
            if running.pipe is not None:
                running.pipe.close()
            else:
                running.process.terminate()
            running.process.join()
            if running.process.exitcode == -signal.SIGKILL:
                # Its point came while it was ending. Once more, to the end: what it left must still be whole.
                self._revive(role)
                self.stop()
                return
            # uvicorn ends in order and then by the signal it was asked with.
            assert running.process.exitcode in (0, -signal.SIGTERM), f"{role}: {running.process.exitcode}"

    def abandon(self) -> None:
        """After a failure: nothing may be left running."""
        for running in self._running.values():
            if running.process.is_alive():
                running.process.kill()
            running.process.join()

    def _start(self, role: str) -> None:
        fatal = next((point for point in self.fatal if point.role == role), None)
        said, trace = self.folder / f"{role}.log", self.folder / f"{role}.points"
        if role == "server":
            made = process(actors.server, self.folder / role, self.port, trace, said, fatal)
            self._running[role] = _Running(made)
            return
        ours, theirs = CONTEXT.Pipe()
        made = process(actors.client, self.folder / role, theirs, trace, said, fatal)
        theirs.close()
        self._running[role] = _Running(made, ours)

    def _revive(self, role: str) -> None:
        running = self._running[role]
        running.process.join()
        said = self.folder / f"{role}.log"
        assert running.process.exitcode == -signal.SIGKILL, f"{role} broke:\n{said.read_text()[-4000:]}"
        if running.pipe is not None:
            running.pipe.close()
        point = next(point for point in self.fatal if point.role == role)
        self.fatal.remove(point)
        self.died.append(point)
        self._start(role)
