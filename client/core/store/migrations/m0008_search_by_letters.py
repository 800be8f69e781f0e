"""The search index is made anew by the letters of `client.core.letters` alone: the tokenizer folds nothing any more by itself.

unicode61 took off some accents (é, not ế), so that the index and the filters of short lists found different things.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

_STATEMENTS: Final = (
    "ALTER TABLE search RENAME TO search_former",
    """CREATE VIRTUAL TABLE search USING fts5(
  area UNINDEXED, key UNINDEXED, content,
  tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* P* S* C*'"
)""",
)
# A store whose index is being made anew already has both: what was moved goes back and is moved again.
_PUT_BACK: Final = (
    "INSERT INTO search_former (rowid, area, key, content) SELECT rowid, area, key, content FROM search",
    "DROP TABLE search",
)


def upgrade(connection: Connection) -> None:
    found = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'search_former'"
    unfinished = connection.exec_driver_sql(found).first() is not None
    for statement in (*_PUT_BACK, *_STATEMENTS[1:]) if unfinished else _STATEMENTS:
        connection.exec_driver_sql(statement)
