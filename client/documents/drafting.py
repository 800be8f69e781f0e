"""Drafting: a form and its files on this machine, checked against the rules, until it is sent to review as signed entries."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from client.cases.entry_writer import EntryWriters
from client.cases.rows import Target
from client.core import intake
from client.core.bus import EventBus
from client.core.events import DraftsChanged, Event
from client.core.identity.signer import Signer
from client.core.intake import Found, Source
from client.core.store.store_port import StorePort
from client.core.sync.blobs import Blobs
from client.core.trust.directory_port import DirectoryPort
from client.documents import dead_ends, drafts, form_texts, possible
from client.documents.contents import head_of
from client.documents.drafts import StoredDraft
from client.documents.extract_maker import shanghai_day
from client.documents.files import FileRef, attachments_in, press
from client.documents.paper import CASES, new_case, paper_of
from client.documents.previews import Previews
from client.documents.rows import DraftForm, DraftRow, Finding, Suggestion
from client.documents.tidying import printed_twice, suggestions
from protocol import text as texts
from protocol.cases.authority import may_take
from protocol.directory.organisation import Body, Duty, Organisation, Post
from protocol.documents import plain_text, rules
from protocol.documents.dispatch import TABLE
from protocol.documents.kinds import Kind
from protocol.documents.model import (
    SALT_BYTES,
    AttachmentRef,
    Elements,
    Label,
    Publicity,
    RecipientRef,
    Urgency,
)
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind

_PROOF_WIDTH: Final = 60  # what no page can carry is not signed


class Drafting:
    """What the compose page asks for."""

    def __init__(
        self,
        store: StorePort,
        signer: Signer,
        directory: DirectoryPort,
        blobs: Blobs,
        bus: EventBus,
        writers: EntryWriters,
    ) -> None:
        self._store = store
        self._signer = signer
        self._directory = directory
        self._blobs = blobs
        self._bus = bus
        self._writers = writers
        # A draft is read, changed and written back: two at once would undo each other.
        self._turn = asyncio.Lock()
        self._previews = Previews()

    async def new(self) -> DraftRow:
        """An empty draft; on disk at once, so that nothing typed into it can be lost."""
        draft = StoredDraft(self._new_id(), drafts.EMPTY, (), None, self._signer.now_ms())
        return await self._put(draft)

    async def get(self, draft_id: str) -> DraftRow:
        return (await self._draft(draft_id)).row()

    async def save(self, draft_id: str, form: DraftForm) -> DraftRow:
        """Keep what was typed."""
        async with self._turn:
            draft = await self._draft(draft_id)
            now = self._signer.now_ms()
            return await self._put(replace(draft, form=form_texts.as_typed(form), updated_at=now))

    async def look_at(self, paths: Sequence[Path]) -> Found:
        """What would be attached: nothing is read or encrypted yet."""
        return await asyncio.to_thread(intake.look_at, paths)

    async def attach(self, draft_id: str, source: Source) -> DraftRow:
        """Take a file in, encrypted at once. The same file under the same name is attached once.

        Raises:
            JinshuError: `blobs.too_large`, `text.*` or `store.full`.
            OSError: the file cannot be read.
        """
        taken = await intake.take_in(self._blobs, source)
        async with self._turn:
            draft = await self._draft(draft_id)
            if any((ref.name, ref.sha256) == (taken.name, taken.blob.sha256) for ref in draft.files):
                await self._blobs.remove(taken.blob.id)
                return draft.row()
            name = _another(taken.name, {ref.name for ref in draft.files})
            ref = FileRef.stored(taken.blob, name, taken.media_type)
            now = self._signer.now_ms()
            return await self._put(replace(draft, files=(*draft.files, ref), updated_at=now))

    async def detach(self, draft_id: str, name: str) -> DraftRow:
        """Take a file out by its name as its row has it, which is its own among the draft's files."""
        async with self._turn:
            draft = await self._draft(draft_id)
            files = tuple(ref for ref in draft.files if ref.row().name != name)
            return await self._put(replace(draft, files=files, updated_at=self._signer.now_ms()))

    async def rename(self, draft_id: str, name: str, new_name: str) -> DraftRow:
        """Another name for an attachment; no two of a draft have the same."""
        async with self._turn:
            draft = await self._draft(draft_id)
            taken = {ref.name for ref in draft.files if ref.name != name}
            wanted = _another(texts.check(new_name, texts.Field.FILE_NAME), taken)
            files = tuple(replace(ref, name=wanted) if ref.name == name else ref for ref in draft.files)
            return await self._put(replace(draft, files=files, updated_at=self._signer.now_ms()))

    async def move(self, draft_id: str, name: str, by: int) -> DraftRow:
        """An attachment so many places further down, or up when negative; the order is the one that is printed."""
        async with self._turn:
            draft = await self._draft(draft_id)
            files = list(draft.files)
            at = next((n for n, ref in enumerate(files) if ref.name == name), None)
            if at is not None:
                files.insert(max(0, at + by), files.pop(at))
            return await self._put(replace(draft, files=tuple(files), updated_at=self._signer.now_ms()))

    async def discard(self, draft_id: str) -> None:
        """Forget a draft and its files; a returned case, and what the draft is a copy of, stay as they were."""
        draft = await self._draft(draft_id)

        def forget(connection: Connection) -> list[str]:
            drafts.remove(connection, draft_id)
            return drafts.unused(connection, draft)

        for blob in await self._store.write(forget):
            await self._blobs.remove(blob)
        self._bus.publish(DraftsChanged())

    async def check(self, draft_id: str, form: DraftForm) -> tuple[Finding, ...]:
        """What the rules say about it, what cannot be signed, and where it would come to a standstill."""
        draft, clean = await self._draft(draft_id), form_texts.clean(form)
        elements, state = self._elements(draft, clean, b""), self._directory.state
        found = rules.findings(elements, state.organisation)
        twice = await asyncio.to_thread(printed_twice, clean, *self._around(draft))
        to = (*form.main_recipients, *form.copy_recipients)
        ahead = dead_ends.before(
            TABLE[Step.SUBMIT], self._signer.me.person, elements.issuer_body_id, to, state
        )
        names = tuple(each.name for each in elements.attachments)
        odd = await asyncio.to_thread(lambda: press().unprintable(names)) if names else ()
        unprintable = [Finding("attachment_unprintable", "", True, {"names": "、".join(odd)})] if odd else []
        return (
            *form_texts.findings(clean),
            *(Finding(f.rule, f.article, f.hard, dict(f.params)) for f in found),
            *twice,
            *unprintable,
            *ahead,
        )

    async def reviewers(self) -> tuple[Target, ...]:
        """Posts of my body that may review, others' before my own."""
        post = self._post()
        organisation, me = self._directory.organisation, self._signer.me.person
        found = possible.targets_for(TABLE[Step.SUBMIT], post.body, self._directory.state)
        return tuple(sorted(found, key=lambda target: me in organisation.holders(target.id)))

    async def recipients(self) -> tuple[Target, ...]:
        """Every body but mine."""
        organisation = self._directory.organisation
        own = self._post().body
        bodies = sorted(
            organisation.bodies.values(), key=lambda b: (len(organisation.ancestors(b.id)), b.order)
        )
        return tuple(Target(body.id, body.name, body.short_name) for body in bodies if body.id != own)

    async def preview(self, draft_id: str, form: DraftForm, width: int) -> tuple[bytes, ...]:
        """The pages as they would be printed, PNG; none for what a newer call has superseded.

        Raises:
            JinshuError: `documents.unprintable`.
        """
        elements = self._elements(await self._draft(draft_id), form_texts.clean(form), b"")
        return await self._previews.set(lambda: tuple(press().preview(elements, None, width)))

    async def tidy(self, draft_id: str, form: DraftForm) -> tuple[Suggestion, ...]:
        """What could be put right in the body text, and what in it has a field of its own."""
        draft = await self._draft(draft_id)
        return await asyncio.to_thread(suggestions, form, *self._around(draft))

    async def start(self, draft_id: str, reviewer: str) -> str:
        """Sign the draft and send it to review; returns the case.

        Raises:
            JinshuError: `documents.rule_broken`, a hard rule; `text.*`, what cannot be signed; `documents.unprintable…`; `documents.ink_…`; or why it cannot be signed or sealed.
        """
        async with self._turn:
            return await self._start(draft_id, reviewer)

    async def _start(self, draft_id: str, reviewer: str) -> str:
        draft = await self._draft(draft_id)
        organisation, state = self._directory.organisation, self._directory.state
        form = form_texts.clean(draft.form)
        form_texts.check(form)
        elements = self._elements(draft, form, self._signer.entropy(SALT_BYTES))
        broken = next((f for f in rules.findings(elements, organisation) if f.hard), None)
        if broken is not None:
            raise JinshuError(ErrorCode.DOCUMENTS_RULE_BROKEN, article=broken.article)
        today = shanghai_day(self._signer.now_ms())
        await asyncio.to_thread(lambda: press().proof(elements, today))
        case = draft.case or self._signer.new_id(IdKind.CASE)
        if draft.case is None:
            book = new_case(case, state)
        else:
            book = await self._store.read(lambda connection: CASES.shown(connection, case, state))
        pen = self._writers.of(book)
        step = Step.REVISE if draft.case is not None else Step.DRAFT
        post = self._post(book.file.body)
        head = {**head_of(elements), "deadline": form.deadline}
        fields: dict[str, Any] = {
            "title": elements.title,
            "elements": elements.to_cbor_value(),
            "attachments": [ref.value() for ref in draft.files],
        }
        await pen.write(step, post, head, fields, blobs=[ref.blob for ref in draft.files])
        await pen.write(Step.SUBMIT, post, {"next": reviewer}, {})

        def sent(connection: Connection) -> list[Event]:
            drafts.remove(connection, draft_id)
            return [DraftsChanged()]

        await pen.commit(rows=sent)
        return case

    async def revise(self, case: str) -> DraftRow:
        """A returned case as a draft again; the one begun before, when there is one."""
        begun = await self._store.read(lambda connection: drafts.of_case(connection, case))
        if begun is not None:
            return begun.row()
        state = self._directory.state
        book = await self._store.read(lambda connection: CASES.shown(connection, case, state))
        drafted = paper_of(book).drafted
        fields = book.fields(drafted)
        if drafted is None or "elements" not in fields:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=case)
        form = form_of(Elements.from_cbor_value(fields["elements"]), drafted.entry.head["deadline"])
        now = self._signer.now_ms()
        return await self._put(StoredDraft(self._new_id(), form, attachments_in(fields), case, now))

    async def copy(self, case: str) -> DraftRow:
        """What ended, or was issued, begun again as a draft of its own: text and all files, without a deadline.

        Raises:
            JinshuError: `keys.no_key`, this device cannot read it.
        """
        state = self._directory.state
        book = await self._store.read(lambda connection: CASES.shown(connection, case, state))
        fields = book.fields(paper_of(book).drafted)
        if "elements" not in fields:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=case)
        form = form_of(Elements.from_cbor_value(fields["elements"]), None)
        now = self._signer.now_ms()
        return await self._put(StoredDraft(self._new_id(), form, attachments_in(fields), None, now))

    def _post(self, body: str | None = None) -> Post:
        """The post I draft in.

        Raises:
            JinshuError: `documents.not_authorised`.
        """
        organisation, me = self._directory.organisation, self._signer.me.person
        for post in organisation.posts_of(me):
            if may_take(TABLE[Step.DRAFT], me, post, organisation) and body in (None, post.body):
                return post
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=Duty.DRAFT.value)

    def _elements(self, draft: StoredDraft, form: DraftForm, salt: bytes) -> Elements:
        organisation = self._directory.organisation
        body: Body = organisation.bodies[self._post().body]

        def recipients(ids: Sequence[str]) -> tuple[RecipientRef, ...]:
            known = sorted(
                (b for b in map(organisation.bodies.get, ids) if b is not None), key=lambda b: b.order
            )
            return tuple(RecipientRef(b.id, b.name) for b in known)

        return Elements(
            kind=form.kind,
            issuer_body_id=body.id,
            issuer_name=body.name,
            issuer_code=body.number_code,
            title=form.title,
            main_recipients=recipients(form.main_recipients),
            copy_recipients=recipients(form.copy_recipients),
            body=plain_text.blocks(form.body_text),
            attachments=tuple(
                AttachmentRef(order, ref.name, ref.media_type, ref.size, ref.sha256)
                for order, ref in enumerate(draft.files, start=1)
            ),
            signature_name=body.name,
            urgency=Urgency(form.urgency),
            label=Label(form.label),
            publicity=Publicity(form.publicity),
            publicity_reason=form.publicity_reason,
            note=form.note,
            contact="",
            printer_name=body.name,
            salt=salt,
        )

    def _around(self, draft: StoredDraft) -> tuple[Body, Organisation, tuple[str, ...]]:
        """What 整理 compares a text with: its issuer, the bodies, the names of its attachments."""
        organisation = self._directory.organisation
        issuer = organisation.bodies[self._post().body]
        return issuer, organisation, tuple(ref.name for ref in draft.files)

    async def _draft(self, draft_id: str) -> StoredDraft:
        found = await self._store.read(lambda connection: drafts.find(connection, draft_id))
        if found is None:
            raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=draft_id)
        return found

    async def _put(self, draft: StoredDraft) -> DraftRow:
        await self._store.write(lambda connection: drafts.put(connection, draft))
        self._bus.publish(DraftsChanged())
        return draft.row()

    def _new_id(self) -> str:
        return self._signer.new_id(IdKind.DRAFT)


def _another(name: str, taken: Set[str]) -> str:
    """The name, or with a number behind: two attachments of one name could not be told apart on the page."""
    stem, suffix = Path(name).stem, Path(name).suffix
    tried = (f"{stem}（{n}）{suffix}" for n in count(2))
    return f"{stem}{suffix}" if f"{stem}{suffix}" not in taken else next(t for t in tried if t not in taken)


def form_of(elements: Elements, deadline: int | None) -> DraftForm:
    return DraftForm(
        kind=Kind(elements.kind),
        title=elements.title,
        body_text="\n".join(block.text for block in elements.body),
        main_recipients=tuple(each.body_id for each in elements.main_recipients),
        copy_recipients=tuple(each.body_id for each in elements.copy_recipients),
        urgency=elements.urgency.value,
        label=elements.label.value,
        publicity=elements.publicity.value,
        publicity_reason=elements.publicity_reason,
        note=elements.note,
        deadline=deadline,
    )
