"""Private keys of this device and the principals' seeds it holds; they lie here and nowhere else."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import JSON, Column, Connection, Integer, LargeBinary, Table, Text, delete, select
from sqlalchemy.dialects.sqlite import insert

from client.core.store.metadata import METADATA

OWN_KEYS: Final = Table(
    "own_keys",
    METADATA,
    # device | xwing | recovery | seal:<seal id> | asked:<seal id>, one for which a certificate was asked in its place
    Column("name", Text, primary_key=True),
    Column("private", LargeBinary, nullable=True),  # None: it is elsewhere, on paper or in a token
    Column("public", LargeBinary, nullable=False),
    Column("certificate", LargeBinary, nullable=True),
    Column(
        "token", JSON(none_as_null=True), nullable=True
    ),  # which token, and which key in it (TokenKey.facts)
)
PRINCIPAL_SEEDS: Final = Table(
    "principal_seeds",
    METADATA,
    Column("principal", Text, primary_key=True),
    Column("public", LargeBinary, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("seed", LargeBinary, nullable=False),
)


class OwnKey(NamedTuple):
    """A row of `own_keys`, without its name."""

    private: bytes | None
    public: bytes
    certificate: bytes | None = None
    token: Any = None  # TokenKey.facts, not yet parsed


def own_key(connection: Connection, name: str) -> OwnKey | None:
    """The key called `name`."""
    columns = OWN_KEYS.c
    chosen = select(columns.private, columns.public, columns.certificate, columns.token)
    row = connection.execute(chosen.where(columns.name == name)).one_or_none()
    return None if row is None else OwnKey(*row)


def own_key_names(connection: Connection) -> list[str]:
    return list(connection.execute(select(OWN_KEYS.c.name).order_by(OWN_KEYS.c.name)).scalars())


def keep_own_key(connection: Connection, name: str, key: OwnKey) -> None:
    row = {"name": name, **key._asdict()}
    connection.execute(insert(OWN_KEYS).values(row).on_conflict_do_update(index_elements=["name"], set_=row))


def drop_own_key(connection: Connection, name: str) -> None:
    connection.execute(delete(OWN_KEYS).where(OWN_KEYS.c.name == name))


def keep_seed(connection: Connection, principal: str, generation: int, public: bytes, seed: bytes) -> None:
    row = {"principal": principal, "generation": generation, "public": public, "seed": seed}
    connection.execute(insert(PRINCIPAL_SEEDS).values(row).on_conflict_do_nothing())


def seeds(connection: Connection) -> list[tuple[str, int, bytes, bytes]]:
    """Every (principal, generation, public, seed) held here, also those whose publication is not known
    yet."""
    columns = PRINCIPAL_SEEDS.c
    rows = connection.execute(select(columns.principal, columns.generation, columns.public, columns.seed))
    return [(row.principal, row.generation, row.public, row.seed) for row in rows]
