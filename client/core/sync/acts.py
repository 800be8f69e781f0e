"""The shape of an act on its way, and the rows of the outbox table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.exc import IntegrityError

from client.core.events import Event
from client.core.store.outbox import OUTBOX
from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError, LocalProtocolError


class ActStanding(StrEnum):
    """Where an act is; a settled one is no longer in the outbox."""

    PENDING = "pending"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing the user did. `body` is exactly what is sent, signed bytes inside, and never made anew."""

    id: str
    kind: str
    object: str
    body: bytes
    blobs: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class ActState:
    """What the pages may know of an act that is not settled."""

    id: str
    kind: str
    object: str
    state: ActStanding
    code: str | None
    params: tuple[tuple[str, str], ...]
    attempts: int
    created_at: int


class ActHandler(Protocol):
    """What an area knows about its own kind of act."""

    @property
    def kind(self) -> str: ...

    async def send(self, act: Act) -> object:
        """Give it to the server, which answers a repeated act as it answered the first."""
        ...

    def settle(self, connection: Connection, act: Act, reply: Any) -> Iterable[Event]:
        """Write the acknowledgement, in the transaction that takes the act out of the outbox."""
        ...

    def refuse(self, connection: Connection, act: Act, error: JinshuError) -> Iterable[Event]:
        """Write the refusal, in the transaction that marks the act."""
        ...


def insert(connection: Connection, act: Act) -> None:
    """Add an act; the same id with the same body again changes nothing.

    Raises:
        LocalProtocolError: sync.id_reused.
    """
    row = {
        "id": act.id,
        "kind": act.kind,
        "object": act.object,
        "body": act.body,
        "blobs": cbor.encode(list(act.blobs)),
        "requires": cbor.encode(list(act.requires)),
        "state": ActStanding.PENDING.value,
        "created_at": act.created_at,
    }
    try:
        with connection.begin_nested():
            connection.execute(OUTBOX.insert().values(row))
    except IntegrityError:
        if connection.execute(select(OUTBOX.c.body).where(OUTBOX.c.id == act.id)).scalar_one() != act.body:
            raise LocalProtocolError(ErrorCode.SYNC_ID_REUSED) from None


def pending(connection: Connection) -> list[Act]:
    """The first act of each object, if it is pending and all it requires is settled, oldest first."""
    rows = connection.execute(select(OUTBOX).order_by(OUTBOX.c.position)).all()
    waiting = {row.id for row in rows}
    seen: set[str] = set()
    ready: list[Act] = []
    for row in rows:
        first = row.object not in seen
        seen.add(row.object)
        act = _act(row)
        if first and row.state == ActStanding.PENDING.value and waiting.isdisjoint(act.requires):
            ready.append(act)
    return ready


def count(connection: Connection) -> tuple[int, int]:
    """(pending, refused)."""
    rows = connection.execute(select(OUTBOX.c.state, func.count()).group_by(OUTBOX.c.state))
    numbers = {str(row[0]): int(row[1]) for row in rows}
    return numbers.get(ActStanding.PENDING.value, 0), numbers.get(ActStanding.REFUSED.value, 0)


def states(connection: Connection) -> list[ActState]:
    rows = connection.execute(select(OUTBOX).order_by(OUTBOX.c.position)).all()
    return [
        ActState(
            id=row.id,
            kind=row.kind,
            object=row.object,
            state=ActStanding(row.state),
            code=row.code,
            params=tuple(sorted(cbor.decode(row.params).items())) if row.params else (),
            attempts=row.attempts,
            created_at=row.created_at,
        )
        for row in rows
    ]


def find(connection: Connection, act: str, standing: ActStanding) -> Act | None:
    row = connection.execute(
        select(OUTBOX).where(OUTBOX.c.id == act, OUTBOX.c.state == standing.value)
    ).one_or_none()
    return None if row is None else _act(row)


def blobs(connection: Connection) -> set[str]:
    """The blobs that acts on their way bring up first."""
    packed = connection.execute(select(OUTBOX.c.blobs)).scalars()
    return {blob for each in packed for blob in cbor.decode(each)}


def objects(connection: Connection, kind: str) -> set[str]:
    """What acts of a kind are on their way for."""
    return set(connection.execute(select(OUTBOX.c.object).where(OUTBOX.c.kind == kind)).scalars())


def exists(connection: Connection, act: str) -> bool:
    return connection.execute(select(OUTBOX.c.id).where(OUTBOX.c.id == act)).first() is not None


def remove(connection: Connection, act: str) -> bool:
    return connection.execute(OUTBOX.delete().where(OUTBOX.c.id == act)).rowcount > 0


def mark_refused(connection: Connection, act: str, error: JinshuError) -> None:
    params = {name: str(value) for name, value in error.params.items()}
    connection.execute(
        update(OUTBOX)
        .where(OUTBOX.c.id == act)
        .values(state=ActStanding.REFUSED.value, code=error.code.value, params=cbor.encode(params))
    )


def mark_pending(connection: Connection, act: str) -> None:
    connection.execute(
        update(OUTBOX)
        .where(OUTBOX.c.id == act)
        .values(state=ActStanding.PENDING.value, code=None, params=None)
    )


def count_attempt(connection: Connection, act: str) -> None:
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == act).values(attempts=OUTBOX.c.attempts + 1))


def _act(row: Row[Any]) -> Act:
    return Act(
        id=row.id,
        kind=row.kind,
        object=row.object,
        body=row.body,
        blobs=tuple(cbor.decode(row.blobs)),
        requires=tuple(cbor.decode(row.requires)),
        created_at=row.created_at,
    )
