"""The audit trail: who did what when and how it ended, never content; each row carries the hash of all before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, insert, select

from server_stub.database.tables import AUDIT

_START: Final = hashlib.sha256(b"jinshu/audit/v1").digest()


@dataclass(frozen=True, slots=True)
class Row:
    """One act. `reference` is an id or a hash in hexadecimal."""

    n: int
    at: int
    actor: str
    action: str
    result: str
    reference: str
    chain: bytes


def _chain(previous: bytes, n: int, at: int, actor: str, action: str, result: str, reference: str) -> bytes:
    text = "\x1f".join((str(n), str(at), actor, action, result, reference))
    return hashlib.sha256(previous + text.encode()).digest()


def record(
    connection: Connection, *, at: int, actor: str, action: str, result: str, reference: str = ""
) -> None:
    """Append a row in the transaction of the act itself."""
    last = connection.execute(select(AUDIT.c.n, AUDIT.c.chain).order_by(AUDIT.c.n.desc()).limit(1)).first()
    n, previous = (last.n + 1, last.chain) if last is not None else (1, _START)
    chain = _chain(previous, n, at, actor, action, result, reference)
    connection.execute(
        insert(AUDIT).values(
            n=n, at=at, actor=actor, action=action, result=result, reference=reference, chain=chain
        )
    )


def rows(connection: Connection, after: int = 0) -> Iterator[Row]:
    for row in connection.execute(select(AUDIT).where(AUDIT.c.n > after).order_by(AUDIT.c.n)):
        yield Row(row.n, row.at, row.actor, row.action, row.result, row.reference, row.chain)


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(AUDIT)).scalar_one())


def first_broken(connection: Connection) -> int | None:
    """The number of the first row that does not follow from those before it, or None when the chain is whole."""
    previous = _START
    for expected, row in enumerate(rows(connection), 1):
        chain = _chain(previous, row.n, row.at, row.actor, row.action, row.result, row.reference)
        if row.n != expected or chain != row.chain:
            return expected
        previous = row.chain
    return None
