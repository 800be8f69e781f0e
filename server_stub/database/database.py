"""One writer that commits in groups, a few readers. What `write` returned is on disk."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from server_stub.config import Config
from server_stub.database.engine import make_engine

T = TypeVar("T")
_GROUP: Final = 64
_READERS: Final = 4


@dataclass(frozen=True, slots=True)
class _Work:
    run: Callable[[Connection], Any]
    done: Future[Any]


class DurablePoints:
    """The moments between which a power cut may fall; a test's subclass dies at one of them."""

    def before_commit(self) -> None:
        """Nothing of the group is on disk yet."""

    def after_commit(self) -> None:
        """All of the group is on disk, nobody has been told."""

    def before_rename(self, name: str) -> None:
        """A complete file is about to take its final name."""

    def after_rename(self, name: str) -> None:
        """It has it."""


class Database:
    """Each piece of work runs in its own savepoint: one that is refused does not hurt those committed with it."""

    def __init__(self, config: Config, points: DurablePoints | None = None) -> None:
        self._points = points or DurablePoints()
        self._committed: list[Callable[[], None]] = []
        self._undone: list[Callable[[Connection], None]] = []
        self._writer_engine = make_engine(config)
        self._reader_engine = make_engine(config, read_only=True)
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="read")
        self._thread = threading.Thread(target=self._run, name="write", daemon=True)
        self._thread.start()

    def watch(self, committed: Callable[[], None], undone: Callable[[Connection], None]) -> None:
        """Tell a part that keeps in memory what it writes: after its work is on disk, and, still in the transaction,
        after some work was taken back. Both are called on the writer thread."""
        self._committed.append(committed)
        self._undone.append(undone)

    async def write(self, run: Callable[[Connection], T]) -> T:
        """Run in a transaction and return once it is committed."""
        work = _Work(run, Future())
        self._queue.put(work)
        # Shielded: a client that hung up must not undo what the group commits.
        return await asyncio.shield(asyncio.wrap_future(work.done))

    async def read(self, run: Callable[[Connection], T]) -> T:
        """Run against one consistent state."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, run)

    def read_now(self, run: Callable[[Connection], T]) -> T:
        """The same, on this thread: at start-up and in commands."""
        return self._read(run)

    def _read(self, run: Callable[[Connection], T]) -> T:
        with self._reader_engine.connect() as connection, connection.begin():
            return run(connection)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            group = [work]
            while len(group) < _GROUP and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    self._commit(group)
                    return
                group.append(following)
            self._commit(group)

    def _commit(self, group: list[_Work]) -> None:
        outcomes: list[tuple[_Work, Any, BaseException | None]] = []
        try:
            with self._writer_engine.connect() as connection, connection.begin() as transaction:
                outcomes = [self._attempt(connection, work) for work in group]
                self._points.before_commit()
                transaction.commit()
            self._points.after_commit()
            for committed in self._committed:
                committed()
        except Exception as error:
            outcomes = [(work, None, error) for work in group]
            with self._reader_engine.connect() as connection, connection.begin():
                self._tell_undone(connection)
        for work, value, failure in outcomes:
            if failure is None:
                work.done.set_result(value)
            else:
                work.done.set_exception(failure)

    def _tell_undone(self, connection: Connection) -> None:
        for undone in self._undone:
            undone(connection)

    def _attempt(self, connection: Connection, work: _Work) -> tuple[_Work, Any, BaseException | None]:
        savepoint = connection.begin_nested()
        try:
            value = work.run(connection)
        except Exception as error:
            savepoint.rollback()
            self._tell_undone(connection)
            return work, None, error
        savepoint.commit()
        return work, value, None

    def close(self) -> None:
        """Commit what is queued, then close."""
        self._queue.put(None)
        self._thread.join()
        self._readers.shutdown()
        self._writer_engine.dispose()
        self._reader_engine.dispose()
