"""The encrypted store of one profile: one writer thread, a small pool of readers, nothing in plaintext."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, exc

from client.core.durable import DurablePoints, sync_folder
from client.core.store import database, schema
from protocol.errors import ErrorCode, JinshuError

T = TypeVar("T")
_READERS: Final = 2


class Store:
    """Opened and closed many times in its life: closed, it holds no key and refuses every call with
    store.locked."""

    def __init__(self, path: Path, points: DurablePoints | None = None) -> None:
        self._path = path
        self._points = points or DurablePoints()
        self._write_engine: Engine | None = None
        self._read_engine: Engine | None = None
        self._writer: ThreadPoolExecutor | None = None
        self._readers: ThreadPoolExecutor | None = None

    @property
    def is_open(self) -> bool:
        return self._write_engine is not None

    def create(self, key: bytes) -> None:
        """Make a new, empty store; the caller knows that there is none.

        Raises:
            JinshuError: store.exists.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise JinshuError(ErrorCode.STORE_EXISTS) from None
        os.close(descriptor)
        sync_folder(self._path.parent)
        self.open(key)

    def open(self, key: bytes) -> None:
        """Open the store and bring its schema up to date.

        Raises:
            JinshuError: store.missing, store.wrong_key, store.too_new or store.library_too_old.
        """
        database.check_library()
        if not self._path.exists():
            raise JinshuError(ErrorCode.STORE_MISSING)
        engine = database.make_engine(self._path, key, read_only=False, size=1)
        try:
            with engine.begin() as connection:
                schema.upgrade(connection)
        except exc.DatabaseError as error:
            engine.dispose()
            if "not a database" in str(error.orig):
                raise JinshuError(ErrorCode.STORE_WRONG_KEY) from None
            raise
        except BaseException:
            engine.dispose()
            raise
        self._write_engine = engine
        self._read_engine = database.make_engine(self._path, key, read_only=True, size=_READERS)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")

    def close(self) -> None:
        """Finish what is being written, then forget the key."""
        writer, readers = self._writer, self._readers
        self._writer = self._readers = None
        for pool in (writer, readers):
            if pool is not None:
                pool.shutdown(wait=True)
        for engine in (self._read_engine, self._write_engine):
            if engine is not None:
                engine.dispose()
        self._write_engine = self._read_engine = None

    def remove(self) -> None:
        """Delete a closed store; only a request for enrolment that was given up ends so."""
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction on the writer thread; it is on disk when this returns."""
        engine, pool = self._write_engine, self._writer
        if engine is None or pool is None:
            raise JinshuError(ErrorCode.STORE_LOCKED)
        # Shielded: a cancelled caller must not wonder whether its rows are there; they are, and it ends after
        # them.
        return await _finished(asyncio.get_running_loop().run_in_executor(pool, self._write, engine, work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on a reader; it sees one consistent state."""
        engine, pool = self._read_engine, self._readers
        if engine is None or pool is None:
            raise JinshuError(ErrorCode.STORE_LOCKED)
        return await asyncio.get_running_loop().run_in_executor(pool, _read, engine, work)

    def _write(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        with engine.connect() as connection, connection.begin() as transaction:
            result = work(connection)
            self._points.before_commit()
            transaction.commit()
        self._points.after_commit()
        return result


def _read(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect() as connection, connection.begin():
        return work(connection)


async def _finished(future: asyncio.Future[T]) -> T:
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        if not future.done():
            await asyncio.wait([future])
        if not future.cancelled() and (error := future.exception()) is not None:
            raise error from None
        raise
