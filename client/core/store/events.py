"""Where this device stands in its log (C20), and the events it could not read yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from client.core.store.metadata import METADATA

CURSOR: Final = Table(
    "event_cursor",
    METADATA,
    Column("log", Text, primary_key=True),
    Column("n", Integer, nullable=False),
)
HELD: Final = Table(
    "held_events",
    METADATA,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON as it came
    Column("code", Text, nullable=False),
)
_LOG: Final = "device"
_ROW = insert(CURSOR)
# Built once: it is run with every event.
_MOVE: Final = _ROW.on_conflict_do_update(index_elements=["log"], set_={"n": _ROW.excluded.n})


def cursor(connection: Connection) -> int:
    return connection.execute(select(CURSOR.c.n).where(CURSOR.c.log == _LOG)).scalar_one_or_none() or 0


def move_cursor(connection: Connection, n: int) -> None:
    connection.execute(_MOVE, {"log": _LOG, "n": n})


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """An event that could not be read when it came, and why. `body`: JSON as it came."""

    n: int
    kind: str
    body: bytes
    code: str


def held(connection: Connection) -> list[HeldEvent]:
    """All that are held, in the order they came."""
    rows = connection.execute(select(HELD).order_by(HELD.c.n))
    return [HeldEvent(row.n, row.kind, row.body, row.code) for row in rows]


def release(connection: Connection, n: int) -> None:
    """It is about to be read again."""
    connection.execute(HELD.delete().where(HELD.c.n == n))


def hold(connection: Connection, n: int, kind: str, body: bytes, code: str) -> None:
    row = {"n": n, "kind": kind, "body": body, "code": code}
    connection.execute(insert(HELD).values(row).on_conflict_do_nothing())
