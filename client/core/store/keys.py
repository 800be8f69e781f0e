"""Private keys of this device and the principals' seeds it holds; they lie here and nowhere else."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from client.core.store.metadata import METADATA

OWN_KEYS: Final = Table(
    "own_keys",
    METADATA,
    Column("name", Text, primary_key=True),  # device | xwing | recovery | seal:<seal id>
    Column("private", LargeBinary, nullable=True),
    Column("public", LargeBinary, nullable=False),
    Column("certificate", LargeBinary, nullable=True),
)
PRINCIPAL_SEEDS: Final = Table(
    "principal_seeds",
    METADATA,
    Column("principal", Text, primary_key=True),
    Column("public", LargeBinary, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("seed", LargeBinary, nullable=False),
)


def own_key(connection: Connection, name: str) -> tuple[bytes | None, bytes, bytes | None] | None:
    """(private, public, certificate) of the key called `name`."""
    row = connection.execute(
        select(OWN_KEYS.c.private, OWN_KEYS.c.public, OWN_KEYS.c.certificate).where(OWN_KEYS.c.name == name)
    ).one_or_none()
    return None if row is None else (row.private, row.public, row.certificate)


def own_key_names(connection: Connection) -> list[str]:
    return list(connection.execute(select(OWN_KEYS.c.name).order_by(OWN_KEYS.c.name)).scalars())


def keep_own_key(
    connection: Connection, name: str, private: bytes | None, public: bytes, certificate: bytes | None = None
) -> None:
    row = {"name": name, "private": private, "public": public, "certificate": certificate}
    connection.execute(insert(OWN_KEYS).values(row).on_conflict_do_update(index_elements=["name"], set_=row))


def keep_seed(connection: Connection, principal: str, generation: int, public: bytes, seed: bytes) -> None:
    row = {"principal": principal, "generation": generation, "public": public, "seed": seed}
    connection.execute(insert(PRINCIPAL_SEEDS).values(row).on_conflict_do_nothing())


def seeds(connection: Connection) -> list[tuple[str, int, bytes, bytes]]:
    """Every (principal, generation, public, seed) held here, also those whose publication is not known
    yet."""
    columns = PRINCIPAL_SEEDS.c
    rows = connection.execute(select(columns.principal, columns.generation, columns.public, columns.seed))
    return [(row.principal, row.generation, row.public, row.seed) for row in rows]
