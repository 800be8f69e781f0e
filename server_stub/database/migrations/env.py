"""Alembic's environment: always the connection `schema.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from server_stub.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=False,
)
context.run_migrations()
