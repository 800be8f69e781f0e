"""The writer outlives whatever happens to a commit, and a server whose writer is gone all the same ends."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from protocol.errors import ErrorCode, JinshuError
from server_stub.config import Config
from server_stub.database import schema
from server_stub.database.database import Database, DurablePoints
from server_stub.health import Readiness
from tests.support.small_city import SetClock, SmallCa, make_server_folder

_BIG = 1 << 20


class FullDisk:
    """A limit on the database's pages: SQLite then says what it says of a full disk, and rolls the transaction back itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def fill(self) -> None:
        self._limit("SELECT 1")
        self._limit("PRAGMA max_page_count = 1")  # as many as there are

    def free(self) -> None:
        self._limit("PRAGMA max_page_count = 1000000")

    def _limit(self, pragma: str) -> None:
        raw = self._database._writer_engine.raw_connection()
        try:
            raw.cursor().execute(pragma)
        finally:
            raw.close()


class Memory:
    """A part that keeps in memory how many rows it wrote, as the directory log keeps its leaves."""

    def __init__(self, database: Database) -> None:
        self.rows = self.shown = 0
        self.readable = True
        database.watch(self.publish, self.undo)

    def add(self, connection: Connection, size: int) -> int:
        self.rows += 1
        connection.execute(text("INSERT INTO blobs_of_test VALUES (zeroblob(:size))"), {"size": size})
        return self.rows

    def publish(self) -> None:
        self.shown = self.rows

    def undo(self, connection: Connection) -> None:
        if not self.readable:
            raise OSError("the disk does not answer")
        self.rows = connection.execute(text("SELECT count(*) FROM blobs_of_test")).scalar_one()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = Config(tmp_path, "server")
    schema.upgrade(made)
    return made


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    made = Database(config)
    yield made
    made.close()


@pytest.fixture
async def memory(database: Database) -> Memory:
    await database.write(lambda c: c.execute(text("CREATE TABLE blobs_of_test (bytes BLOB)")).close())
    return Memory(database)


@pytest.mark.expects_logs("not committed")
async def test_a_full_disk_fails_the_write_and_not_the_writer(database: Database, memory: Memory) -> None:
    disk = FullDisk(database)
    assert await database.write(lambda c: memory.add(c, 1)) == 1
    disk.fill()
    memory.readable = False
    for _ in range(3):
        with pytest.raises((OperationalError, OSError)):
            await database.write(lambda c: memory.add(c, _BIG))
    disk.free()
    memory.readable = True
    assert await database.write(lambda c: memory.add(c, 1)) == 2
    assert (memory.rows, memory.shown) == (2, 2)


@pytest.mark.expects_logs("not committed")
async def test_what_memory_holds_of_a_lost_commit_is_taken_back_before_the_next_work(
    config: Config,
) -> None:
    class Failing(DurablePoints):
        fail = False

        def before_commit(self) -> None:
            if self.fail:
                raise OSError("no")

    points = Failing()
    database = Database(config, points)
    await database.write(lambda c: c.execute(text("CREATE TABLE blobs_of_test (bytes BLOB)")).close())
    memory = Memory(database)
    await database.write(lambda c: memory.add(c, 1))
    points.fail = True
    with pytest.raises(OSError, match="no"):
        await database.write(lambda c: memory.add(c, 1))
    points.fail = False
    assert await database.write(lambda c: memory.add(c, 1)) == 2
    database.close()


@pytest.mark.expects_logs("the writer of the database ended")
async def test_a_writer_that_ends_says_so_and_nobody_waits_for_it(config: Config) -> None:
    ended = threading.Event()
    database = Database(config, ended=ended.set)

    def end(_connection: Connection) -> None:
        raise SystemExit

    for work in (end, schema.touch):
        with pytest.raises(JinshuError) as caught:
            await database.write(work)
        assert caught.value.code is ErrorCode.SERVER_INTERNAL
    database.close()
    assert ended.is_set()


@pytest.mark.expects_logs("not ready", "not committed")
async def test_the_server_is_ready_when_a_write_is_committed_and_not_otherwise(
    database: Database,
) -> None:
    clock = SetClock()
    readiness = Readiness(database, clock)
    assert await readiness.ready()
    await database.write(lambda c: c.execute(text("DROP TABLE alembic_version")).close())
    assert await readiness.ready(), "one answer for all who ask at once"
    clock.advance(2000)
    assert not await readiness.ready()
    await database.write(lambda c: c.execute(text("CREATE TABLE alembic_version (version_num)")).close())
    clock.advance(2000)
    assert await readiness.ready()


_SERVE = """
import sys
from pathlib import Path
from server_stub import config
from server_stub.app import create_app
from server_stub.database.database import DurablePoints
from server_stub.serving import serve

class Ending(DurablePoints):
    def before_commit(self):
        raise SystemExit

folder = Path(sys.argv[1])
sys.exit(serve(config.read(folder), 0, None, make=lambda made, **parts: create_app(made, points=Ending(), **parts)))
"""


def test_a_server_whose_writer_ended_ends_with_a_status_that_starts_it_again(tmp_path: Path) -> None:
    make_server_folder(tmp_path / "server", SmallCa(SetClock()))
    done = subprocess.run(
        [sys.executable, "-c", _SERVE, str(tmp_path / "server")], capture_output=True, check=False
    )
    assert done.returncode == 1, done.stderr.decode()
    assert b"the writer of the database ended" in done.stderr
