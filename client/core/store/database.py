"""Connections to the encrypted database: SQLCipher with a raw key, through SQLAlchemy's `creator`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2

from protocol.errors import ErrorCode, JinshuError

# Before it, a checkpoint racing with a writer can lose committed WAL pages (D4).
OLDEST_SQLITE: Final = (3, 51, 3)
_BUSY_SECONDS: Final = 10.0


def check_library(found: tuple[int, ...] = tuple(dbapi2.sqlite_version_info)) -> None:
    if found < OLDEST_SQLITE:
        raise JinshuError(ErrorCode.STORE_LIBRARY_TOO_OLD, found=".".join(map(str, found)))


def connector(path: Path, key: bytes, *, read_only: bool) -> Callable[[], DBAPIConnection]:
    """A function that opens one keyed connection to an existing file; the key is in no URL and no repr."""

    def connect() -> Any:
        # mode=rw: a missing file is an error, never a new empty store.
        connection = dbapi2.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=_BUSY_SECONDS,
            check_same_thread=False,
            isolation_level=None,
        )
        try:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA temp_store = MEMORY")
            if read_only:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    return connect


def make_engine(path: Path, key: bytes, *, read_only: bool, size: int) -> Engine:
    engine = create_engine(
        "sqlite://",
        module=dbapi2,
        creator=connector(path, key, read_only=read_only),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
    )
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    # The driver would begin only at the first change, after what was read to decide on it.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """A piece of a transaction: if it raises, it alone is undone. What the disk refuses ends the transaction.

    SQLAlchemy gives every savepoint a name of its own, and so compiles three statements for each: a fifth of what a message cost.
    """
    connection.exec_driver_sql("SAVEPOINT piece")
    try:
        yield
    except exc.OperationalError:
        raise  # a full disk: the whole transaction is undone, and the savepoint is gone with it
    except BaseException:
        connection.exec_driver_sql("ROLLBACK TO piece")
        connection.exec_driver_sql("RELEASE piece")
        raise
    connection.exec_driver_sql("RELEASE piece")
