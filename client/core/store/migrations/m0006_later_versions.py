"""Places in chains whose entries this device refused: what comes after them goes on."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

_STATEMENTS: Final = (
    """CREATE TABLE passed_places (
  object TEXT NOT NULL,
  n INTEGER NOT NULL,
  receipt BLOB NOT NULL,
  PRIMARY KEY (object, n)
)""",
)


def upgrade(connection: Connection) -> None:
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
