"""A server's database for commands that only look: beside a server that runs, or right after one that was killed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from server_stub.config import Config
from server_stub.database.engine import make_engine


@contextmanager
def reading(config: Config) -> Iterator[Connection]:
    """One consistent state. It is neither migrated nor locked: a look must not wait for the server's writer, and must not
    change what an older server is still serving.

    Raises:
        FileNotFoundError: this folder has no database yet.
        JinshuError: `store.library_too_old`.
    """
    if not config.database_url and not config.database.exists():
        raise FileNotFoundError(errno.ENOENT, "尚无数据库 (no database yet)", str(config.database))
    engine = make_engine(config, read_only=True)
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()
