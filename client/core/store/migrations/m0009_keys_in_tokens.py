"""Which token holds a key of a seal that was made in one, where the private half of the others lies."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

_STATEMENTS: Final = ("ALTER TABLE own_keys ADD COLUMN token JSON",)


def upgrade(connection: Connection) -> None:
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
