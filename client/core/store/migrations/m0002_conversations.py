"""Conversations and their ratchets."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

_STATEMENTS: Final = (
    """CREATE TABLE conversations (
  id TEXT NOT NULL,
  grouped BOOLEAN NOT NULL,
  title TEXT NOT NULL,
  roster BLOB NOT NULL,
  roster_n INTEGER NOT NULL,
  members BLOB NOT NULL,
  admins BLOB NOT NULL,
  joined_n INTEGER NOT NULL,
  last_n INTEGER NOT NULL,
  read_n INTEGER NOT NULL,
  draft TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
)""",
    """CREATE TABLE megolm_inbound (
  session TEXT NOT NULL,
  conversation TEXT NOT NULL,
  device TEXT NOT NULL,
  pickle TEXT NOT NULL,
  PRIMARY KEY (session)
)""",
    """CREATE TABLE megolm_outbound (
  conversation TEXT NOT NULL,
  session TEXT NOT NULL,
  pickle TEXT NOT NULL,
  roster BLOB NOT NULL,
  sent INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  shared BLOB NOT NULL,
  PRIMARY KEY (conversation)
)""",
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
  UNIQUE (session, ratchet_index)
)""",
    "CREATE INDEX messages_entry ON messages (entry_id)",
    "CREATE INDEX messages_place ON messages (conversation, n)",
    """CREATE TABLE olm (
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (name)
)""",
    """CREATE TABLE olm_sessions (
  device TEXT NOT NULL,
  session TEXT NOT NULL,
  pickle TEXT NOT NULL,
  used_at INTEGER NOT NULL,
  PRIMARY KEY (device, session)
)""",
    """CREATE TABLE read_marks (
  conversation TEXT NOT NULL,
  person TEXT NOT NULL,
  upto INTEGER NOT NULL,
  PRIMARY KEY (conversation, person)
)""",
    """CREATE TABLE rosters (
  entry_id BLOB NOT NULL,
  conversation TEXT NOT NULL,
  n INTEGER NOT NULL,
  place INTEGER NOT NULL,
  signed BLOB NOT NULL,
  PRIMARY KEY (entry_id)
)""",
    "CREATE INDEX ix_rosters_conversation ON rosters (conversation)",
)


def upgrade(connection: Connection) -> None:
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
