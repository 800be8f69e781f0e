"""Headless clients that talk, of fresh people in a real city of processes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from client.core.client import CoreClient
from client.core.events import Event, LinkState, NoticeRaised
from client.messaging.conversations import Conversations
from client.messaging.rows import MessageRow
from client.messaging.service import Messaging
from tests.end_to_end.city import City, Official
from tests.integration.documents.desks import CHEAP, PASSPHRASE
from tests.support.waiting import until


@dataclass
class Talker:
    """One official at his client."""

    core: CoreClient
    conversations: Conversations
    events: list[Event] = field(default_factory=list)

    @property
    def person(self) -> str:
        return self.core.me.person

    async def texts(self, conversation: str) -> list[str]:
        return [row.text for row in await self.messages(conversation)]

    async def messages(self, conversation: str) -> tuple[MessageRow, ...]:
        return (await self.conversations.newest(conversation, 500)).rows

    async def says(self, conversation: str, text: str) -> None:
        await self.conversations.send_text(conversation, text, None)

    async def sees(self, conversation: str, *texts: str) -> None:
        """Wait until these are the texts of a conversation, in this order."""

        async def there() -> bool:
            return await self.texts(conversation) == list(texts)

        try:
            await until(there)
        except AssertionError:
            notices = [event for event in self.events if isinstance(event, NoticeRaised)]
            found = await self.texts(conversation)
            raise AssertionError(f"{found} instead of {texts}; notices: {notices}") from None

    async def sees_conversation(self, conversation: str) -> None:
        async def there() -> bool:
            return any(row.id == conversation for row in await self.conversations.rows())

        await until(there)


class Hall:
    """A running city and the people who talk in it."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city, self.folder = city, folder
        self.talkers: list[Talker] = []

    def open(self, name: str) -> Talker:
        core = CoreClient.open(self.folder / name, cost=CHEAP)
        talker = Talker(core, Messaging(core).conversations)
        core.bus.subscribe(talker.events.append)
        self.talkers.append(talker)
        return talker

    async def joined(self, name: str, post: str, address: str = "") -> Talker:
        """A new person in a post, enrolled, online and ready to be written to."""
        person = await asyncio.to_thread(self.city.appoint, Official(name, name, (post,)))
        await asyncio.to_thread(self.city.publish)
        return await self.enrolled(name, person, address)

    async def enrolled(self, name: str, person: str, address: str = "") -> Talker:
        code = await asyncio.to_thread(self.city.code, person)
        talker = self.open(name)
        core = talker.core
        await core.login.enrol(address or self.city.address, code, "办公室电脑")
        await core.login.wait()
        core.login.recovery_code()
        await core.login.protect(PASSPHRASE)
        await core.start()
        await until(lambda: core.link.state is LinkState.ONLINE)

        def identified() -> bool:
            own = core.directory.state.device_by_id(core.me.device)
            return own is not None and bool(own.curve25519)

        await until(identified)
        return talker

    async def in_step(self) -> None:
        """Wait until all have seen the same directory, with everybody's Olm identity in it."""

        def same() -> bool:
            devices = {talker.core.me.device for talker in self.talkers}
            states = [talker.core.directory.state for talker in self.talkers]
            found = [state.device_by_id(device) for state in states for device in devices]
            return all(device is not None and device.curve25519 for device in found)

        await until(same)
        for talker in self.talkers:
            # In the log first, then ready to be written to: whoever writes in between is not read by a new device.
            await until(lambda talker=talker: _prekeys(talker))  # type: ignore[misc]

    async def closed(self, talker: Talker) -> None:
        """Somebody ends his client."""
        await talker.core.stop()
        self.talkers.remove(talker)

    async def close(self) -> None:
        for talker in self.talkers:
            await talker.core.stop()
        self.talkers.clear()


async def _prekeys(talker: Talker) -> bool:
    """Whether the server has keys for others to open a channel with."""
    return await talker.core.channel._publish(()) > 0
