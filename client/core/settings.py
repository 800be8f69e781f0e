"""Settings of this profile, kept in its store."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from client.core.store import settings as table
from client.core.store.store_port import StorePort


class Settings:
    """Named values that CBOR can hold; a name belongs to the module that writes it."""

    def __init__(self, store: StorePort) -> None:
        self._store = store

    def get(self, connection: Connection, name: str, default: Any = None) -> Any:
        return table.get(connection, name, default)

    def set(self, connection: Connection, name: str, value: Any) -> None:
        table.put(connection, name, value)

    async def load(self, name: str, default: Any = None) -> Any:
        return await self._store.read(lambda connection: table.get(connection, name, default))

    async def save(self, name: str, value: Any) -> None:
        await self._store.write(lambda connection: table.put(connection, name, value))
