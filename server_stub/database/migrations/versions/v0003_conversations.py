"""Conversations: rosters and messages in one chain each, key packets, prekeys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "conversation_events",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("entry_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("message", sa.Text, unique=True),
        sa.Column("signed", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_index("conversation_events_kind", "conversation_events", ["conversation", "kind", "n"])
    op.create_table(
        "conversation_members",
        sa.Column("conversation", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
    )
    op.create_index("conversation_members_person", "conversation_members", ["person"])
    op.create_table(
        "key_packets",
        sa.Column("entry_id", sa.LargeBinary, primary_key=True),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("signed", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "prekeys",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("entry_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("fallback", sa.Integer, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("signed", sa.LargeBinary, nullable=False),
    )
    op.create_index("prekeys_device", "prekeys", ["device", "fallback", "used"])
