"""One writer that commits in groups, a few readers. What `write` returned is on disk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from protocol.errors import ErrorCode, JinshuError
from server_stub.config import Config
from server_stub.database.engine import make_engine

T = TypeVar("T")
_log = logging.getLogger(__name__)
_GROUP: Final = 64
_READERS: Final = 4


@dataclass(frozen=True, slots=True)
class _Work:
    run: Callable[[Connection], Any]
    done: Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a piece of work ended, once its group did."""

    work: _Work
    value: Any
    failure: BaseException | None

    def tell(self) -> None:
        done = self.work.done
        if done.done():
            return
        if self.failure is None:
            done.set_result(self.value)
        else:
            done.set_exception(self.failure)


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
    """Each piece of work runs in its own savepoint: one that is refused does not hurt those committed with it.

    A group that cannot be committed, or a database that cannot be reached, fails the work that was asked for and nothing else:
    the writer goes on, and the next work succeeds as soon as the database does. `ended` is called on the writer's thread if it
    ends all the same; no write succeeds from then on.
    """

    def __init__(
        self,
        config: Config,
        points: DurablePoints | None = None,
        ended: Callable[[], None] | None = None,
    ) -> None:
        self._points = points or DurablePoints()
        self._ended = ended or (lambda: None)
        self._failure: BaseException | None = None
        self._owes_undo = False
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
        """Run in a transaction and return once it is committed.

        Raises:
            JinshuError: `server.internal`, the writer has ended; besides what `run` and the database raise.
        """
        work = _Work(run, Future())
        self._queue.put(work)
        if self._failure is not None:
            self._refuse_queued()
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
        group: list[_Work] | None = []
        try:
            while (group := self._next_group()) is not None:
                self._commit(group)
        except BaseException as error:
            # Nothing is known to lead here; but a server whose writer is gone must not go on as if it were not.
            self._failure = error
            _log.critical("the writer of the database ended: %s", type(error).__name__, exc_info=error)
            for work in group or ():
                _Outcome(work, None, JinshuError(ErrorCode.SERVER_INTERNAL)).tell()
            self._refuse_queued()
            self._ended()

    def _next_group(self) -> list[_Work] | None:
        """What is queued, up to a group; None once the database is to be closed."""
        first = self._queue.get()
        if first is None:
            return None
        group = [first]
        while len(group) < _GROUP and not self._queue.empty():
            following = self._queue.get()
            if following is None:
                self._queue.put(None)
                break
            group.append(following)
        # Who gave up waiting before it began needs nothing; from here on nobody can give up.
        return [work for work in group if work.done.set_running_or_notify_cancel()]

    def _commit(self, group: list[_Work]) -> None:
        outcomes: list[_Outcome]
        try:
            outcomes = self._transact(group)
        except Exception as error:
            _log.error("a group of writes was not committed: %s", type(error).__name__, exc_info=error)
            # Those who keep in memory what they write hold something that is not on disk. It is taken back before the next work,
            # in that work's transaction: a database that cannot be opened now could not be read for it either.
            self._owes_undo = True
            outcomes = [_Outcome(work, None, error) for work in group]
        for outcome in outcomes:
            outcome.tell()

    def _transact(self, group: list[_Work]) -> list[_Outcome]:
        with self._writer_engine.connect() as connection, connection.begin() as transaction:
            if self._owes_undo:
                self._tell_undone(connection)
            outcomes = [self._attempt(connection, work) for work in group]
            self._points.before_commit()
            transaction.commit()
        self._owes_undo = False
        self._points.after_commit()
        for committed in self._committed:
            committed()
        return outcomes

    def _refuse_queued(self) -> None:
        """Answer all that waits, and all that comes between this look at the queue and the end of the process."""
        with contextlib.suppress(queue.Empty):
            while True:
                work = self._queue.get_nowait()
                if work is not None and work.done.set_running_or_notify_cancel():
                    _Outcome(work, None, JinshuError(ErrorCode.SERVER_INTERNAL)).tell()

    def _tell_undone(self, connection: Connection) -> None:
        for undone in self._undone:
            undone(connection)

    def _attempt(self, connection: Connection, work: _Work) -> _Outcome:
        savepoint = connection.begin_nested()
        try:
            value = work.run(connection)
        except Exception as error:
            savepoint.rollback()
            self._tell_undone(connection)
            return _Outcome(work, None, error)
        savepoint.commit()
        return _Outcome(work, value, None)

    def close(self) -> None:
        """Commit what is queued, then close."""
        self._queue.put(None)
        self._thread.join()
        self._readers.shutdown()
        self._writer_engine.dispose()
        self._reader_engine.dispose()
