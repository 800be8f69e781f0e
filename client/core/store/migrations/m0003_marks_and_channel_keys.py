"""Session keys by their sender, delivery marks, and the device's own weekly channel keys."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

_MESSAGE_COLUMNS: Final = (
    "id, conversation, n, entry_id, signed, roster, person, device, session, ratchet_index, kind, fields, target, sent_at,"
    " received_at, standing, refusal, fault, edited, recalled"
)
_STATEMENTS: Final = (
    "ALTER TABLE megolm_inbound RENAME TO megolm_inbound_before",
    """CREATE TABLE megolm_inbound (
  session TEXT NOT NULL,
  device TEXT NOT NULL,
  conversation TEXT NOT NULL,
  pickle TEXT NOT NULL,
  PRIMARY KEY (session, device)
)""",
    "INSERT INTO megolm_inbound (session, device, conversation, pickle)"
    " SELECT session, device, conversation, pickle FROM megolm_inbound_before",
    "DROP TABLE megolm_inbound_before",
    "ALTER TABLE messages RENAME TO messages_before",
    "DROP INDEX messages_entry",
    "DROP INDEX messages_place",
    """CREATE TABLE messages (
  id TEXT NOT NULL,
  conversation TEXT NOT NULL,
  n INTEGER,
  entry_id BLOB,
  signed BLOB,
  roster BLOB,
  person TEXT NOT NULL,
  device TEXT NOT NULL,
  session TEXT,
  ratchet_index INTEGER,
  kind TEXT,
  fields BLOB,
  target TEXT,
  sent_at INTEGER NOT NULL,
  received_at INTEGER,
  standing TEXT NOT NULL,
  refusal TEXT,
  fault TEXT,
  edited TEXT,
  recalled BOOLEAN NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (session, device, ratchet_index)
)""",
    f"INSERT INTO messages ({_MESSAGE_COLUMNS}) SELECT {_MESSAGE_COLUMNS} FROM messages_before",
    "DROP TABLE messages_before",
    "CREATE INDEX messages_entry ON messages (entry_id)",
    "CREATE INDEX messages_place ON messages (conversation, n)",
    """CREATE TABLE delivery_marks (
  conversation TEXT NOT NULL,
  person TEXT NOT NULL,
  upto INTEGER NOT NULL,
  PRIMARY KEY (conversation, person)
)""",
    """CREATE TABLE channel_keys (
  made_at INTEGER NOT NULL,
  seed BLOB NOT NULL,
  published BOOLEAN NOT NULL,
  PRIMARY KEY (made_at)
)""",
)


def upgrade(connection: Connection) -> None:
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
