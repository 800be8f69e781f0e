"""What an attack has to work with, how it is written down, and what a client believes before and after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, select

from client.core.client import CoreClient
from client.core.store.metadata import METADATA
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.directory.log import Leaf
from protocol.errors import ErrorCode
from tests.security.malicious_server import MaliciousServer
from tests.support.real_clients import RealClients
from tests.support.small_city import Device, SmallCity


class Object(StrEnum):
    """What the server can lie about."""

    ORGANISATION_ENTRY = "organisation entry"
    ORGANISATION_ROOT = "organisation root"
    DEVICE_BUNDLE = "device bundle"
    DEVICE_CERTIFICATE = "device certificate"
    KEY_GENERATION = "key generation"
    KEY_SHARE = "key share"
    REVOCATION_LIST = "revocation list"
    SEAL_CERTIFICATE = "seal certificate"
    SEED_WRAP = "seed wrap"
    LOG_HEAD = "log head"
    PROOF = "proof"
    ENROLMENT_REPLY = "enrolment reply"
    TRUST_REPLY = "trust reply"
    SESSION = "session"


class Attack(StrEnum):
    """How it can lie."""

    FORGED = "forged"
    SWAPPED = "swapped"
    INJECTED = "injected"
    WITHHELD = "withheld"
    SPLIT_VIEW = "split view"
    ROLLBACK = "rollback"
    REPLAY = "replay"
    REORDERED = "reordered"


class World:
    """A city with an honest server, and a lying face of it for every client."""

    def __init__(self, folder: Path) -> None:
        self.city = SmallCity(folder)
        self.real = RealClients(self.city, folder)
        self.faces: dict[CoreClient, MaliciousServer] = {}
        self._stopping: list[MaliciousServer] = []

    def face(self) -> MaliciousServer:
        made = MaliciousServer(self.city)
        self._stopping.append(made)
        return made

    async def client(self, person: str) -> CoreClient:
        """A client in the log, which speaks to a face of its own."""
        face = self.face()
        client = await self.real.enrolled(person, face.port)
        self.faces[client] = face
        return client

    async def clerk(self) -> tuple[CoreClient, MaliciousServer]:
        """The usual victim, in step with the honest log."""
        client = await self.client(self.city.clerk)
        await client.directory.catch_up()
        return client, self.faces[client]

    def revocation(self, client: CoreClient) -> Leaf:
        """The CA's list with this client's device on it, not yet in any log."""
        me, clock = client.me, self.city.clock
        lost = Device(
            me.device, me.person, SigningKey.generate(), me.certificate, XWingPrivateKey.generate(), clock
        )
        return self.city.ca.revoke(lost)

    async def close(self) -> None:
        await self.real.close()
        for face in self._stopping:
            face.end()
        await asyncio.to_thread(self.city.close)
        for face in self._stopping:
            await asyncio.to_thread(face.join)


@dataclass(frozen=True)
class Strike:
    """A lie that is told from now on: who hears it, and what he does that brings it to him."""

    victim: CoreClient
    act: Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Cell:
    """One attack on one object. `notice`: the client does not raise, but says it aloud."""

    target: Object
    attack: Attack
    code: ErrorCode
    run: Callable[[World], Awaitable[Strike]]
    notice: bool

    @property
    def name(self) -> str:
        return self.run.__name__


CELLS: list[Cell] = []
Run = Callable[[World], Awaitable[Strike]]


def cell(target: Object, attack: Attack, code: ErrorCode, *, notice: bool = False) -> Callable[[Run], Run]:
    """Enter an attack into the table."""

    def enter(run: Run) -> Run:
        CELLS.append(Cell(target, attack, code, run, notice))
        return run

    return enter


def follows(client: CoreClient) -> Strike:
    """The victim asks for what is new in the log."""
    return Strike(client, client.directory.catch_up)


def show(face: MaliciousServer, client: CoreClient, *leaves: Leaf) -> Strike:
    """The face's log goes on with these leaves, and the victim follows it."""
    log = face.log or face.fork()
    for leaf in leaves:
        log.add(leaf)
    return follows(client)


# The same head signed again later is no other head; what waits to be sent is no belief.
_PASSING = ("directory_heads", "outbox")


async def belief(client: CoreClient) -> tuple[object, ...]:
    """All a client has on disk, and what it goes by in memory."""

    def rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
        kept = [table for table in METADATA.sorted_tables if table.name not in _PASSING]
        return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in kept}

    if not client.store.is_open:
        return ()
    directory = client.directory
    known, head = directory._state, directory._head
    return (
        await client.store.read(rows),
        directory.size,
        directory.root,
        None if head is None else (head.size, head.root),
        None if known is None else (known.size, known.active, dict(known._generations), known.revocations),
    )
