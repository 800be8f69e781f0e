"""Brings a database to the newest schema with Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from protocol.errors import ErrorCode, JinshuError
from server_stub.config import Config
from server_stub.database.engine import make_engine

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def touch(connection: Connection) -> None:
    """Write the one row every database has, as it is: what a commit needs is then known to work."""
    connection.execute(text("UPDATE alembic_version SET version_num = version_num"))


def upgrade(config: Config) -> None:
    """Run every migration that is missing.

    Raises:
        JinshuError: `store.too_new`, the database was made by a newer server.
    """
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(settings)
    known = {script.revision for script in scripts.walk_revisions()}
    engine = make_engine(config)
    try:
        with engine.connect() as connection, connection.begin():
            current = MigrationContext.configure(connection).get_current_revision()
            if current is not None and current not in known:
                raise JinshuError(ErrorCode.STORE_TOO_NEW)
            if current == scripts.get_current_head():
                return
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    finally:
        engine.dispose()
