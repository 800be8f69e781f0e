"""What is known of each blob; the ciphertext itself is a file in the profile's blobs folder."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Connection, Integer, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from client.core.store.metadata import METADATA

BLOBS: Final = Table(
    "blobs",
    METADATA,
    Column("id", Text, primary_key=True),  # hex SHA-256 of the ciphertext
    Column("size", Integer, nullable=False),
    Column("here", Boolean, nullable=False),  # complete and verified on this disk
    Column("there", Boolean, nullable=False),  # complete at the server, by its word
)


def find(connection: Connection, blob: str) -> tuple[int, bool, bool] | None:
    """(size, here, there)."""
    row = connection.execute(
        select(BLOBS.c.size, BLOBS.c.here, BLOBS.c.there).where(BLOBS.c.id == blob)
    ).one_or_none()
    return None if row is None else (row.size, row.here, row.there)


def put(connection: Connection, blob: str, size: int, *, here: bool, there: bool) -> None:
    row = {"id": blob, "size": size, "here": here, "there": there}
    connection.execute(insert(BLOBS).values(row).on_conflict_do_update(index_elements=["id"], set_=row))


def remove(connection: Connection, blob: str) -> None:
    connection.execute(BLOBS.delete().where(BLOBS.c.id == blob))
