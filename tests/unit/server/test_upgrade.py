"""Databases of earlier servers open in this one, with every row that was in them (C21)."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from protocol.crypto import merkle
from protocol.crypto.certificates import Profile, verify_chain
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.log import LogHead
from protocol.errors import ErrorCode, JinshuError
from protocol.release import PROTOCOL_VERSION
from server_stub import config as configuration
from server_stub.app import create_app
from server_stub.audit import trail
from server_stub.config import Config
from server_stub.database import schema
from server_stub.database.database import Database
from server_stub.directory import log_store
from server_stub.directory.log_store import DirectoryLog
from server_stub.directory.trust import ServerTrust
from server_stub.meetings import store
from tests.support.small_city import SetClock, b64
from tests.vectors import talking

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "upgrade"
FOLDERS = sorted(VECTORS.glob("server-*"))
Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


def rows(path: Path, like: Rows | None = None) -> Rows:
    """Every table with its columns and rows; with `like`, only the tables and columns there."""
    connection = sqlite3.connect(path)
    try:
        if like is None:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            tables: dict[str, list[str]] = {name: [] for (name,) in names if name != "alembic_version"}
            for name, columns in tables.items():
                columns += [row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')]
        else:
            tables = {name: columns for name, (columns, _) in like.items()}
        found: Rows = {}
        for name, columns in tables.items():
            listed = ", ".join(f'"{column}"' for column in columns)
            found[name] = (columns, sorted(connection.execute(f'SELECT {listed} FROM "{name}"'), key=repr))
        return found
    finally:
        connection.close()


def revision(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    finally:
        connection.close()


def newest() -> str | None:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    return ScriptDirectory.from_config(settings).get_current_head()


@pytest.fixture(params=FOLDERS, ids=lambda path: path.name)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Config]:
    """A kept folder and a copy of it to work on."""
    copy = Path(shutil.copytree(request.param, tmp_path / "server"))
    for name in ("blobs", "log", "audit"):
        (copy / name).mkdir()
    return request.param, configuration.read(copy)


def test_the_first_landing_is_kept() -> None:
    assert "server-0001" in [path.name for path in FOLDERS]
    assert [revision(path / "server.db") for path in FOLDERS] == [path.name[7:] for path in FOLDERS]


def test_no_table_of_the_kept_ones_is_empty(old: tuple[Path, Config]) -> None:
    kept = rows(old[0] / "server.db")
    assert len(kept) >= 9
    assert not [name for name, (_, found) in kept.items() if not found]


def test_an_upgrade_keeps_every_row(old: tuple[Path, Config]) -> None:
    folder, config = old
    before = rows(folder / "server.db")
    schema.upgrade(config)
    schema.upgrade(config)
    assert revision(config.database) == newest()
    assert rows(config.database, like=before) == before
    assert rows(folder / "server.db") == before


def test_the_upgraded_log_is_whole_and_its_head_is_signed(old: tuple[Path, Config]) -> None:
    _, config = old
    schema.upgrade(config)
    trust, clock = ServerTrust.load(config.tls), SetClock()
    database = Database(config)
    try:
        log = DirectoryLog(trust, clock)
        database.read_now(log.load)
        leaves = database.read_now(lambda connection: log_store.leaves(connection, 0, 1000))
        assert database.read_now(trail.first_broken) is None
    finally:
        database.close()
    signed = Signed.parse(log.head.to_bytes(), SignedType.LOG_HEAD)
    facts = verify_chain(
        trust.log_certificate, trust.issuing, trust.root, at_ms=clock.now, profile=Profile.LOG
    )
    verify(signed, facts.public_key, SignedType.LOG_HEAD)
    head = LogHead.parse(signed.value())
    assert (head.size, head.root) == (len(leaves), merkle.root([merkle.leaf_hash(leaf) for leaf in leaves]))
    assert head.size >= 7


def test_kept_meetings_are_as_their_chairs_left_them(old: tuple[Path, Config]) -> None:
    folder, config = old
    schema.upgrade(config)
    database = Database(config)
    try:
        if folder.name < "server-0005":
            with pytest.raises(JinshuError) as caught:
                database.read_now(lambda connection: store.state(connection, talking.MEETING))
            assert caught.value.code is ErrorCode.MEETINGS_UNKNOWN
            return
        _, meeting = database.read_now(lambda connection: store.find(connection, talking.MEETING))
        state = database.read_now(lambda connection: store.state(connection, talking.MEETING))
    finally:
        database.close()
    assert (meeting.conversation, meeting.chairs) == (talking.CONVERSATION, [talking.PERSON])
    assert (state.n, state.removed, state.chairs) == (1, frozenset({talking.OTHER}), (talking.PERSON,))


async def test_todays_server_starts_on_it_and_answers(old: tuple[Path, Config]) -> None:
    folder, config = old
    app = create_app(config, SetClock())
    inside = httpx.ASGITransport(app=app)
    headers = {"Jinshu-Protocol": str(PROTOCOL_VERSION)}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=inside, base_url="https://127.0.0.1/v1", headers=headers, timeout=None
        ) as client,
    ):
        health = await client.get("/health")
        trust = await client.get("/trust")
    assert health.json()["ready"]
    root = load_pem_x509_certificate((folder / "tls" / "root.pem").read_bytes())
    assert trust.json()["root"] == b64(root.public_bytes(Encoding.DER))


def test_a_database_of_a_newer_server_is_left_alone(old: tuple[Path, Config]) -> None:
    _, config = old
    connection = sqlite3.connect(config.database)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = rows(config.database)
    with pytest.raises(JinshuError) as caught:
        schema.upgrade(config)
    assert caught.value.code is ErrorCode.STORE_TOO_NEW
    assert (rows(config.database), revision(config.database)) == (before, "9999")
