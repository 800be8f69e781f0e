"""Real clients that talk through lying faces of one server, step by step: nothing moves but what a test moves."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import select

from client.core.client import CoreClient
from client.core.events import NoticeRaised
from client.core.store.conversations import INBOUND, MESSAGES, OUTBOUND, READ_MARKS, ROSTERS
from client.core.sync.pull import LogEvent
from client.messaging import conversation_store
from client.messaging.service import Messaging
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from protocol.messaging.payloads import KeyPacket, MessageEvent, read_message
from server_stub.app import MakeBackend
from tests.security.malicious_server import MaliciousServer
from tests.security.world import World
from tests.support.small_city import b64, fresh
from tests.support.waiting import until

_MEMORY: Final = Path("/dev/shm")
_TABLES: Final = (INBOUND, MESSAGES, READ_MARKS, ROSTERS, OUTBOUND)


class Talker:
    """A client whose outbox runs, whose log is followed only when told, behind a face of its own."""

    def __init__(self, core: CoreClient, face: MaliciousServer) -> None:
        self.core, self.face = core, face
        self.conversations = Messaging(core).conversations
        self.notices: list[ErrorCode] = []
        core.bus.subscribe(self._heard)

    def _heard(self, event: object) -> None:
        if isinstance(event, NoticeRaised):
            self.notices.append(event.code)

    @property
    def person(self) -> str:
        return self.core.me.person

    @property
    def device(self) -> str:
        return self.core.me.device

    async def says(self, conversation: str, text: str) -> None:
        await self.conversations.send_text(conversation, text, None)
        await self.core.outbox.drained()

    async def texts(self, conversation: str) -> list[str]:
        return [row.text for row in (await self.conversations.newest(conversation, 500)).rows]

    async def follows(self) -> None:
        await self.core.catch_up()

    async def drains(self) -> None:
        """Until nothing is on its way; what failed for a moment is tried at once, for nobody moves the clock."""
        drained = self.core.tasks.start("drained", self.core.outbox.drained())

        def over() -> bool:
            self.core.outbox.wake()
            return drained.done()

        await until(over)

    async def belief(self) -> dict[str, Any]:
        """Everything that decides what is shown, and to whom keys go."""
        rows = {
            table.name: await self.core.store.read(
                lambda c, t=table: sorted(map(repr, c.execute(select(t)).all()))  # type: ignore[misc]
            )
            for table in _TABLES
        }
        known = await self.core.store.read(conversation_store.conversations)
        return rows | {"known": [(each.id, each.roster, each.members, each.title) for each in known]}

    async def told(self, kind: str, signed: bytes, n: int = 0, at: int | None = None) -> list[ErrorCode]:
        """Take in an event of the server's choosing as the next of the log; returns what the user is told of it."""
        before = len(self.notices)
        at = self.core.clock.now_ms() if at is None else at
        body = {"kind": kind, "signed": b64(signed), "n": n, "received_at": at}
        await self.core.deliver(LogEvent(await self.core.pull.cursor() + 1, kind, body))
        return self.notices[before:]

    async def signs(self, kind: SignedType, value: dict[str, Any]) -> bytes:
        """What this device signs when its owner helps the server."""
        return (await self.core.keystore.sign(kind, value)).to_bytes()

    def packets(self) -> list[KeyPacket]:
        """The key packets this client has posted."""
        bodies = [json.loads(body) for _, path, body in self.face.heard if path.endswith("/packets")]
        signed = [Signed.parse(b64decode(each)) for body in bodies for each in body["packets"]]
        return [KeyPacket.parse(each.value()) for each in signed]

    def posted(self) -> list[bytes]:
        """The signed messages this client has posted."""
        found = [body for _, path, body in self.face.heard if path.endswith("/conversations/messages")]
        return [b64decode(json.loads(body)["message"]) for body in found]


class Ring:
    """A world and the people who talk in it."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def joined(self, person: str) -> Talker:
        core = await self.world.client(person)
        return Talker(core, self.world.faces[core])

    async def ready(self, *talkers: Talker) -> None:
        """Everybody has an Olm identity in the log and prekeys at the server, and has seen the others'."""
        for talker in talkers:
            await talker.core.directory.catch_up()
            await talker.core.channel.maintain()
            await talker.core.directory.catch_up()
            await talker.core.channel.maintain()
        for talker in talkers:
            await talker.core.directory.catch_up()
            talker.core.tasks.start("outbox", talker.core.outbox.run(talker.core.tasks))

    async def three(self) -> tuple[Talker, Talker, Talker]:
        city = self.world.city
        people = (city.clerk, city.second_clerk, city.leader)
        first, second, third = [await self.joined(person) for person in people]
        await self.ready(first, second, third)
        return first, second, third

    async def group(self, first: Talker, *others: Talker) -> str:
        """A group of the first's that everybody has seen; one message is read by all."""
        talk = await first.conversations.start(tuple(each.person for each in others), "工作组")
        await first.core.outbox.drained()
        await first.says(talk, "第一条")
        for talker in (first, *others):
            await talker.follows()
        return talk


@asynccontextmanager
async def ring(media: MakeBackend | None = None) -> AsyncIterator[Ring]:
    """A ring in memory, ended with everything in it."""
    with TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        world = World(Path(folder) / "world", media)
        try:
            yield Ring(world)
        finally:
            await world.close()
            world.join()


def message(data: bytes) -> MessageEvent:
    return read_message(Signed.parse(data))


def altered(data: bytes, **changes: Any) -> dict[str, Any]:
    """The payload of a message with other fields."""
    return replace(message(data), **changes).value()


def fresh_message() -> str:
    return fresh(IdKind.MESSAGE)
