"""Meetings on this device: as they were called, and what their chairs did."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, Table, Text

from client.core.store.metadata import METADATA

MEETINGS: Final = Table(
    "meetings",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False, index=True),
    Column("entry_id", LargeBinary, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Column("starts_at", Integer, nullable=False),
    Column("ends_at", Integer, nullable=False),
    Column("standing", Text, nullable=False),  # pending: on its way | settled | refused
)
MEETING_ACTS: Final = Table(
    "meeting_acts",
    METADATA,
    Column("meeting", Text, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("entry_id", LargeBinary, nullable=False),
    Column("signed", LargeBinary, nullable=False),
)
