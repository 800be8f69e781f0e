"""`admin audit` and `admin check` answer beside a server that runs, and right after one that was killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection

from server_stub import config as configuration
from server_stub.__main__ import main
from server_stub.audit import trail
from server_stub.config import Config
from server_stub.database import schema
from server_stub.database.database import Database


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = configuration.write(tmp_path / "server", "server", "127.0.0.1")
    schema.upgrade(made)
    return made


def note(connection: Connection) -> None:
    trail.record(connection, at=1, actor="dev", action="session", result="ok")


async def test_a_look_waits_for_nobody_who_writes(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(config)
    await database.write(note)
    inside, looked = threading.Event(), threading.Event()

    def held(connection: Connection) -> None:
        note(connection)
        inside.set()
        looked.wait()

    task = asyncio.get_running_loop().create_task(database.write(held))
    await asyncio.to_thread(inside.wait)
    assert await asyncio.to_thread(main, ["admin", "check", str(config.root)]) == 0
    looked.set()
    await task
    database.close()
    assert "audit: 1 rows, whole" in capsys.readouterr().out


_DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from server_stub import config
from server_stub.audit import trail
from server_stub.database.database import Database

async def write():
    database = Database(config.read(Path(sys.argv[1])))
    for n in range(200):
        await database.write(lambda c: trail.record(c, at=n, actor="dev", action="session", result="ok"))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(write())
"""


def test_right_after_a_kill_all_that_was_acknowledged_is_seen_and_nothing_is_changed(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    done = subprocess.run([sys.executable, "-c", _DYING, str(config.root)], check=False)
    assert done.returncode == -9
    log = config.database.with_name("server.db-wal")
    before = (config.database.read_bytes(), log.read_bytes())
    assert main(["admin", "check", str(config.root)]) == 0
    assert "audit: 200 rows, whole" in capsys.readouterr().out
    assert (config.database.read_bytes(), log.read_bytes()) == before


def test_a_folder_without_a_database_gets_none_by_being_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = configuration.write(tmp_path / "server", "server", "127.0.0.1")
    assert main(["admin", "audit", str(made.root)]) == 1
    assert not os.path.lexists(made.database)
    assert "no database yet" in capsys.readouterr().err


def test_looking_loads_nothing_of_what_serves() -> None:
    """It was 98 % of the time `admin check` took, and on a machine that starved minutes without a word."""
    heavy = {"fastapi", "uvicorn", "aiortc", "av", "alembic", "cryptography", "pydantic"}
    program = "import sys, server_stub.__main__; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    ).stdout
    assert not heavy & set(loaded.split())
