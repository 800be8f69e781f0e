"""The user's acts on their way to the server, kept until it has acknowledged them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from client.core.store.metadata import METADATA

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("blobs", LargeBinary, nullable=False),  # CBOR list of blob ids to upload first
    Column("requires", LargeBinary, nullable=False),  # CBOR list of act ids to settle first
    Column("state", Text, nullable=False),  # pending | refused
    Column("code", Text, nullable=True),
    Column("params", LargeBinary, nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Integer, nullable=False),
    Index("outbox_object", "object", "position"),
    sqlite_autoincrement=True,
)
