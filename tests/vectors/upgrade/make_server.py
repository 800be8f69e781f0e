"""Makes the next server folder from the last: `python -m tests.vectors.upgrade.make_server`.

`server-0001` was left by a server after a few days in a small city; its keys were made for it and guard nothing. The newest folder
kept is brought up to date by today's server, and every table that is still empty gets a row. Run once for every migration, when it
is finished.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from sqlalchemy import create_engine
from sqlcipher3 import dbapi2

from server_stub import config
from server_stub.database import schema
from server_stub.database.tables import METADATA
from tests.vectors.upgrade import filling

HERE = Path(__file__).parent


def main() -> int:
    last = max(HERE.glob("server-*"), key=lambda path: path.name)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(last, Path(folder) / "server"))
        schema.upgrade(config.read(root))
        _fill(root / "server.db")
        target = HERE / f"server-{_settle(root / 'server.db')}"
        shutil.copytree(root, target, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    sys.stdout.write(f"{target.name}\n")
    return 0


def _fill(database: Path) -> None:
    engine = create_engine("sqlite://", module=dbapi2, creator=lambda: dbapi2.connect(str(database)))
    with engine.begin() as connection:
        filling.fill(connection, METADATA)
    engine.dispose()


def _settle(path: Path) -> str:
    """Bring the database into one small file; returns its migration."""
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("VACUUM")
    [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    connection.close()
    return str(revision)


if __name__ == "__main__":
    raise SystemExit(main())
