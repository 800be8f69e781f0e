"""What the server keeps: ids, hashes, ciphertext, certificates and signatures; nothing it could read a word from."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA: Final = MetaData()

CODES: Final = Table(
    "codes",
    METADATA,
    Column("lookup_hash", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
)
ENROLMENTS: Final = Table(
    "enrolments",
    METADATA,
    Column("lookup_hash", Text, primary_key=True),
    Column("csr", LargeBinary, nullable=False),
    Column("bundle_fields", LargeBinary, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("certificate", LargeBinary, nullable=True),
    Column("head", LargeBinary, nullable=True),
    Column("answer_mac", LargeBinary, nullable=True),
)
LEAVES: Final = Table(
    "leaves",
    METADATA,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),  # the signed head right after this leaf
)
SNAPSHOTS: Final = Table(
    "snapshots",
    METADATA,
    Column("org_seq", Integer, primary_key=True, autoincrement=False),
    Column("entries", LargeBinary, nullable=False),  # CBOR list
)
SEED_WRAPS: Final = Table(
    "seed_wraps",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("principal", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("seed_wraps_recipient", "recipient", "principal"),
)
DEVICE_LOGS: Final = Table(
    "device_logs",
    METADATA,
    Column("device", Text, primary_key=True),
    Column("latest", BigInteger, nullable=False),
    Column("acknowledged", BigInteger, nullable=False),
    Column("heard_at", BigInteger, nullable=False),
)
EVENTS: Final = Table(
    "events",
    METADATA,
    Column("device", Text, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("reference", LargeBinary, nullable=False),  # what it is about: a size, an entry id
    Column("at", BigInteger, nullable=False),
)
SEAL_REQUESTS: Final = Table(
    "seal_requests",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("csr", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("certificate", LargeBinary, nullable=True),
    Column("leaf", LargeBinary, nullable=True),
)
DOCUMENT_ENTRIES: Final = Table(
    "document_entries",
    METADATA,
    Column("position", Integer, primary_key=True, autoincrement=True),  # the order in which all were accepted
    Column("entry_id", LargeBinary, nullable=False, unique=True),
    Column("case_id", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("number_entry", LargeBinary, nullable=True),
    Column("receipt", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Index("document_entries_case", "case_id", "position"),
    Index("document_entries_object", "object", "n", unique=True),
)
OBJECT_WRAPS: Final = Table(
    "object_wraps",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("entry_id", LargeBinary, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("object_wraps_object", "object"),
    Index("object_wraps_entry", "entry_id"),
    Index("object_wraps_principal", "principal", "object"),
)
NUMBER_ENTRIES: Final = Table(
    "number_entries",
    METADATA,
    Column("chain", Text, primary_key=True),  # body/code/year
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("entry_id", LargeBinary, nullable=False, unique=True),
    Column("case_id", Text, nullable=True),
    Column("signed", LargeBinary, nullable=False),
)
CASE_HEADS: Final = Table(
    "case_heads",
    METADATA,
    Column("entry_id", LargeBinary, primary_key=True),
    Column("object", Text, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
)
CONVERSATION_EVENTS: Final = Table(
    "conversation_events",
    METADATA,
    Column("conversation", Text, primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),  # roster | message
    Column("entry_id", LargeBinary, nullable=False, unique=True),
    Column("message", Text, nullable=True, unique=True),  # the client's id of a message
    Column("signed", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Index("conversation_events_kind", "conversation", "kind", "n"),
)
CONVERSATION_MEMBERS: Final = Table(
    "conversation_members",
    METADATA,
    Column("conversation", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Index("conversation_members_person", "person"),
)
KEY_PACKETS: Final = Table(
    "key_packets",
    METADATA,
    Column("entry_id", LargeBinary, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
PREKEYS: Final = Table(
    "prekeys",
    METADATA,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("entry_id", LargeBinary, nullable=False, unique=True),
    Column("device", Text, nullable=False),
    Column("fallback", Integer, nullable=False),
    Column("used", Integer, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Index("prekeys_device", "device", "fallback", "used"),
)
CHANNEL_KEYS: Final = Table(
    "channel_keys",
    METADATA,
    Column("device", Text, primary_key=True),
    Column("made_at", BigInteger, nullable=False),
    Column("signed", LargeBinary, nullable=False),
)
CONVERSATION_DELIVERY: Final = Table(
    "conversation_delivery",
    METADATA,
    Column("conversation", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("upto", BigInteger, nullable=False),  # what a device of his has acknowledged
)
MEETINGS: Final = Table(
    "meetings",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("entry_id", LargeBinary, nullable=False, unique=True),
    Column("signed", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Index("meetings_conversation", "conversation"),
)
MEETING_ACTS: Final = Table(
    "meeting_acts",
    METADATA,
    Column("meeting", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("entry_id", LargeBinary, nullable=False, unique=True),
    Column("signed", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
MEETING_PEOPLE: Final = Table(  # who has been in it, until it ends
    "meeting_people",
    METADATA,
    Column("meeting", Text, primary_key=True),
    Column("person", Text, primary_key=True),
)
DEVICE_VERSIONS: Final = Table(  # what each device last signed in with, by its own word
    "device_versions",
    METADATA,
    Column("device", Text, primary_key=True),
    Column("protocol", Integer, nullable=False),
    Column("release", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
COSIGNATURES: Final = Table(  # the newest of each witness
    "cosignatures",
    METADATA,
    Column("witness", LargeBinary, primary_key=True),  # the hash of its verifier key
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("at_s", BigInteger, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("chain", LargeBinary, nullable=False),
)
