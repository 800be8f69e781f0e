"""待制发: recipients that had no key when a document was dispatched get it sealed to them as soon as they have one (C13)."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection, select

from client.cases.entry_writer import EntryWriters
from client.cases.local_case import LocalCase
from client.cases.rows import Standing
from client.core.identity.signer import Identity
from client.core.store.documents import DOCUMENT_ROWS
from client.core.store.store_port import StorePort
from client.core.trust.directory import Directory
from client.documents.paper import CASES, paper_of
from protocol.cases.objects import ObjectKind
from protocol.directory.organisation import Duty, Post
from protocol.documents.dispatch import TABLE
from protocol.documents.steps import Phase, Step


class Latecomers:
    """Any device of the issuing body with the duty to dispatch does it, by itself."""

    def __init__(
        self, store: StorePort, identity: Identity, directory: Directory, writers: EntryWriters
    ) -> None:
        self._store = store
        self._identity = identity
        self._directory = directory
        self._writers = writers
        self._turn = asyncio.Lock()

    async def maintain(self) -> None:
        """Seal to whoever can be sealed to by now.

        Raises:
            JinshuError: `keys.*`, tried again at the next change of the directory.
        """
        async with self._turn:
            if not self._directory.reaches_out:
                return  # tried again when the directory has grown, and with it its age
            for case in await self._store.read(_dispatched):
                await self._tend_case(case)

    async def _tend_case(self, case: str) -> None:
        state = self._directory.state
        book = await self._store.read(lambda connection: CASES.shown(connection, case, state))
        sent = paper_of(book).dispatched
        post = self._post(book)
        if sent is None or post is None or book.key(sent.entry.object) is None:
            return
        pen = self._writers.of(book)
        issue = book.file.objects[sent.entry.object]
        waiting = [
            body
            for body in dict.fromkeys(paper_of(book).sent_to)
            if body not in issue.wrapped and state.generation(body) is not None and not state.is_stale(body)
        ]
        for body in waiting:
            await pen.write(Step.RESEAL, post, {"principal": body}, {}, object_id=issue.id)
        if waiting:
            await pen.commit()

    def _post(self, book: LocalCase) -> Post | None:
        """The post I may do it in, when nothing of mine is on its way in this case already."""
        organisation, me = self._directory.organisation, self._identity.me.person
        pending = any(kept.standing is not Standing.SETTLED for kept in book.kept.values())
        if pending or book.file.phase not in TABLE[Step.RESEAL].sources:
            return None
        mine = (post for post in organisation.posts_of(me) if post.body == book.file.body)
        return next((post for post in mine if Duty.DISPATCH in post.duties), None)


def _dispatched(connection: Connection) -> list[str]:
    phases = (Phase.DISPATCHED.value, Phase.CLOSED.value)
    chosen = select(DOCUMENT_ROWS.c.case_id).where(
        DOCUMENT_ROWS.c.role == ObjectKind.CASE.value, DOCUMENT_ROWS.c.phase.in_(phases)
    )
    return list(connection.execute(chosen).scalars())
