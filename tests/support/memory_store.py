"""A client's store in memory: the real schema and the real SQL, no file, no thread, a millisecond to make.

It is the `StorePort` of unit tests. What a disk does (commits that survive, readers beside a writer, a full disk) is tested with
the real one, `client.core.store.store`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool
from sqlalchemy.util import LRUCache
from sqlcipher3 import dbapi2

from client.core.store import schema
from protocol.errors import ErrorCode, JinshuError

T = TypeVar("T")
_COMPILED: Final[LRUCache[Any, Any]] = LRUCache(2000)


class MemoryStore:
    """One transaction after the other, as the writer's thread runs them; closed, it refuses like the real one."""

    def __init__(self) -> None:
        self._engine = _engine(_copied(_schema()))
        self.is_open = True
        self.fails: Exception | None = None  # what the next commit ends with, as a full disk does

    def close(self) -> None:
        self.is_open = False
        self._engine.dispose()

    async def read(self, work: Callable[[Connection], T]) -> T:
        return self._run(work, commits=False)

    async def write(self, work: Callable[[Connection], T]) -> T:
        return self._run(work, commits=True)

    def _run(self, work: Callable[[Connection], T], *, commits: bool) -> T:
        if not self.is_open:
            raise JinshuError(ErrorCode.STORE_LOCKED)
        with self._engine.connect() as connection, connection.begin() as transaction:
            result = work(connection)
            if not commits:
                transaction.rollback()
                return result
            fault, self.fails = self.fails, None
            if fault is not None:
                raise fault
            transaction.commit()
        return result


def _engine(raw: Any) -> Engine:
    """An engine over one connection. All of them share what SQLAlchemy compiled, which is most of what a short test would do."""
    first = _first_engine()
    engine = Engine(StaticPool(lambda: raw), first.dialect, first.url)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine.execution_options(compiled_cache=_COMPILED)


@functools.cache
def _first_engine() -> Engine:
    engine = create_engine("sqlite://", module=dbapi2, creator=_empty, poolclass=StaticPool)
    engine.connect().close()  # the dialect learns what it speaks to
    return engine


def _empty() -> Any:
    raw = dbapi2.connect(":memory:", check_same_thread=False, isolation_level=None)
    raw.execute("PRAGMA foreign_keys = ON")
    return raw


@functools.cache
def _schema() -> Any:
    """An upgraded store to copy: the migrations run once in a process."""
    raw = _empty()
    with _engine(raw).begin() as connection:
        schema.upgrade(connection)
    return raw


def _copied(source: Any) -> Any:
    raw = _empty()
    source.backup(raw)
    return raw
