"""The store as the first landing made it, word for word: later versions come after it, never into it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

_STATEMENTS: Final = (
    """CREATE TABLE blobs (
  id TEXT NOT NULL,
  size INTEGER NOT NULL,
  here BOOLEAN NOT NULL,
  there BOOLEAN NOT NULL,
  PRIMARY KEY (id)
)""",
    """CREATE TABLE directory_heads (
  size INTEGER NOT NULL,
  head BLOB NOT NULL,
  PRIMARY KEY (size)
)""",
    """CREATE TABLE directory_leaves (
  "index" INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  PRIMARY KEY ("index")
)""",
    """CREATE TABLE directory_snapshots (
  org_seq INTEGER NOT NULL,
  entries BLOB NOT NULL,
  PRIMARY KEY (org_seq)
)""",
    """CREATE TABLE directory_trust (
  name TEXT NOT NULL,
  certificate BLOB NOT NULL,
  PRIMARY KEY (name)
)""",
    """CREATE TABLE document_rows (
  id TEXT NOT NULL,
  role TEXT NOT NULL,
  case_id TEXT NOT NULL,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  number TEXT DEFAULT '' NOT NULL,
  urgency TEXT DEFAULT '' NOT NULL,
  label TEXT DEFAULT '' NOT NULL,
  phase TEXT,
  holder TEXT DEFAULT '' NOT NULL,
  origin TEXT DEFAULT '' NOT NULL,
  updated_at INTEGER NOT NULL,
  deadline INTEGER,
  standing TEXT DEFAULT 'settled' NOT NULL,
  refusal TEXT,
  opened_n INTEGER DEFAULT '0' NOT NULL,
  data BLOB,
  PRIMARY KEY (id)
)""",
    "CREATE INDEX document_rows_updated ON document_rows (updated_at)",
    """CREATE TABLE drafts (
  id TEXT NOT NULL,
  form BLOB NOT NULL,
  attachments BLOB NOT NULL,
  case_id TEXT,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
)""",
    """CREATE TABLE entries (
  entry_id BLOB NOT NULL,
  object TEXT NOT NULL,
  n INTEGER,
  signed BLOB NOT NULL,
  ciphertext BLOB NOT NULL,
  wraps BLOB NOT NULL,
  certificate BLOB,
  number_entry BLOB,
  receipt BLOB,
  received_at INTEGER,
  fields BLOB,
  standing TEXT NOT NULL,
  refusal TEXT,
  fault TEXT,
  PRIMARY KEY (entry_id)
)""",
    "CREATE INDEX entries_object_n ON entries (object, n)",
    """CREATE TABLE event_cursor (
  log TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (log)
)""",
    """CREATE TABLE held_events (
  n INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body BLOB NOT NULL,
  code TEXT NOT NULL,
  PRIMARY KEY (n)
)""",
    """CREATE TABLE number_entries (
  chain TEXT NOT NULL,
  n INTEGER NOT NULL,
  signed BLOB NOT NULL,
  PRIMARY KEY (chain, n)
)""",
    """CREATE TABLE objects (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  case_id TEXT NOT NULL,
  "key" BLOB,
  head_n INTEGER DEFAULT '0' NOT NULL,
  data BLOB,
  PRIMARY KEY (id)
)""",
    "CREATE INDEX ix_objects_case_id ON objects (case_id)",
    """CREATE TABLE outbox (
  position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  object TEXT NOT NULL,
  body BLOB NOT NULL,
  blobs BLOB NOT NULL,
  requires BLOB NOT NULL,
  state TEXT NOT NULL,
  code TEXT,
  params BLOB,
  attempts INTEGER DEFAULT '0' NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (id)
)""",
    "CREATE INDEX outbox_object ON outbox (object, position)",
    """CREATE TABLE own_keys (
  name TEXT NOT NULL,
  private BLOB,
  public BLOB NOT NULL,
  certificate BLOB,
  PRIMARY KEY (name)
)""",
    """CREATE TABLE principal_seeds (
  principal TEXT NOT NULL,
  public BLOB NOT NULL,
  generation INTEGER NOT NULL,
  seed BLOB NOT NULL,
  PRIMARY KEY (principal, public)
)""",
    """CREATE TABLE settings (
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (name)
)""",
    """CREATE VIRTUAL TABLE search USING fts5(
  area UNINDEXED, key UNINDEXED, content, tokenize='unicode61'
)""",
)


def upgrade(connection: Connection) -> None:
    for statement in _STATEMENTS:
        connection.exec_driver_sql(statement)
