"""Which version of the client each device last signed in with: who is too old for what a site wants to switch on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "device_versions",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("protocol", sa.Integer, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
