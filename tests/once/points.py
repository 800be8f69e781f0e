"""The points a process passes, written down one line each, and the one at which it kills itself."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from client.core import durable
from server_stub.database import database

KINDS = (
    "before_commit",
    "after_commit",
    "before_rename",
    "after_rename",
    "before_acknowledge",
    "after_acknowledge",
)


@dataclass(frozen=True, slots=True)
class Point:
    """The `count`-th moment of a kind in one process; `trace` is where the process writes what it passed."""

    role: str
    kind: str
    count: int


class _Passed:
    """SIGKILL, not an exception: nothing of the process is tidied up, no thread finishes, no buffer is flushed."""

    def __init__(self, trace: Path, fatal: Point | None) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._fatal = fatal
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def at(self, kind: str) -> None:
        with self._lock:
            self._counts[kind] += 1
            os.write(self._trace, f"{kind}\n".encode())
            fatal = self._fatal
            if fatal is not None and (fatal.kind, fatal.count) == (kind, self._counts[kind]):
                os.kill(os.getpid(), signal.SIGKILL)


class ServerPoints(database.DurablePoints):
    """Those of the server."""

    def __init__(self, trace: Path, fatal: Point | None) -> None:
        self._passed = _Passed(trace, fatal)

    def before_commit(self) -> None:
        self._passed.at("before_commit")

    def after_commit(self) -> None:
        self._passed.at("after_commit")

    def before_rename(self, name: str) -> None:
        self._passed.at("before_rename")

    def after_rename(self, name: str) -> None:
        self._passed.at("after_rename")


class ClientPoints(durable.DurablePoints):
    """Those of a client."""

    def __init__(self, trace: Path, fatal: Point | None) -> None:
        self._passed = _Passed(trace, fatal)

    def before_commit(self) -> None:
        self._passed.at("before_commit")

    def after_commit(self) -> None:
        self._passed.at("after_commit")

    def before_rename(self, name: str) -> None:
        self._passed.at("before_rename")

    def after_rename(self, name: str) -> None:
        self._passed.at("after_rename")

    def before_acknowledge(self) -> None:
        self._passed.at("before_acknowledge")

    def after_acknowledge(self) -> None:
        self._passed.at("after_acknowledge")
