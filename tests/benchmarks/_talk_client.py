"""One measured client that talks, in a process of its own: says when things were done by the shared clock."""

from __future__ import annotations

import asyncio
import time
from multiprocessing.connection import Connection
from pathlib import Path

from client.core.client import CoreClient
from client.core.events import ConversationsChanged, Event, LinkState
from client.core.runtime import CoreRuntime
from client.messaging.service import Messaging
from tests.integration.documents.desks import CHEAP, PASSPHRASE
from tests.support.waiting import until


def run(profile: Path, pipe: Connection) -> None:
    """Until told to end. The core runs in its runtime's thread, as in the product."""
    runtime = CoreRuntime()
    runtime.start()
    try:
        runtime.submit(_run(profile, pipe)).result()
    finally:
        runtime.stop()


async def _run(profile: Path, pipe: Connection) -> None:
    core = CoreClient.open(profile, cost=CHEAP)
    measured = Measured(core)
    await core.login.unlock(PASSPHRASE)
    await core.start()
    await until(lambda: core.link.state is LinkState.ONLINE)
    pipe.send("ready")
    while (told := await asyncio.to_thread(pipe.recv)) is not None:
        name, arguments = told
        pipe.send(await getattr(measured, name)(*arguments))
    await core.stop()


class Measured:
    """What the benchmarks ask. Times are of the monotonic clock, which all processes of a machine share."""

    def __init__(self, core: CoreClient) -> None:
        self._core = core
        self._talks = Messaging(core).conversations
        self._news = asyncio.Event()
        self._changed_at = 0.0
        core.bus.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, ConversationsChanged):
            self._changed_at = time.monotonic()
            self._news.set()

    async def person(self) -> str:
        return self._core.me.person

    async def begin(self, person: str, title: str = "") -> str:
        """A conversation with somebody who can be written to; with a title it is a group."""

        def known() -> bool:
            return any(device.curve25519 for device in self._core.directory.state.active_devices(person))

        await until(known)
        return await self._talks.start((person,), title)

    async def says(self, talk: str, text: str) -> float:
        """When the user pressed."""
        pressed = time.monotonic()
        await self._talks.send_text(talk, text, None)
        return pressed

    async def burst(self, talk: str, count: int) -> float:
        """Seconds until so many messages, written one after the other, are all acknowledged."""
        pressed = time.monotonic()
        for number in range(count):
            await self._talks.send_text(talk, f"第{number}条消息", None)
        await self._core.outbox.drained()
        return time.monotonic() - pressed

    async def received(self, talk: str, text: str) -> float:
        """When the commit was done that brought a message, readable, as the last of a conversation."""
        while True:
            self._news.clear()
            at = self._changed_at
            rows = (await self._talks.newest(talk, 1)).rows
            if rows and rows[-1].text == text and rows[-1].n is not None:
                return at
            await self._news.wait()

    async def drained(self) -> bool:
        await self._core.outbox.drained()
        return True

    async def cpu(self) -> float:
        """Seconds of processor time this process has taken."""
        return time.process_time()
