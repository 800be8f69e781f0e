"""The encrypted store: right key or nothing, whole transactions or nothing, old schema upgraded, newer one
untouched."""

from __future__ import annotations

import asyncio
import importlib
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

import client.core.store
from client.core.store import (
    blobs,
    conversations,
    directory,
    documents,
    events,
    keys,
    outbox,
    schema,
    search,
    settings,
)
from client.core.store.database import check_library, make_engine
from client.core.store.metadata import METADATA
from client.core.store.store import Store
from client.core.tasks import TaskSupervisor
from protocol.errors import ErrorCode, JinshuError

KEY = bytes(range(32))
GROUPS = (
    conversations,
    blobs,
    directory,
    documents,
    events,
    keys,
    outbox,
    settings,
)  # imported, so that METADATA knows them


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store.db")
    made.create(KEY)
    yield made
    made.close()


async def test_what_was_written_is_read(store: Store) -> None:
    await store.write(lambda connection: settings.put(connection, "name", ["值", 1]))
    assert await store.read(lambda connection: settings.get(connection, "name")) == ["值", 1]


async def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def fail(connection: Connection) -> None:
        settings.put(connection, "name", 1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.write(fail)
    assert await store.read(lambda connection: settings.get(connection, "name")) is None


async def test_a_cancelled_caller_still_knows_its_rows_are_there(store: Store) -> None:
    tasks = TaskSupervisor()
    task = tasks.start("write", store.write(lambda connection: settings.put(connection, "name", 1)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.read(lambda connection: settings.get(connection, "name")) == 1


async def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match="readonly"):
        await store.read(lambda connection: settings.put(connection, "name", 1))


async def test_a_closed_store_refuses(store: Store) -> None:
    store.close()
    with pytest.raises(JinshuError) as caught:
        await store.read(lambda connection: None)
    assert caught.value.code is ErrorCode.STORE_LOCKED


def test_a_wrong_key_is_named_and_changes_nothing(store: Store, tmp_path: Path) -> None:
    store.close()
    before = (tmp_path / "store.db").read_bytes()
    with pytest.raises(JinshuError) as caught:
        Store(tmp_path / "store.db").open(bytes(32))
    assert caught.value.code is ErrorCode.STORE_WRONG_KEY
    assert (tmp_path / "store.db").read_bytes() == before


def test_a_missing_store_is_never_made_anew(tmp_path: Path) -> None:
    with pytest.raises(JinshuError) as caught:
        Store(tmp_path / "store.db").open(KEY)
    assert caught.value.code is ErrorCode.STORE_MISSING
    assert not (tmp_path / "store.db").exists()


def test_an_existing_store_is_never_overwritten(store: Store, tmp_path: Path) -> None:
    with pytest.raises(JinshuError) as caught:
        Store(tmp_path / "store.db").create(KEY)
    assert caught.value.code is ErrorCode.STORE_EXISTS


async def test_a_newer_store_is_refused_and_left_alone(store: Store, tmp_path: Path) -> None:
    await store.write(lambda connection: connection.execute(text("PRAGMA user_version = 99")) and None)
    store.close()
    before = (tmp_path / "store.db").read_bytes()
    with pytest.raises(JinshuError) as caught:
        Store(tmp_path / "store.db").open(KEY)
    assert caught.value.code is ErrorCode.STORE_TOO_NEW
    assert (tmp_path / "store.db").read_bytes() == before


def test_an_old_library_is_refused() -> None:
    with pytest.raises(JinshuError) as caught:
        check_library((3, 40, 1))
    assert caught.value.code is ErrorCode.STORE_LIBRARY_TOO_OLD


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.iterdir()]


async def test_nothing_lies_in_plaintext(store: Store, tmp_path: Path) -> None:
    await store.write(lambda connection: settings.put(connection, "name", "绝不明文" * 50))
    store.close()
    for data in contents(tmp_path):
        assert "绝不明文".encode() not in data
        assert b"SQLite format 3" not in data


def test_the_migrations_make_exactly_the_tables_the_code_uses(store: Store, tmp_path: Path) -> None:
    # A table is known once its module is imported, whichever other tests have run here.
    for module in pkgutil.iter_modules(client.core.store.__path__):
        importlib.import_module(f"client.core.store.{module.name}")
    engine = make_engine(tmp_path / "store.db", KEY, read_only=True, size=1)
    with engine.connect() as connection:
        inspector = inspect(connection)
        found = {name for name in inspector.get_table_names() if not name.startswith("search")}
        assert found == set(METADATA.tables)
        for name, table in METADATA.tables.items():
            columns = {column["name"]: column for column in inspector.get_columns(name)}
            assert list(columns) == [column.name for column in table.columns]
            for column in table.columns:
                assert columns[column.name]["nullable"] == column.nullable, f"{name}.{column.name}"
                assert str(columns[column.name]["type"]) == column.type.compile(connection.dialect)
            assert {index["name"] for index in inspector.get_indexes(name)} == {
                index.name for index in table.indexes
            }
        assert schema.version(connection) == schema.VERSION
    engine.dispose()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("会议", ["a"]),
        ("议会", []),
        ("通知 会议", ["a"]),
        ("〔2026〕12号", ["a"]),
        ("ＰＤＦ", ["b"]),
        ("pd", ["b"]),  # parts are found, too
        ("fp", []),
        ("。", []),
        ('"会', ["a"]),
    ],
)
async def test_chinese_words_of_any_length_are_found(store: Store, query: str, found: list[str]) -> None:
    def fill(connection: Connection) -> None:
        search.put(connection, area="documents", key="a", content="关于召开会议的通知 发改〔2026〕12号")
        search.put(connection, area="documents", key="b", content="附件 PDF 文件")
        search.put(connection, area="messages", key="c", content="会议 pdf")

    await store.write(fill)
    assert (
        await store.read(lambda connection: search.find(connection, area="documents", query=query)) == found
    )


def test_what_was_reported_as_written_survives_a_kill(tmp_path: Path) -> None:
    """Each number printed by the child was committed before; after SIGKILL all of them are in the store, and
    it is sound."""
    Store(tmp_path / "store.db").create(KEY)
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.unit.core.writing_process", str(tmp_path / "store.db"), KEY.hex()],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )
    assert child.stdout is not None
    seen = 0
    while seen < 40:
        seen = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read().split()
    child.stdout.close()
    child.wait()
    seen = int(rest[-1]) if rest and rest[-1].isdigit() else seen
    engine = make_engine(tmp_path / "store.db", KEY, read_only=True, size=1)
    with engine.connect() as connection:
        assert settings.get(connection, "left") == settings.get(connection, "right")
        assert settings.get(connection, "left") >= seen
        assert connection.execute(text("PRAGMA cipher_integrity_check")).all() == []
    engine.dispose()
