"""People who talk, with everything of a client's messaging that is not disk, network or window: milliseconds a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

import pytest

from client.core.bus import EventBus
from client.core.events import Event, NoticeRaised
from client.core.identity.keystore import DeviceKeys, Me
from client.core.sync import acts
from client.core.sync.acts import Act, ActHandler
from client.core.sync.blob_files import BlobFiles
from client.core.sync.blobs import Blobs
from client.core.sync.copied_back import CopiedBack
from client.core.sync.outbox import Outbox
from client.core.sync.pull import Pull
from client.core.tasks import TaskSupervisor
from client.messaging.conversations import Conversations
from client.messaging.delivery import DeliveryMarks
from client.messaging.group_sessions import GroupSessions
from client.messaging.incoming_events import MessageContents, MessageEvents, PacketEvents, RosterEvents
from client.messaging.left_out import LeftOutEvents
from client.messaging.outgoing_acts import MessageActs, RosterActs
from client.messaging.renewal import RenewalActs
from client.messaging.rows import MessageRow
from protocol.crypto.signature import SignedType
from protocol.directory.log import DeviceBundle, Leaf, LeafKind, OlmIdentity
from protocol.directory.organisation import SITE_ID, Site
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.keyed_signer import KeyedSigner
from tests.support.memory_directory import MemoryDirectory
from tests.support.memory_store import MemoryStore
from tests.unit.core.clocks import ManualClock
from tests.unit.core.log_double import LI, WANG, City, identifier
from tests.unit.messaging.conversation_server import ConversationServer, Line
from tests.unit.messaging.handed_channel import HandedChannel

ZHAO: Final = identifier(IdKind.PERSON, 3)
PEOPLE: Final = (WANG, LI, ZHAO)


class Talk:
    """A city, its log, and a server for conversations."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.city = City(self.clock)
        self.city.publish_organisation([WANG], people=PEOPLE)
        self.directory = MemoryDirectory(self.city)
        self.server = ConversationServer(self._devices_of, self.clock.now_ms)
        self._entered = 0

    def switch_on(self, *features: str) -> None:
        """The next snapshot says that these features are on."""
        self.city.site = [Site(SITE_ID, tuple(sorted(features)), 0)]
        self.city.publish_organisation([WANG], people=PEOPLE)

    def _devices_of(self, person: str) -> list[str]:
        return [device.id for device in self.city.state.active_devices(person)]

    def person(self, person: str) -> Talker:
        """A new device of a person, in the log with its Olm identity."""
        self._entered += 1
        keys = DeviceKeys.generate()
        name = identifier(IdKind.DEVICE, self._entered)
        certificate = self.city.certificate(keys, person, name)
        me = Me(person, name, "桌面", certificate)
        signer = KeyedSigner(keys.signing, me, self.clock, self._entered)
        now = self.clock.now_ms()
        bundle = DeviceBundle(name, person, me.cert_hash, bytes(keys.xwing.public), now, "桌面")
        olm = OlmIdentity(name, signer.entropy(32), signer.entropy(32), now)
        for kind, of, value in (
            (LeafKind.DEVICE, SignedType.DEVICE_BUNDLE, bundle.value()),
            (LeafKind.OLM, SignedType.OLM_IDENTITY, olm.value()),
        ):
            self.city._add(Leaf(kind, signer.sign_at_once(of, value).to_bytes(), certificate), None)
        return Talker(self, signer)


class NoBlobs:
    """These tests move no files."""

    async def begin_blob(self, blob: str, size: int) -> int:
        raise AssertionError((blob, size))

    async def append_blob(self, blob: str, offset: int, data: bytes) -> int:
        raise AssertionError((blob, offset, data))

    def read_blob(self, blob: str, offset: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        raise AssertionError((blob, offset))


class Talker:
    """One device: its services, composed as `client.messaging.service` composes them, and its outbox in the test's hand."""

    def __init__(self, talk: Talk, signer: KeyedSigner) -> None:
        self.signer = signer
        self.store = store = MemoryStore()
        self.directory = directory = talk.directory
        self.clock = talk.clock
        self.bus = bus = EventBus()
        self.events: list[Event] = []
        bus.subscribe(self.events.append)
        self.line = line = Line(talk.server, signer.me.device)
        self.tasks = TaskSupervisor()
        self.copied_back = CopiedBack(store, bus)
        blobs = Blobs(store, BlobFiles(Path(), signer.entropy), NoBlobs(), bus, lambda: False)
        self.outbox = Outbox(store, bus, talk.clock, lambda: 0.0, blobs.upload)
        self.pull = Pull(store, line, bus, talk.clock, copied_back=self.copied_back)
        self.channel = HandedChannel(
            signer, store, directory, lambda device, data: talk.server.tell(device, "packet", data)
        )
        contents = MessageContents(signer, directory)
        self.messages = MessageEvents(signer, store, directory, self.copied_back, bus, contents)
        self.left_out = LeftOutEvents(signer, directory)
        self.pull.register(RosterEvents(signer, store, directory))
        self.pull.register(PacketEvents(self.channel, self.copied_back, contents))
        self.pull.register(self.messages)
        self.pull.register(self.left_out)
        self.delivery = DeliveryMarks(signer, store, line, bus, self.tasks)
        self.sessions = GroupSessions(signer, store, directory, self.channel)
        self.renewal = RenewalActs(signer, store, self.channel, self.sessions)
        self.roster_acts = RosterActs(signer, store, directory, line, bus)
        self.message_acts = MessageActs(signer, store, directory, line, self.sessions)
        handlers: tuple[ActHandler, ...] = (self.roster_acts, self.message_acts, self.renewal)
        self._handlers = {handler.kind: handler for handler in handlers}
        for handler in handlers:
            self.outbox.register(handler)
        self.copied_back.register(self.renewal.queue)
        self.conversations = Conversations(signer, store, directory, self.outbox, blobs, bus)

    @property
    def person(self) -> str:
        return self.signer.me.person

    @property
    def device(self) -> str:
        return self.signer.me.device

    @property
    def notices(self) -> list[ErrorCode]:
        return [event.code for event in self.events if isinstance(event, NoticeRaised)]

    async def pending(self) -> list[Act]:
        return list(await self.store.read(acts.pending))

    async def sends(self) -> None:
        """Everything that waits goes through the outbox, until what is left was refused."""
        running = self.tasks.start("outbox", self.outbox.run(self.tasks))
        await self.outbox.drained()
        running.cancel()
        await asyncio.wait([running])

    async def tries(self) -> object:
        """The first act that waits is sent once, past the outbox, which stays as it was; what goes wrong is raised."""
        [act, *_] = await self.pending()
        return await self._handlers[act.kind].send(act)

    async def says(self, conversation: str, text: str) -> None:
        await self.conversations.send_text(conversation, text, None)
        await self.sends()

    async def follows(self) -> None:
        await self.pull.catch_up()

    async def rows(self, conversation: str) -> list[MessageRow]:
        return list((await self.conversations.newest(conversation, 100)).rows)

    async def texts(self, conversation: str) -> list[str]:
        return [row.text for row in await self.rows(conversation)]


async def group(*talkers: Talker, name: str = "工作组") -> str:
    """A group that the first manages, and that all have heard of. Its name is the first message; without one nothing was sent yet."""
    first, *others = talkers
    made = await first.conversations.start(tuple(each.person for each in others), name)
    await first.sends()
    for each in talkers:
        await each.follows()
    return made


async def code_of(work: Any) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        await work
    return caught.value.code
