"""What the page of a document or a matter shows, and what of it can be kept as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from client.cases import entry_store
from client.cases.local_case import LocalCase
from client.cases.record_maker import RecordMaker
from client.cases.rows import FieldKind, HeadField
from client.core.bus import EventBus
from client.core.durable import written_beside
from client.core.events import DocumentsChanged
from client.core.identity.signer import Signer
from client.core.store.store_port import StorePort
from client.core.trust.directory_port import DirectoryPort
from client.documents import dead_ends, document_view, matters, registers
from client.documents.extract_maker import shanghai_day
from client.documents.files import Files, attachments_in, press
from client.documents.paper import CASES, elements_of, is_paper
from client.documents.rows import FIRST_NUMBER, Action, Beginning, DocumentView, Finding
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import StepRule
from protocol.directory.state import DirectoryState
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError

_FIRST: Final = HeadField(FIRST_NUMBER, "", FieldKind.FIGURE, optional=True)


class DocumentReader:
    """Reads cases as they stand here, with what is on its way on top; changes nothing."""

    def __init__(
        self,
        store: StorePort,
        signer: Signer,
        directory: DirectoryPort,
        bus: EventBus,
        files: Files,
        records: RecordMaker,
    ) -> None:
        self._store = store
        self._signer = signer
        self._directory = directory
        self._bus = bus
        self._files = files
        self._records = records

    async def view(self, object_id: str) -> DocumentView:
        """Everything the page shows of a case, a branch or an issue.

        Raises:
            JinshuError: `documents.unknown`.
        """
        book = await self._case(object_id)
        state, person = self._directory.state, self._signer.me.person
        if is_paper(book):
            found = document_view.view(book, object_id, person, state, self._files.known_verdict)
        else:
            found = matters.view(book, object_id, person, state)
        old = dead_ends.log_too_old(self._directory.age())
        steps = book.file.procedure.steps
        held = [_held_back(each, steps, old) for each in found.actions]
        return replace(found, actions=tuple([await self._numbered(each, steps) for each in held]))

    async def _numbered(self, action: Action, steps: Mapping[str, StepRule]) -> Action:
        """登记 into a ledger that has no line yet asks where it begins: a body that comes over from paper goes on counting."""
        if action.step != Step.REGISTER or "number_entry" not in steps[action.step].head:
            return action
        body = self._directory.organisation.posts[action.post].body
        year = shanghai_day(self._signer.now_ms()).year
        known = await self._store.read(lambda connection: registers.has_ledger(connection, body, year))
        return action if known else replace(action, fields=(_FIRST,))

    async def beginnings(self) -> tuple[Beginning, ...]:
        """The matters of the site's own that my posts may begin; none before there is a directory."""
        state = self._directory.state
        return matters.beginnings(self._signer.me.person, state) if state.organisation.org_seq else ()

    async def pages(self, object_id: str, width: int) -> tuple[bytes, ...]:
        """The pages, PNG: of the sealed file once there is one, before that as the draft would be printed; none of what is no
        公文.

        Raises:
            JinshuError: `keys.no_key`, `blobs.*`, `network.*`, `verify.*`.
        """
        book = await self._case(object_id)
        if not is_paper(book):
            return ()
        found = book.file.objects[object_id]
        pdf = document_view.pdf_of(book, found)
        if pdf is not None:
            known = self._files.known_verdict(pdf) is not None
            data = await self._files.pdf(pdf)
            await self._files.verified(pdf)
            if not known:
                self._bus.publish(DocumentsChanged((object_id,)))
            return await asyncio.to_thread(lambda: tuple(press().pages(data, width)))
        elements = elements_of(book, found)
        if elements is None:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=object_id)
        return await asyncio.to_thread(lambda: tuple(press().preview(elements, None, width)))

    async def save_pdf(self, object_id: str, path: Path) -> None:
        """Write the sealed file where the user wants it.

        Raises:
            JinshuError: `documents.unknown`, it is not sealed yet.
        """
        book = await self._case(object_id)
        pdf = document_view.pdf_of(book, book.file.objects[object_id])
        if pdf is None:
            raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=object_id)
        await _write(path, await self._files.pdf(pdf))

    async def save_attachment(self, object_id: str, sha256: bytes, path: Path) -> None:
        """Write an attachment where the user wants it, when every byte of it has verified."""
        book = await self._case(object_id)
        found = book.file.objects[object_id]
        pdf = document_view.pdf_of(book, found)
        if found.kind is ObjectKind.ISSUE and pdf is not None:
            # Not what whoever dispatched it put beside the page, but what was signed.
            check_agrees(book, await self._files.verified(pdf))
        for fields in document_view.fields_with_files(book, found):
            for ref in attachments_in(fields):
                if ref.sha256 == sha256:
                    await self._files.save(ref, path)
                    return
        raise JinshuError(ErrorCode.BLOBS_UNKNOWN)

    async def save_record(self, object_id: str, path: Path) -> None:
        """Write what proves the way of a case, to whoever has the root, where the user wants it.

        Raises:
            JinshuError: `client.outdated`, `documents.unknown`; or `verify.…`, what is here does not hold together.
        """
        await _write(path, await self._records.make(await self._received(object_id)))

    async def _case(self, object_id: str) -> LocalCase:
        return await shown_case(self._store, self._directory.state, object_id)

    async def _received(self, object_id: str) -> LocalCase:
        """The case without what is on its way: nobody has a receipt for that."""
        state, case = self._directory.state, (await self._case(object_id)).file.case
        return await self._store.read(lambda connection: CASES.received(connection, case, state))


async def shown_case(store: StorePort, state: DirectoryState, object_id: str) -> LocalCase:
    """The case of an object, as its page shows it.

    Raises:
        JinshuError: `documents.unknown`.
    """

    def read(connection: Connection) -> LocalCase | None:
        case = entry_store.case_of(connection, object_id)
        return None if case is None else CASES.shown(connection, case, state)

    found = await store.read(read)
    if found is None or object_id not in found.file.objects:
        raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=object_id)
    return found


def check_agrees(book: LocalCase, verdict: document_view.Verdict) -> None:
    """Return if a verified file is what the case says of it.

    Raises:
        JinshuError: `content.header_mismatch`.
    """
    if not document_view.agrees(book, verdict):
        raise JinshuError(ErrorCode.CONTENT_HEADER_MISMATCH, object=book.file.case)


async def _write(path: Path, data: bytes) -> None:
    def write() -> None:
        with written_beside(path) as file:
            file.write(data)

    await asyncio.to_thread(write)


def _held_back(action: Action, steps: Mapping[str, StepRule], findings: tuple[Finding, ...]) -> Action:
    outward = action.step in steps and steps[action.step].outward
    return replace(action, findings=(*findings, *action.findings)) if outward else action
