"""Looking into the stores of tests."""

from __future__ import annotations

from sqlalchemy import Table, func, select

from client.core.store.store import Store


async def count(store: Store, table: Table) -> int:
    """How many rows a table has."""
    return await store.read(lambda c: int(c.execute(select(func.count()).select_from(table)).scalar_one()))
