"""Where in the search index a thing stands, so that replacing it does not read the whole index."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

_STATEMENTS: Final = (
    """CREATE TABLE search_places (
  area TEXT NOT NULL,
  key TEXT NOT NULL,
  place INTEGER NOT NULL,
  PRIMARY KEY (area, key)
) WITHOUT ROWID""",
    "INSERT INTO search_places SELECT area, key, max(rowid) FROM search GROUP BY area, key",
)


def upgrade(connection: Connection) -> None:
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
