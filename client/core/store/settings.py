"""Settings of this profile: named values, and small facts the core itself must remember."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from client.core.store.metadata import METADATA
from protocol.crypto import cbor

SETTINGS: Final = Table(
    "settings",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)


def get(connection: Connection, name: str, default: Any = None) -> Any:
    value = connection.execute(select(SETTINGS.c.value).where(SETTINGS.c.name == name)).scalar_one_or_none()
    return default if value is None else cbor.decode(value)


def put(connection: Connection, name: str, value: Any) -> None:
    row = {"name": name, "value": cbor.encode(value)}
    connection.execute(insert(SETTINGS).values(row).on_conflict_do_update(index_elements=["name"], set_=row))


def remove(connection: Connection, name: str) -> None:
    connection.execute(SETTINGS.delete().where(SETTINGS.c.name == name))
