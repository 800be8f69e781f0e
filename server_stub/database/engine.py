"""The embedded database: SQLite out of `sqlcipher3`, unkeyed, because Debian's own can lose committed WAL pages (D4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2

from protocol.errors import ErrorCode, JinshuError
from server_stub.config import Config

OLDEST_SQLITE: Final = (3, 51, 3)
_READERS: Final = 4
_BUSY_SECONDS: Final = 10


def make_engine(config: Config, *, read_only: bool = False) -> Engine:
    """An engine for the server's database; PostgreSQL by changing one URL.

    Raises:
        JinshuError: `store.library_too_old`.
    """
    if config.database_url:
        # Asked before use: connections kept from before the database was restarted are dead.
        return create_engine(config.database_url, hide_parameters=True, pool_pre_ping=True)
    if tuple(dbapi2.sqlite_version_info) < OLDEST_SQLITE:
        raise JinshuError(ErrorCode.STORE_LIBRARY_TOO_OLD, found=str(dbapi2.sqlite_version))
    engine = create_engine(
        "sqlite://",
        module=dbapi2,
        creator=lambda: _connect(config.database, read_only=read_only),
        poolclass=QueuePool,
        pool_size=_READERS if read_only else 1,
        max_overflow=0,
        hide_parameters=True,
    )
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _connect(path: Path, *, read_only: bool) -> Any:
    # mode=ro also keeps the last reader that leaves from copying the log of a server that was killed into the database.
    mode = "ro" if read_only else "rwc"
    connection = dbapi2.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        check_same_thread=False,
        isolation_level=None,
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection
