"""Who has been in a meeting: being locked does not keep them out, whatever the server has gone through since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "meeting_people",
        sa.Column("meeting", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
    )
