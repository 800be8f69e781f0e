"""Documents on this device: objects with their keys, signed entries, drafts, and the rows the boxes read."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from client.core.store.metadata import METADATA

OBJECTS: Final = Table(
    "objects",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # case | branch | issue | receipt
    Column("case_id", Text, nullable=False, index=True),
    Column("key", LargeBinary, nullable=True),
    Column("head_n", Integer, nullable=False, server_default="0"),
    Column("data", LargeBinary, nullable=True),
)
ENTRIES: Final = Table(
    "entries",
    METADATA,
    Column("entry_id", LargeBinary, primary_key=True),
    Column("object", Text, nullable=False),
    Column("n", Integer, nullable=True),  # None: not acknowledged yet
    Column("signed", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("wraps", LargeBinary, nullable=False),  # CBOR list of wrap records
    Column("certificate", LargeBinary, nullable=True),
    Column("number_entry", LargeBinary, nullable=True),
    Column("receipt", LargeBinary, nullable=True),
    Column("received_at", Integer, nullable=True),
    Column("fields", LargeBinary, nullable=True),  # CBOR of the opened hidden fields with their salts
    Column("standing", Text, nullable=False),  # settled | pending | refused
    Column("refusal", Text, nullable=True),
    Column("fault", Text, nullable=True),  # the code when it did not verify
    Index("entries_object_n", "object", "n"),
)
# Of entries that were refused because they say what no version on this site may say: their receipts count, they do not.
PASSED_PLACES: Final = Table(
    "passed_places",
    METADATA,
    Column("object", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("receipt", LargeBinary, nullable=False),
)
DOCUMENT_ROWS: Final = Table(
    "document_rows",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),  # case | branch | issue | receipt
    Column("case_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False, server_default=""),
    Column("urgency", Text, nullable=False, server_default=""),
    Column("label", Text, nullable=False, server_default=""),
    Column("phase", Text, nullable=True),
    Column("holder", Text, nullable=False, server_default=""),
    Column("origin", Text, nullable=False, server_default=""),
    Column("updated_at", Integer, nullable=False),
    Column("deadline", Integer, nullable=True),
    Column("standing", Text, nullable=False, server_default="settled"),
    Column("refusal", Text, nullable=True),
    Column("opened_n", Integer, nullable=False, server_default="0"),
    Column("data", LargeBinary, nullable=True),
    Index("document_rows_updated", "updated_at"),
)
DRAFTS: Final = Table(
    "drafts",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("form", LargeBinary, nullable=False),
    Column("attachments", LargeBinary, nullable=False),
    Column("case_id", Text, nullable=True),
    Column("updated_at", Integer, nullable=False),
)
NUMBER_ENTRIES: Final = Table(
    "number_entries",
    METADATA,
    Column("chain", Text, primary_key=True),  # body/code/year
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("signed", LargeBinary, nullable=False),
)
