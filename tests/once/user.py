"""What people do at a client. After a crash they look first, and do again only what is not there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from client.cases import entry_store
from client.core.events import LinkState
from client.core.store.documents import DOCUMENT_ROWS, DRAFTS
from client.core.store.events import HELD
from client.core.store.outbox import OUTBOX
from client.documents import drafts
from client.documents.rows import Act, Box
from protocol.documents.steps import Step
from protocol.errors import JinshuError, Recovery
from tests.integration.documents.desks import BODY, TITLE, Desk
from tests.support.waiting import until


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as a reader keeps it."""

    id: bytes
    object: str
    n: int | None
    standing: str
    receipt: bytes | None
    fault: str | None
    fields: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything of documents in a client's store, and how much waits to be sent or was held back."""

    entries: tuple[Entry, ...]
    rows: tuple[str, ...]
    drafts: int
    outbox: int
    held: int


class User:
    """Every act comes back only when the product said that it is done."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._core = desk.core
        self.acts: dict[str, Callable[..., Awaitable[Any]]] = {
            "draft": self.draft,
            "attach": self.attach,
            "submit": self.submit,
            "send_back": self.send_back,
            "settle": self.settle,
            "holdings": self.holdings,
        }

    async def draft(self) -> str:
        """Write a draft, into the empty one when a crash left that; returns its id."""
        drafting = self._desk.documents.drafting
        begun = await self._desk.documents.boxes.rows(Box.DRAFTS)
        draft_id = begun[0].id if begun else (await drafting.new()).id
        await drafting.save(
            draft_id,
            replace(drafts.EMPTY, title=TITLE, body_text=BODY, main_recipients=(self._desk.body("czj"),)),
        )
        return draft_id

    async def attach(self, draft_id: str, path: Path) -> bytes:
        """Attach a file to the draft; returns its hash."""
        drafting = self._desk.documents.drafting
        row = await drafting.get(draft_id)
        if not row.attachments:
            row = await drafting.attach(draft_id, path)
        return row.attachments[0].sha256

    async def submit(self) -> str:
        """Send the draft to review; returns the case."""
        drafting = self._desk.documents.drafting
        draft = await self._desk.sees(Box.DRAFTS)
        if draft is None:
            return await self._desk.waits(Box.RUNNING)
        reviewer = next(t.id for t in await drafting.reviewers() if "办公室主任" in t.name)
        return await drafting.start(draft, reviewer)

    async def send_back(self, case: str, copy: Path) -> bytes:
        """Read the attachment and return the case for change; returns what was read."""
        circulating, reader = self._desk.documents.circulating, self._desk.documents.reader

        async def there() -> bool:
            def whole(connection: Connection) -> bool:
                return len(entry_store.of_case(connection, case)) >= 2

            return await self._core.store.read(whole)

        await until(there)
        view = await self._desk.view(case)
        await _again(lambda: reader.save_attachment(case, view.attachments[0].sha256, copy))
        actions = [action for action in view.actions if action.step == Step.REVIEW_RETURN]
        if actions:
            act = Act(step=Step.REVIEW_RETURN, post=actions[0].post, reason="请补充联系人")
            await circulating.act(case, act)
        return await asyncio.to_thread(copy.read_bytes)

    async def settle(self) -> None:
        """Until everything of mine is at the server, and everything there is here and acknowledged."""
        await until(lambda: self._core.link.state is LinkState.ONLINE)
        await self._core.outbox.drained()
        await _again(self._core.catch_up)
        await _again(self._core.pull.acknowledge)

    async def holdings(self) -> Holdings:
        def read(connection: Connection) -> Holdings:
            def count(table: Any) -> int:
                return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

            kept = [
                k for case in entry_store.cases(connection) for k in entry_store.of_case(connection, case)
            ]
            entries = [
                Entry(k.id, k.object, k.n, k.standing.value, k.receipt, k.fault, k.fields) for k in kept
            ]
            rows = tuple(connection.execute(select(DOCUMENT_ROWS.c.id)).scalars())
            return Holdings(tuple(entries), rows, count(DRAFTS), count(OUTBOX), count(HELD))

        return await self._core.store.read(read)


async def _again(act: Callable[[], Awaitable[object]]) -> None:
    """People try again when the network was away."""
    done = False

    async def tried() -> bool:
        nonlocal done
        try:
            await act()
        except JinshuError as error:
            if error.recovery not in (Recovery.RETRY, Recovery.REAUTHENTICATE):
                raise
            return False
        done = True
        return done

    await until(tried)
