"""The search index is made anew, character by character: what the former one knows is moved over while the program runs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

_STATEMENTS: Final = (
    "ALTER TABLE search RENAME TO search_former",
    """CREATE VIRTUAL TABLE search USING fts5(
  area UNINDEXED, key UNINDEXED, content, tokenize='unicode61'
)""",
    # Places are given out here from now on: the new table is empty, and what is moved into it keeps its own.
    "CREATE UNIQUE INDEX search_place ON search_places (place)",
)


def upgrade(connection: Connection) -> None:
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
