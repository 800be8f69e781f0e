"""Meetings and the acts of their chairs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

_STATEMENTS: Final = (
    """CREATE TABLE meetings (
  id TEXT NOT NULL,
  conversation TEXT NOT NULL,
  entry_id BLOB NOT NULL,
  signed BLOB NOT NULL,
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  standing TEXT NOT NULL,
  PRIMARY KEY (id)
)""",
    "CREATE INDEX ix_meetings_conversation ON meetings (conversation)",
    """CREATE TABLE meeting_acts (
  meeting TEXT NOT NULL,
  n INTEGER NOT NULL,
  entry_id BLOB NOT NULL,
  signed BLOB NOT NULL,
  PRIMARY KEY (meeting, n)
)""",
)


def upgrade(connection: Connection) -> None:
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
