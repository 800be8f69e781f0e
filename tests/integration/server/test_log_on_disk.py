"""A head is shown only once it is on disk, and what was taken back was never there (promise 2, C4)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection

from protocol.directory.log import Leaf
from server_stub.database.database import Database
from server_stub.directory.log_store import DirectoryLog
from server_stub.directory.trust import ServerTrust
from tests.support.small_city import SmallCity


class Written:
    """The database and the log of a city whose server has stopped."""

    def __init__(self, city: SmallCity) -> None:
        config = city.server.config
        self.database = Database(config)
        self.log = DirectoryLog(ServerTrust.load(config.tls), city.clock)
        self.database.read_now(self.log.load)
        self.database.watch(self.log.publish, self.log.undo)
        self.seen: list[tuple[int, int]] = []

    def append(self, connection: Connection, leaf: Leaf, *, fail: bool = False) -> int:
        index, _, _ = self.log.append(connection, leaf.to_bytes())
        self.seen.append((self.log.size, self.log.writing.size))
        if fail:
            raise RuntimeError("taken back")
        return index


@pytest.fixture
def city(tmp_path: Path) -> SmallCity:
    made = SmallCity(tmp_path)
    made.close()
    return made


async def test_a_leaf_is_shown_when_it_is_on_disk_and_not_before(city: SmallCity) -> None:
    written = Written(city)
    before = written.log.size
    bundle = city.ca.device(city.clerk).bundle()
    assert await written.database.write(lambda c: written.append(c, bundle)) == before
    assert written.seen == [(before, before + 1)]
    assert written.log.size == before + 1
    written.database.close()


async def test_what_was_taken_back_leaves_no_trace(city: SmallCity) -> None:
    written = Written(city)
    before, head = written.log.size, written.log.head
    bundle = city.ca.device(city.clerk).bundle()
    with pytest.raises(RuntimeError):
        await written.database.write(lambda c: written.append(c, bundle, fail=True))
    assert (written.log.size, written.log.writing.size, written.log.head) == (before, before, head)
    other = city.ca.device(city.leader).bundle()
    assert await written.database.write(lambda c: written.append(c, other)) == before
    assert written.log.root(before + 1) == written.log.root(written.log.size)
    written.database.close()
    again = Written(city)
    assert again.log.head == written.log.head
    again.database.close()
