"""A store as a device has it, for what is kept of conversations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from client.core.store import database, schema


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "store"
    path.touch()
    engine = database.make_engine(path, bytes(32), read_only=False, size=1)
    with engine.begin() as connection:
        schema.upgrade(connection)
        yield connection
    engine.dispose()
