"""Circulation: every act a person may take on a document or a matter; what is shown of them, `document_reader.py` reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection

from client.cases import entry_store
from client.cases.entry_acts import KIND
from client.cases.entry_writer import EntryWriter, EntryWriters
from client.cases.local_case import LocalCase
from client.core.bus import EventBus
from client.core.events import DraftsChanged, Event
from client.core.identity.signer import Signer
from client.core.store.store_port import StorePort
from client.core.sync.acts import ActStanding, ActState
from client.core.sync.outbox import Outbox
from client.core.trust.directory_port import DirectoryPort
from client.documents import dead_ends, document_view, drafts, matters, page_proof, registers, resealing
from client.documents.document_reader import check_agrees, shown_case
from client.documents.drafts import StoredDraft
from client.documents.extract_maker import shanghai_day
from client.documents.files import Files, press
from client.documents.issuance import Issuance
from client.documents.number_ledgers import NumberLedgers
from client.documents.paper import CASES, elements_of, is_paper, paper_of
from client.documents.projector import Projector
from client.documents.refused_acts import draft_again, take_back
from client.documents.rows import FIRST_NUMBER, Act, SealToken
from protocol import text as texts
from protocol.cases.entries import DocumentEntry
from protocol.cases.procedure import ProcedureReference
from protocol.crypto.signature import Signed
from protocol.directory.organisation import Post
from protocol.documents.model import element_hash
from protocol.documents.numbering import RECEIVED
from protocol.documents.steps import Answer, Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from protocol.text import Field

# Codes after which the same signed bytes can never be taken: trying again means signing again.
_SIGN_AGAIN: Final = frozenset(
    {
        ErrorCode.DOCUMENTS_STALE_HEAD,
        ErrorCode.DOCUMENTS_CASE_HEAD_STALE,
        ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED,
        ErrorCode.KEYS_GENERATION_STALE,
        ErrorCode.NUMBERS_CONFLICT,
        ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE,
        ErrorCode.CLOCK_SKEW,
    }
)
# Written from the compose page, or together with another: nothing to be signed again by itself.
_WITH_A_DRAFT: Final = frozenset({Step.DRAFT, Step.REVISE, Step.SUBMIT, Step.CONSULT_OPEN})
_Writer = Callable[[EntryWriter, Post, str, Act], Coroutine[Any, Any, None]]


class Circulation:
    """One act at a time; each is signed, sealed and on disk before the page says so."""

    def __init__(
        self,
        store: StorePort,
        signer: Signer,
        directory: DirectoryPort,
        outbox: Outbox,
        bus: EventBus,
        *,
        online: Callable[[], bool],
        writers: EntryWriters,
        projector: Projector,
        files: Files,
        ledgers: NumberLedgers,
        issuance: Issuance,
    ) -> None:
        self._store = store
        self._signer = signer
        self._directory = directory
        self._outbox = outbox
        self._bus = bus
        self._online = online
        self._writers = writers
        self._projector = projector
        self._files = files
        self._ledgers = ledgers
        self._issuing = issuance
        self._turn = asyncio.Lock()
        self._steps: dict[str, _Writer] = {
            Step.REVIEW_PASS: self._review_pass,
            Step.CONSULT_REPLY: self._consult_reply,
            Step.SIGN_OFF: self._sign_off,
            Step.RECHECK_PASS: self._recheck_pass,
            Step.NUMBER: lambda pen, post, _object, act: self._issuing.number(pen, post, act.next),
            Step.SEAL: lambda pen, post, _object, act: self._issuing.seal(pen, post, act.next, act.pin),
            Step.DISPATCH: lambda pen, post, _object, _act: self._issuing.dispatch(pen, post),
            Step.ANNUL: self._annul,
            Step.RECEIVE: self._receive,
            Step.REJECT: self._reject,
            Step.REGISTER: self._register,
            Step.RESEAL: self._reseal,
            Step.URGE: self._urge,
        }

    async def begin(self, procedure: bytes, act: Act) -> str:
        """Begin a case of a procedure that the site has defined, by its hash; returns the case.

        Raises:
            JinshuError: `cases.procedure_not_in_force`; `text.*`, the words cannot go; or why it cannot be signed or sealed.
        """
        act = _clean(act)
        directory = self._directory
        entry = directory.organisation.procedures.get(procedure)
        post = directory.organisation.posts.get(act.post)
        found = None
        if entry is not None:
            reference = ProcedureReference(entry.name, entry.version, entry.hash)
            found = CASES.procedures(directory.state).find(reference)
        if found is None or post is None:
            raise JinshuError(ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE)
        case = self._signer.new_id(IdKind.CASE)
        writer = self._writers.of(CASES.new(case, found, directory.state))
        async with self._turn:
            await matters.act(writer, post, case, act)
        return case

    async def act(self, object_id: str, act: Act) -> None:
        """Sign and queue what the user decided.

        Raises:
            JinshuError: `text.*`, the words cannot go; or why it cannot be done now. Nothing was signed that will be sent.
        """
        act = _clean(act)
        async with self._turn:
            await self._act(object_id, act)

    async def seal_token(self, post: str) -> SealToken | None:
        """The token whose PIN `Act.pin` must be when a post seals (用印); None if the seal's key is on this device.

        Raises:
            JinshuError: `keys.no_key`, `keys.seal_key_damaged`; `keys.token_absent`, `keys.token_other`, `keys.token_driver_*`.
        """
        found = self._directory.organisation.posts.get(post)
        if found is None:
            raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=Step.SEAL)
        return await self._issuing.seal_token(found.body)

    async def _act(self, object_id: str, act: Act) -> None:
        post = self._directory.organisation.posts.get(act.post)
        if post is None:
            raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=act.step)
        book = await self._case(object_id)
        if act.step in book.file.procedure.steps and book.file.rule(act.step).online:
            if not self._online():
                raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
            await self._outbox.drained()
            book = await self._case(object_id)
        if not is_paper(book):
            await matters.act(self._writers.of(book), post, object_id, act)
            return
        self._check_way(book, post, act.step)
        pen = self._writers.of(book)
        writer = self._steps.get(act.step, self._plain)
        await writer(pen, post, object_id, self._with_target(pen, post, act))
        await pen.commit()

    def _check_way(self, book: LocalCase, post: Post, step: str) -> None:
        """A case is passed to nobody: who is appointed later could not open it, and a number would be spent in vain."""
        row = book.file.procedure.steps.get(step)
        if row is None:
            return
        found = dead_ends.before(row, self._signer.me.person, post.body, (), self._directory.state)
        if any(finding.hard for finding in found):
            raise JinshuError(ErrorCode.DOCUMENTS_DEAD_END, step=step)

    async def retry(self, object_id: str) -> None:
        """Once more: the same bytes where the server may take them, else signed again by the user's own will (C10)."""
        async with self._turn:
            refused = await self._refused(object_id)
            if refused is None:
                return
            entry_id, entry, fields = await self._entry_of(refused)
            outdated = refused.code in _SIGN_AGAIN
            if outdated and await self._is_decided_anew(entry):
                await self._give_up(refused)
                return
            if not outdated:
                await self._store.write(lambda connection: entry_store.revive(connection, entry_id))
                await self._outbox.retry(refused.id)
                await self._refresh(entry.case)
                return
            await self._withdraw(refused, entry_id, entry.case)
            await self._act(entry.object, _act_again(entry, fields))

    async def _is_decided_anew(self, entry: DocumentEntry) -> bool:
        """Whether an act is not signed again by itself, though the same bytes would be refused for ever.

        A draft is signed again from the compose page, what a site's own step asks for is decided anew on its page, and a UKey
        seals once for each time its PIN is given.
        """
        if entry.step in _WITH_A_DRAFT or not is_paper(await self._case(entry.object)):
            return True
        return entry.step == Step.SEAL and await self._issuing.wants_pin(entry.body)

    async def withdraw_refused(self, object_id: str) -> None:
        """Give up what the server refused; what was typed into a refused draft is a draft again."""
        async with self._turn:
            refused = await self._refused(object_id)
            if refused is not None:
                await self._give_up(refused)

    async def _give_up(self, refused: ActState) -> None:
        entry_id, entry, fields = await self._entry_of(refused)
        draft_id, now = self._signer.new_id(IdKind.DRAFT), self._signer.now_ms()
        await self._withdraw(refused, entry_id, entry.case, draft_again(entry, fields, draft_id, now))

    # The steps

    async def _plain(self, pen: EntryWriter, post: Post, object_id: str, act: Act) -> None:
        file = pen.book.file
        row = file.rule(act.step)
        head: dict[str, Any] = {}
        if row.passes_on:
            head = {"next": act.next}
        elif "to" in row.head:
            head = {"to": file.target(row)}
        await pen.write(act.step, post, head, _said(act), object_id=pen.book.file.case)

    async def _review_pass(self, pen: EntryWriter, post: Post, _object_id: str, act: Act) -> None:
        """核稿 and, with it, the branches in which others are asked (会签)."""
        asked = sorted(set(act.consult))
        await pen.write(Step.REVIEW_PASS, post, {"next": act.next, "consult": asked}, _said(act))
        drafted = pen.book.fields(paper_of(pen.book).drafted)
        fields = {name: drafted[name] for name in ("title", "elements", "attachments")} if asked else {}
        for target in asked:
            branch = pen.new_object(IdKind.BRANCH)
            blobs = [value["blob"] for value in fields["attachments"]]
            head = {"of": pen.book.file.case, "asked": target}
            await pen.write(Step.CONSULT_OPEN, post, head, fields | _said(act), object_id=branch, blobs=blobs)

    async def _consult_reply(self, pen: EntryWriter, post: Post, object_id: str, act: Act) -> None:
        await pen.write(
            Step.CONSULT_REPLY, post, {"verdict": act.answer.value}, _said(act), object_id=object_id
        )

    async def _sign_off(self, pen: EntryWriter, post: Post, _object_id: str, act: Act) -> None:
        """签发: the hash of every element, computed from what was shown."""
        file, paper = pen.book.file, paper_of(pen.book)
        elements = elements_of(pen.book, file.objects[file.case])
        if elements is None or paper.drafted is None:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=file.case)
        today = shanghai_day(self._signer.now_ms())
        await asyncio.to_thread(lambda: press().proof(elements, today))
        names = ("kind", "urgency", "label", "recipients", "copies")
        head = {name: paper.drafted.entry.head[name] for name in names}
        head |= {"element_hash": element_hash(elements), "next": act.next}
        await pen.write(Step.SIGN_OFF, post, head, _said(act))

    async def _recheck_pass(self, pen: EntryWriter, post: Post, _object_id: str, act: Act) -> None:
        """复核: what is there now is what was signed, or it does not pass (条例 art. 25)."""
        file = pen.book.file
        elements = elements_of(pen.book, file.objects[file.case])
        if elements is None:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=file.case)
        head = {"element_hash": element_hash(elements), "next": act.next}
        await pen.write(Step.RECHECK_PASS, post, head, _said(act))

    async def _annul(self, pen: EntryWriter, post: Post, _object_id: str, act: Act) -> None:
        """撤销 stands in the issue itself, so that everybody who has it is told."""
        sent = paper_of(pen.book).dispatched
        if sent is None:
            raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=pen.book.file.case)
        head = {"to": "annulled"}
        await pen.write(Step.ANNUL, post, head, _said(act), object_id=sent.entry.object)

    async def _receive(self, pen: EntryWriter, post: Post, object_id: str, act: Act) -> None:
        """签收 is signed only after the file was opened and everything it claims was verified (C13)."""
        pdf = document_view.pdf_of(pen.book, pen.book.file.objects[object_id])
        sent = paper_of(pen.book).dispatched
        if pdf is None or sent is None:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=object_id)
        verdict = await self._files.verified(pdf)
        check_agrees(pen.book, verdict)
        page_proof.check_receivable(verdict)
        told = page_proof.receipt_fields(verdict, self._directory.organisation)
        await self._receipt(pen, post, Step.RECEIVE, _remark(act) | told)

    async def _reject(self, pen: EntryWriter, post: Post, _object_id: str, act: Act) -> None:
        await self._receipt(pen, post, Step.REJECT, {"reason": act.reason})

    async def _receipt(self, pen: EntryWriter, post: Post, step: Step, fields: dict[str, Any]) -> None:
        sent = paper_of(pen.book).dispatched
        if sent is None:
            raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=pen.book.file.case)
        head = {
            "issue": sent.entry.object,
            "pdf_hash": sent.entry.head["pdf_hash"],
            "sender": sent.entry.body,
            "dispatch_entry": sent.id,
        }
        await pen.write(step, post, head, fields, object_id=pen.new_object(IdKind.RECEIPT))

    async def _register(self, pen: EntryWriter, post: Post, _object_id: str, act: Act) -> None:
        receipt = paper_of(pen.book).receipts.get(post.body)
        if receipt is None:
            raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=pen.book.file.case)
        if "number_entry" not in pen.book.file.rule(Step.REGISTER).head:
            # A case of `dispatch/1`: its 收文号 is what this device counts.
            number = registers.number_after(self._year(), await self._registered(post.body))
            await pen.write(Step.REGISTER, post, {"number": number}, _remark(act), object_id=receipt)
            return
        place = await self._ledgers.following(post.body, RECEIVED, self._year())
        place = self._ledgers.beyond(place, await self._registered(post.body))
        place = self._ledgers.begun_at(place, dict(act.fields).get(FIRST_NUMBER))
        line, number = await self._ledgers.write(place, post, pen.book.file.case)
        head = {"number": number, "number_entry": line.entry_id}
        await pen.write(Step.REGISTER, post, head, _remark(act), object_id=receipt, number_entry=line)

    def _year(self) -> int:
        return shanghai_day(self._signer.now_ms()).year

    async def _registered(self, body: str) -> int:
        procedures = CASES.procedures(self._directory.state)
        return await self._store.read(
            lambda connection: registers.highest(connection, body, self._year(), procedures)
        )

    async def _reseal(self, pen: EntryWriter, post: Post, _object_id: str, act: Act) -> None:
        """The remark that brings the new key; what was typed says why, or the standing words do."""
        state = self._directory.state
        cut_off = resealing.wanted(pen.book, state)
        if cut_off is None:
            raise JinshuError(ErrorCode.DOCUMENTS_NOT_ALLOWED, step=act.step)
        said = act.opinion or resealing.words(cut_off, state)
        await pen.write(Step.OPINION, post, {}, {"opinion": said})

    async def _urge(self, pen: EntryWriter, post: Post, _object_id: str, act: Act) -> None:
        """催办: of whoever's turn it is when it is signed, and for its reason alone."""
        file = pen.book.file
        if file.turn is None:
            raise JinshuError(ErrorCode.DOCUMENTS_NOT_ALLOWED, step=act.step, phase=file.phase)
        await pen.write(Step.URGE, post, {"urged": file.turn}, {"reason": act.reason})

    # The store

    async def _case(self, object_id: str) -> LocalCase:
        return await shown_case(self._store, self._directory.state, object_id)

    def _with_target(self, pen: EntryWriter, post: Post, act: Act) -> Act:
        """The first candidate when the user chose none."""
        row = pen.book.file.procedure.steps.get(act.step)
        actions = document_view.targets(row, post, self._directory.state)
        return replace(act, next=actions[0].id) if act.next is None and actions else act

    async def _refused(self, object_id: str) -> ActState | None:
        case = await self._store.read(lambda connection: entry_store.case_of(connection, object_id))
        states = await self._outbox.states()
        return next(
            (
                state
                for state in states
                if state.kind == KIND and state.object == case and state.state is ActStanding.REFUSED
            ),
            None,
        )

    async def _entry_of(self, refused: ActState) -> tuple[bytes, DocumentEntry, dict[str, Any]]:
        procedures = CASES.procedures(self._directory.state)

        def read(connection: Connection) -> tuple[bytes, DocumentEntry, dict[str, Any]]:
            rows = entry_store.of_case(connection, refused.object)
            kept = next(row for row in rows if row.refusal is not None)
            return (
                kept.id,
                DocumentEntry.parse(Signed.parse(kept.signed).value(), procedures),
                kept.fields or {},
            )

        return await self._store.read(read)

    async def _withdraw(
        self, refused: ActState, entry_id: bytes, case: str, draft: StoredDraft | None = None
    ) -> None:
        def rows(connection: Connection) -> list[Event]:
            take_back(connection, entry_id, case, CASES.procedures(self._directory.state))
            if draft is not None:
                drafts.put(connection, draft)
            return [DraftsChanged(), *self._projector.refresh(connection, case)]

        await self._outbox.withdraw(refused.id, rows)

    async def _refresh(self, case: str) -> None:
        events = await self._store.write(lambda connection: self._projector.refresh(connection, case))
        self._bus.publish_all(events)


def _clean(act: Act) -> Act:
    opinion, reason = (texts.check(words, Field.OPINION) for words in (act.opinion, act.reason))
    return replace(act, opinion=opinion, reason=reason)


def _said(act: Act) -> dict[str, Any]:
    """The words that go with a step, hidden from everybody but the readers."""
    said = {"reason": act.reason} if act.reason else {}
    return said | ({"opinion": act.opinion} if act.opinion else {})


def _remark(act: Act) -> dict[str, Any]:
    return {"remark": act.opinion} if act.opinion else {}


def _act_again(entry: DocumentEntry, fields: dict[str, Any]) -> Act:
    """The decision behind an entry, to be signed on what stands now."""
    return Act(
        step=entry.step,
        post=entry.post,
        opinion=str(fields.get("opinion", fields.get("remark", ""))),
        reason=str(fields.get("reason", "")),
        next=entry.next,
        consult=tuple(entry.head.get("consult", ())),
        answer=Answer(entry.head.get("verdict", Answer.AGREE)),
    )
