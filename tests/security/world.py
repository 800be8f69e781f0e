"""What an attack has to work with, how it is written down, and what a client believes before and after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Connection, select

from client.core.client import CoreClient
from client.core.store.metadata import METADATA
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.directory.log import Leaf
from protocol.errors import ErrorCode
from server_stub.app import MakeBackend
from tests.security.malicious_server import MaliciousServer
from tests.support.real_clients import RealClients
from tests.support.small_city import Device, SmallCity

_MEMORY: Final = Path("/dev/shm")


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
    OBJECT_KEY = "object key"
    LOG_HEAD = "log head"
    PROOF = "proof"
    COSIGNATURE = "co-signature"
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

    def __init__(self, folder: Path, media: MakeBackend | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.city = SmallCity(folder, media=media)
        self.real = RealClients(self.city, folder)
        self.faces: dict[CoreClient, MaliciousServer] = {}
        self._stopping: list[MaliciousServer] = []

    def face(self, tls: Path | None = None) -> MaliciousServer:
        made = MaliciousServer(self.city, tls)
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
        """End everything; the servers' threads are waited for by `join`, all at once."""
        await self.real.close()
        for client in self.city.server._clients:
            client.close()
        for face in self._stopping:
            face.end()
        self.city.server._server.should_exit = True

    def join(self) -> None:
        for face in self._stopping:
            face.join()
        self.city.close()


class Worlds:
    """Worlds one after the other, in memory where there is such a folder: their many small writes are not what is tested."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None)
        self._made: list[World] = []

    def new(self) -> World:
        world = World(Path(self._folder.name) / str(len(self._made)))
        self._made.append(world)
        return world

    def end(self) -> None:
        """Wait for all servers together: each takes a while to stop, and nobody needs to wait for one."""
        for world in self._made:
            world.join()
        self._folder.cleanup()


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


# Where a lie of that kind cannot be told of that object, or changes nothing, and why.
EMPTY: Mapping[tuple[Object, Attack], str] = {
    (Object.DEVICE_CERTIFICATE, Attack.SPLIT_VIEW): "it travels in the bundle's leaf: see device bundle",
    (Object.DEVICE_CERTIFICATE, Attack.REORDERED): "there is one in a leaf",
    (Object.SEAL_CERTIFICATE, Attack.WITHHELD): "its keeper waits and cannot seal: nothing false is believed",
    (Object.SEED_WRAP, Attack.SPLIT_VIEW): "every device has a wrap of its own, named by its hash in the log",
    (Object.SEED_WRAP, Attack.REORDERED): "each wrap names its generation: their order says nothing",
    (
        Object.OBJECT_KEY,
        Attack.WITHHELD,
    ): "the reader cannot open and asks for a new wrap: nothing is believed",
    (
        Object.OBJECT_KEY,
        Attack.SPLIT_VIEW,
    ): "the commitment is in the signed entry: another key is refused by name",
    (Object.OBJECT_KEY, Attack.REPLAY): "an object has one key for ever: its old wrap opens to the same key",
    (Object.OBJECT_KEY, Attack.REORDERED): "each wrap stands alone",
    (
        Object.LOG_HEAD,
        Attack.REORDERED,
    ): "heads are asked for one by one: an earlier one after a later is a rollback",
    (
        Object.PROOF,
        Attack.ROLLBACK,
    ): "a proof goes from what is known to the head: the smaller head is refused first",
    (
        Object.COSIGNATURE,
        Attack.ROLLBACK,
    ): "of each witness the newest word is kept: an older one takes nothing back, see replay",
    (Object.COSIGNATURE, Attack.REORDERED): "each stands alone: its time and size are signed with it",
    (Object.ENROLMENT_REPLY, Attack.REORDERED): "there is one answer",
    (Object.TRUST_REPLY, Attack.SPLIT_VIEW): "each newcomer holds the root's fingerprint on paper",
    (
        Object.TRUST_REPLY,
        Attack.REPLAY,
    ): "the certificates are the same every day until they end: see rollback",
    (Object.TRUST_REPLY, Attack.REORDERED): "there is one reply",
    (Object.SESSION, Attack.INJECTED): "a token is the server's own: it buys nothing from anybody else",
    (Object.SESSION, Attack.WITHHELD): "a server that gives no session is an outage, and is shown as offline",
    (Object.SESSION, Attack.SPLIT_VIEW): "a session says nothing that another client could compare",
    (Object.SESSION, Attack.REORDERED): "a nonce is signed once, for one answer",
}


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
        return client.login.state, client.paths.store.exists(), client.paths.slots.exists()
    directory = client.directory
    known, head = directory._state, directory._head
    return (
        client.login.state,
        await client.store.read(rows),
        directory.size,
        directory.root,
        None if head is None else (head.size, head.root),
        None if known is None else (known.size, known.active, dict(known._generations), known.revocations),
    )
