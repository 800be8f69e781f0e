"""Entries of documents, the wraps of their keys, the ledgers of numbers, fresh heads of cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "document_entries",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("entry_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("signed", sa.LargeBinary, nullable=False),
        sa.Column("ciphertext", sa.LargeBinary, nullable=False),
        sa.Column("number_entry", sa.LargeBinary),
        sa.Column("receipt", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_index("document_entries_case", "document_entries", ["case_id", "position"])
    op.create_index("document_entries_object", "document_entries", ["object", "n"], unique=True)
    op.create_table(
        "object_wraps",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("entry_id", sa.LargeBinary, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    op.create_index("object_wraps_object", "object_wraps", ["object"])
    op.create_index("object_wraps_entry", "object_wraps", ["entry_id"])
    op.create_index("object_wraps_principal", "object_wraps", ["principal", "object"])
    op.create_table(
        "number_entries",
        sa.Column("chain", sa.Text, primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entry_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("case_id", sa.Text),
        sa.Column("signed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "case_heads",
        sa.Column("entry_id", sa.LargeBinary, primary_key=True),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("signed", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
