"""Codes, enrolments, the directory log, device logs, seal requests, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "codes",
        sa.Column("lookup_hash", sa.Text, primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "enrolments",
        sa.Column("lookup_hash", sa.Text, primary_key=True),
        sa.Column("csr", sa.LargeBinary, nullable=False),
        sa.Column("bundle_fields", sa.LargeBinary, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("certificate", sa.LargeBinary),
        sa.Column("head", sa.LargeBinary),
        sa.Column("answer_mac", sa.LargeBinary),
    )
    op.create_table(
        "leaves",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "snapshots",
        sa.Column("org_seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "seed_wraps",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    op.create_index("seed_wraps_recipient", "seed_wraps", ["recipient", "principal"])
    op.create_table(
        "device_logs",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("latest", sa.BigInteger, nullable=False),
        sa.Column("acknowledged", sa.BigInteger, nullable=False),
        sa.Column("heard_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reference", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "seal_requests",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("csr", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("certificate", sa.LargeBinary),
        sa.Column("leaf", sa.LargeBinary),
    )
    op.create_table(
        "audit",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
    )
