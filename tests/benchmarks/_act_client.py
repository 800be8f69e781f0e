"""One measured client in a process of its own: does as it is told, and says when things were done by the shared clock."""

from __future__ import annotations

import asyncio
import cProfile
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import func, select

from client.core.client import CoreClient
from client.core.events import DocumentsChanged, Event, LinkState
from client.core.runtime import CoreRuntime
from client.core.store.documents import ENTRIES
from client.documents import drafts
from client.documents.rows import Act, Box
from client.documents.service import Documents
from protocol.documents.steps import Step
from tests.integration.documents.desks import BODY, CHEAP, PASSPHRASE, Desk
from tests.support.waiting import until


def run(profile: Path, pipe: Connection, profiled: Path | None) -> None:
    """Until told to end. The core runs in its runtime's thread, as in the product."""
    runtime = CoreRuntime()
    runtime.start()
    try:
        runtime.submit(_run(profile, pipe, profiled)).result()
    finally:
        runtime.stop()


async def _run(profile: Path, pipe: Connection, profiled: Path | None) -> None:
    core = CoreClient.open(profile, cost=CHEAP)
    measured = Measured(Desk(core, Documents(core)))
    await core.login.unlock(PASSPHRASE)
    await core.start()
    await until(lambda: core.link.state is LinkState.ONLINE)
    pipe.send("ready")
    watch = cProfile.Profile() if profiled is not None else None
    while (told := await asyncio.to_thread(pipe.recv)) is not None:
        name, arguments = told
        if watch is not None:
            watch.enable()
        answer = await getattr(measured, name)(*arguments)
        if watch is not None:
            watch.disable()
        pipe.send(answer)
    if watch is not None:
        watch.dump_stats(str(profiled))
    await core.stop()


class Measured:
    """The acts of the benchmark. Times are of the monotonic clock, which all processes of a machine share."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._core = desk.core
        self._news = asyncio.Event()
        self._changed_at = 0.0
        self._core.bus.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, DocumentsChanged):
            self._changed_at = time.monotonic()
            self._news.set()

    async def submit(self, title: str) -> str:
        """A new case in review; returns its id."""
        drafting = self._desk.documents.drafting
        row = await drafting.new()
        recipients = (next(b.id for b in self._core.directory.organisation.bodies.values() if not b.parent),)
        form = replace(drafts.EMPTY, title=title, body_text=BODY, main_recipients=recipients)
        await drafting.save(row.id, form)
        reviewers = await drafting.reviewers()
        case = await drafting.start(row.id, reviewers[0].id)
        await self._core.outbox.drained()
        return case

    async def opinion(self, case: str, text: str) -> tuple[float, float]:
        """留言: when the user pressed, and when he was told that it is done."""
        post = self._core.directory.organisation.posts_of(self._core.me.person)[0]
        act = Act(step=Step.OPINION, post=post.id, opinion=text)
        pressed = time.monotonic()
        await self._desk.documents.circulating.act(case, act)
        return pressed, time.monotonic()

    async def received(self, case: str, count: int) -> float:
        """When the commit was done that brought the `count`-th entry of a case from the log."""
        chosen = select(func.count()).where(ENTRIES.c.object == case, ENTRIES.c.n.is_not(None))
        while True:
            self._news.clear()
            at = self._changed_at
            if await self._core.store.read(lambda c: c.execute(chosen).scalar_one()) >= count:
                return at
            await self._news.wait()

    async def cpu(self) -> float:
        """Seconds of processor time this process has taken."""
        return time.process_time()

    async def waits(self, title: str) -> str:
        return await self._desk.waits(Box.WAITING, title)
