"""A row in every table that is still empty: what an upgrade must keep, whatever it says."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Connection, Integer, LargeBinary, MetaData, func, insert, select


def fill(connection: Connection, metadata: MetaData) -> None:
    """Values of plausible kinds, named after their columns."""
    for table in metadata.sorted_tables:
        if not connection.execute(select(func.count()).select_from(table)).scalar_one():
            connection.execute(insert(table).values({each.name: _value(each) for each in table.columns}))


def _value(column: Column[Any]) -> object:
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer):
        return 1
    return column.name.encode() if isinstance(column.type, LargeBinary) else column.name
