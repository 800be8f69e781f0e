"""Headless clients with the document services, of fresh people in a real city of processes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlcipher3 import dbapi2

from client.cases.entry_store import StoredEntry
from client.core.client import CoreClient
from client.core.events import Event, LinkState
from client.core.keys.slots import PassphraseCost
from client.documents.rows import Act, Box, DocumentView, DraftForm
from client.documents.service import Documents
from protocol.cases.entries import DocumentEntry
from protocol.crypto.content import ContentContext, open_content
from protocol.crypto.keys import SecretKey
from protocol.crypto.signature import Signed
from protocol.documents.dispatch import SHIPPED
from protocol.documents.kinds import Kind
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from tests.end_to_end.city import City, Official
from tests.support.waiting import until

CHEAP = PassphraseCost(time=1, memory_kib=8, lanes=1)
PASSPHRASE = "八个字的口令不短了"
TITLE = "关于做好防汛值守工作的通知"
BODY = "各单位：\n一、加强值守\n严格落实二十四小时值班制度。\n二、及时报告\n发现险情立即报告。"


@dataclass
class Desk:
    """One official at his client."""

    core: CoreClient
    documents: Documents
    events: list[Event] = field(default_factory=list)

    @property
    def circulating(self) -> object:
        return self.documents.circulating

    async def view(self, object_id: str) -> DocumentView:
        return await self.documents.reader.view(object_id)

    async def sees(self, box: Box, title: str = TITLE) -> str | None:
        """The id of the row with a title in a box."""
        rows = await self.documents.boxes.rows(box)
        return next((row.id for row in rows if row.title == title), None)

    async def waits(self, box: Box, title: str = TITLE) -> str:
        found: list[str] = []

        async def there() -> bool:
            row = await self.sees(box, title)
            found[:] = [row] if row is not None else []
            return row is not None

        await until(there)
        return found[0]

    async def may(self, object_id: str, step: Step) -> None:
        """Wait until a step is offered."""

        async def offered() -> bool:
            view = await self.view(object_id)
            return any(
                action.step == step and not any(each.hard for each in action.findings)
                for action in view.actions
            )

        await until(offered)

    async def act(self, object_id: str, step: Step, **said: object) -> None:
        """Take a step in the first post that may, and wait until the server has it."""
        await self.may(object_id, step)
        await self.act_at_once(object_id, step, **said)

    async def act_at_once(self, object_id: str, step: Step, **said: object) -> None:
        """The same without waiting until nothing stands in its way."""
        view = await self.view(object_id)
        action = next(action for action in view.actions if action.step == step)
        await self.documents.circulating.act(object_id, Act(step=step, post=action.post, **said))  # type: ignore[arg-type]
        await self.core.outbox.drained()

    async def tries(
        self, kept: StoredEntry, keys: Mapping[bytes, bytes], wraps: Iterable[bytes] = ()
    ) -> list[str]:
        """Open an entry with every key there is and every wrap a colluding server could hand over; what opened it."""
        entry = DocumentEntry.parse(Signed.parse(kept.signed).value(), SHIPPED)
        context = ContentContext(entry.object, entry.word, entry.actor)
        found = dict(keys)
        for record in wraps:
            for commitment in {*keys, *filter(None, [entry.key_commitment])}:
                try:
                    key = await self.core.principals.open_wrap(
                        record, object_id=entry.object, key_commitment=commitment
                    )
                except JinshuError:
                    continue
                if key is not None:
                    found[commitment] = key
        opened = []
        for commitment, key in found.items():
            try:
                open_content(SecretKey(key), context, kept.ciphertext, entry.hidden)
            except JinshuError as error:
                if error.code is ErrorCode.ENVELOPE_CANNOT_OPEN:
                    continue
            opened.append(commitment.hex())
        return opened

    def body(self, short: str) -> str:
        organisation = self.core.directory.organisation
        return next(b.id for b in organisation.bodies.values() if b.code == short)

    def post(self, body: str, name: str) -> str:
        organisation = self.core.directory.organisation
        return next(p.id for p in organisation.posts.values() if p.body == body and p.name == name)

    async def draft(self, *, title: str = TITLE, files: tuple[Path, ...] = ()) -> str:
        """A new draft to the finance bureau; returns its id."""
        drafting = self.documents.drafting
        row = await drafting.new()
        form = DraftForm(
            kind=Kind.NOTICE,
            title=title,
            body_text=BODY,
            main_recipients=(self.body("czj"),),
            copy_recipients=(self.body("sjj"),),
            urgency="urgent",
            label="internal",
            publicity="on_request",
            publicity_reason="",
            note="此件不公开",
            deadline=None,
        )
        await drafting.save(row.id, form)
        for path in files:
            await drafting.attach(row.id, path)
        return row.id


class Office:
    """A running city and the desks in it."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city, self.folder = city, folder
        self.desks: list[Desk] = []

    def open(self, name: str) -> Desk:
        core = CoreClient.open(self.folder / name, cost=CHEAP)
        desk = Desk(core, Documents(core))
        core.bus.subscribe(desk.events.append)
        self.desks.append(desk)
        return desk

    async def appointed(self, name: str, *posts: str, address: str = "") -> Desk:
        """A new person in posts, enrolled and online."""
        person = await asyncio.to_thread(self.city.appoint, Official(name, name, posts))
        await asyncio.to_thread(self.city.publish)
        code = await asyncio.to_thread(self.city.code, person)
        desk = self.open(name)
        core = desk.core
        await core.login.enrol(address or self.city.address, code, "办公室电脑")
        await core.login.wait()
        core.login.recovery_code()
        await core.login.protect(PASSPHRASE)
        await core.start()
        await until(lambda: core.link.state is LinkState.ONLINE)
        await until(
            lambda: all(core.directory.state.generation(p) is not None for p in core.principals.mine())
        )
        return desk

    async def close(self) -> None:
        for desk in self.desks:
            await desk.core.stop()
        self.desks.clear()


def every_wrap(city: City, case: str) -> list[bytes]:
    """All wraps the server holds of a case: what it could give to whom it likes."""
    uri = f"{(city.server_dir / 'server.db').absolute().as_uri()}?mode=ro"
    with closing(dbapi2.connect(uri, uri=True)) as connection:
        return [
            row[0] for row in connection.execute("SELECT record FROM object_wraps WHERE case_id = ?", (case,))
        ]
