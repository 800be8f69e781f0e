"""Conversations on this device: rosters, messages as received and as read, and the ratchets that open them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from client.core.store.metadata import METADATA

CONVERSATIONS: Final = Table(
    "conversations",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("grouped", Boolean, nullable=False),
    Column("title", Text, nullable=False),
    Column("roster", LargeBinary, nullable=False),  # entry id of the newest roster verified
    Column("roster_n", Integer, nullable=False),
    Column("members", LargeBinary, nullable=False),  # CBOR list
    Column("admins", LargeBinary, nullable=False),
    Column("joined_n", Integer, nullable=False),  # place of the first message given to this device
    Column("last_n", Integer, nullable=False),
    Column("read_n", Integer, nullable=False),
    Column("draft", Text, nullable=False),
    Column("updated_at", Integer, nullable=False),
)
ROSTERS: Final = Table(
    "rosters",
    METADATA,
    Column("entry_id", LargeBinary, primary_key=True),
    Column("conversation", Text, nullable=False, index=True),
    Column("n", Integer, nullable=False),  # place in the chain of rosters, from 1
    Column("place", Integer, nullable=False),  # place in the conversation
    Column("signed", LargeBinary, nullable=False),
)
MESSAGES: Final = Table(
    "messages",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("n", Integer, nullable=True),  # None: not acknowledged yet
    Column("entry_id", LargeBinary, nullable=True),
    Column("signed", LargeBinary, nullable=True),
    Column("roster", LargeBinary, nullable=True),
    Column("person", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("session", Text, nullable=True),
    Column("ratchet_index", Integer, nullable=True),
    Column("kind", Text, nullable=True),
    Column("fields", LargeBinary, nullable=True),  # CBOR of what it says; None: not readable yet
    Column("target", Text, nullable=True),  # the message it edits or recalls
    Column("sent_at", Integer, nullable=False),
    Column("received_at", Integer, nullable=True),
    Column("standing", Text, nullable=False),  # settled | pending | refused
    Column("refusal", Text, nullable=True),
    Column("fault", Text, nullable=True),
    Column("edited", Text, nullable=True),  # the newest text
    Column("recalled", Boolean, nullable=False),
    UniqueConstraint("session", "device", "ratchet_index"),
    Index("messages_place", "conversation", "n"),
    Index("messages_entry", "entry_id"),
)
READ_MARKS: Final = Table(
    "read_marks",
    METADATA,
    Column("conversation", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("upto", Integer, nullable=False),
)
DELIVERY_MARKS: Final = Table(
    "delivery_marks",
    METADATA,
    Column("conversation", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("upto", Integer, nullable=False),  # by the server's word
)
CHANNEL_KEYS: Final = Table(
    "channel_keys",
    METADATA,
    Column("made_at", Integer, primary_key=True),  # milliseconds UTC
    Column("seed", LargeBinary, nullable=False),  # X-Wing
    Column("published", Boolean, nullable=False),
)
OLM: Final = Table(
    "olm",
    METADATA,
    Column("name", Text, primary_key=True),  # account | pickle-key
    Column("value", LargeBinary, nullable=False),
)
OLM_SESSIONS: Final = Table(
    "olm_sessions",
    METADATA,
    Column("device", Text, primary_key=True),
    Column("session", Text, primary_key=True),
    Column("pickle", Text, nullable=False),
    # ms UTC; 0: begun before the store was opened, only read with.
    Column("used_at", Integer, nullable=False),
)
OUTBOUND: Final = Table(
    "megolm_outbound",
    METADATA,
    Column("conversation", Text, primary_key=True),
    Column("session", Text, nullable=False),
    Column("pickle", Text, nullable=False),
    Column("roster", LargeBinary, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("shared", LargeBinary, nullable=False),  # CBOR list of devices that have the key
)
INBOUND: Final = Table(
    "megolm_inbound",
    METADATA,
    Column("session", Text, primary_key=True),
    # Who sent it, and nobody else may use it; a member who passes another's key on has it only under his own name.
    Column("device", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("pickle", Text, nullable=False),
)
