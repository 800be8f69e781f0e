"""The directory log as this device verified it, and the snapshots it names."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, Table, Text, func, select
from sqlalchemy.dialects.sqlite import insert

from client.core.store.metadata import METADATA
from protocol.crypto import cbor

LEAVES: Final = Table(
    "directory_leaves",
    METADATA,
    Column("index", Integer, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
)
SNAPSHOTS: Final = Table(
    "directory_snapshots",
    METADATA,
    Column("org_seq", Integer, primary_key=True, autoincrement=False),
    Column("entries", LargeBinary, nullable=False),  # CBOR list of the entries' bytes
)
HEADS: Final = Table(
    "directory_heads",
    METADATA,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("head", LargeBinary, nullable=False),  # the signed head, evidence should the server take it back
)
TRUST: Final = Table(
    "directory_trust",
    METADATA,
    Column("name", Text, primary_key=True),  # root | first | issuing | log
    Column("certificate", LargeBinary, nullable=False),
)


def leaves(connection: Connection) -> list[bytes]:
    return list(connection.execute(select(LEAVES.c.leaf).order_by(LEAVES.c.index)).scalars())


def size(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(LEAVES)).scalar_one()


def append(connection: Connection, first: int, new: list[bytes]) -> None:
    rows = [{"index": first + offset, "leaf": leaf} for offset, leaf in enumerate(new)]
    if rows:
        connection.execute(LEAVES.insert(), rows)


def snapshot(connection: Connection, org_seq: int) -> list[bytes] | None:
    value = connection.execute(
        select(SNAPSHOTS.c.entries).where(SNAPSHOTS.c.org_seq == org_seq)
    ).scalar_one_or_none()
    return None if value is None else list(cbor.decode(value, limit=64 << 20))


def keep_snapshot(connection: Connection, org_seq: int, entries: list[bytes]) -> None:
    row = {"org_seq": org_seq, "entries": cbor.encode(entries)}
    connection.execute(insert(SNAPSHOTS).values(row).on_conflict_do_nothing())


def newest_head(connection: Connection) -> bytes | None:
    return connection.execute(
        select(HEADS.c.head).order_by(HEADS.c.size.desc()).limit(1)
    ).scalar_one_or_none()


def head(connection: Connection, head_size: int) -> bytes | None:
    """The newest signed head of a log of that size."""
    return connection.execute(select(HEADS.c.head).where(HEADS.c.size == head_size)).scalar_one_or_none()


def keep_head(connection: Connection, head_size: int, head: bytes) -> None:
    row = {"size": head_size, "head": head}
    connection.execute(insert(HEADS).values(row).on_conflict_do_update(index_elements=["size"], set_=row))


def trust(connection: Connection) -> dict[str, bytes]:
    return {
        name: certificate
        for name, certificate in connection.execute(select(TRUST.c.name, TRUST.c.certificate))
    }


def keep_trust(connection: Connection, certificates: dict[str, bytes]) -> None:
    for name, certificate in certificates.items():
        row = {"name": name, "certificate": certificate}
        connection.execute(insert(TRUST).values(row).on_conflict_do_update(index_elements=["name"], set_=row))
