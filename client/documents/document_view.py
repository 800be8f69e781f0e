"""The document page's rows: what stands on the page, the route it took, who has received it, and what is verified."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from client.cases import names
from client.cases.head_facts import head_facts
from client.cases.local_case import LocalCase
from client.cases.rows import Standing, Target
from client.core.names import person_name
from client.documents import possible, resealing
from client.documents.contents import head_of
from client.documents.extract_maker import shanghai_day
from client.documents.files import attachments_in
from client.documents.paper import elements_of, is_paper, paper_of, title_of
from client.documents.rows import DocumentView, ReceiptRow, ReceiptState, RouteStep
from protocol import text
from protocol.cases.history import ObjectFile
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import StepRule
from protocol.directory.organisation import Organisation, Post
from protocol.directory.state import DirectoryState
from protocol.documents.page_checks import FIELD as PAGE_CHECK
from protocol.documents.steps import Answer, Step
from protocol.errors import ErrorCode
from protocol.text import Field

Verdict = Any  # client.verify.verdict.Verdict, which is heavy to load
KnownVerdict = Callable[[Mapping[str, Any]], Verdict | None]
_WITH_FILES: Final = (Step.DISPATCH, Step.CONSULT_OPEN, Step.REVISE, Step.DRAFT)


def view(
    book: LocalCase, object_id: str, person: str, state: DirectoryState, known: KnownVerdict
) -> DocumentView:
    """Everything the page of an object shows."""
    file, paper = book.file, paper_of(book)
    found = file.objects[object_id]
    pdf = pdf_of(book, found)
    verdict = known(pdf) if pdf is not None else None
    elements = elements_of(book, found) or (verdict.elements if verdict is not None else None)
    files = next(iter(fields_with_files(book, found)), {})
    signed_off = paper.signed_off.entry.signed_at if paper.signed_off is not None else None
    own = state.organisation.bodies_of(person)
    return DocumentView(
        id=object_id,
        case=file.case,
        title=text.shown(title_of(book, found), Field.TITLE),
        number=text.shown(_number(book), Field.NAME),
        phase=paper.phase if found.kind is ObjectKind.CASE else None,
        elements=elements,
        attachments=tuple(ref.row() for ref in attachments_in(files)),
        route=tuple(route(book, found, state.organisation)),
        actions=possible.actions(book, object_id, person, state) if not book.refused() else (),
        # Who has received it is the sender's business alone.
        receipts=tuple(_receipts(book, state)) if file.body in own else (),
        pdf_sha256=bytes(pdf["sha256"]) if pdf is not None else None,
        sealed=pdf is not None,
        signed_on=shanghai_day(signed_off).isoformat() if signed_off is not None else "",
        verification=verification(book, found, verdict, state.organisation),
        outgoing=file.body in own,
        role=found.kind,
        copyable=possible.may_copy(book, object_id, person, state.organisation),
        outdated=book.outdated,
    )


def targets(row: StepRule | None, post: Post, state: DirectoryState) -> tuple[Target, ...]:
    """To whom a step may pass the case on; nobody when it passes nothing on."""
    return possible.targets_for(row, post.body, state) if row is not None and row.passes_on else ()


def pdf_of(book: LocalCase, found: ObjectFile) -> Mapping[str, Any] | None:
    """Where the sealed file of an object is, when this device can open it."""
    if found.kind is ObjectKind.BRANCH:
        return None
    for placed in (paper_of(book).dispatched, paper_of(book).sealed):
        pdf = book.fields(placed).get("pdf")
        if pdf is not None:
            return dict(pdf)
    return None


def agrees(book: LocalCase, verdict: Verdict) -> bool:
    """Whether what was dispatched is what the sealed file proves was signed: every attachment and recipient (C9, C11)."""
    sent = paper_of(book).dispatched
    if sent is None:
        return False
    fields, head, shown = book.fields(sent), sent.entry.head, head_of(verdict.elements)
    listed = [(ref.name, ref.media_type, ref.size, ref.sha256) for ref in attachments_in(fields)]
    signed = [(a.name, a.media_type, a.size, a.sha256) for a in verdict.elements.attachments]
    claimed = (book.file.case, sent.entry.body, head["number"], fields.get("title"))
    proved = (verdict.case, verdict.issuer_id, verdict.number, verdict.title)
    same = all(head[name] == shown[name] for name in ("recipients", "copies"))
    whole = fields.get("elements") == verdict.elements.to_cbor_value()
    return same and whole and claimed == proved and listed == signed


def fields_with_files(book: LocalCase, found: ObjectFile) -> Iterator[dict[str, Any]]:
    """What lists attachments, newest first."""
    for placed in reversed(found.chain):
        if placed.entry.step in _WITH_FILES and "attachments" in book.fields(placed):
            yield book.fields(placed)


def _number(book: LocalCase) -> str:
    for placed in (paper_of(book).numbered, paper_of(book).dispatched):
        if placed is not None:
            return str(placed.entry.head["number"])
    return ""


def route(
    book: LocalCase, found: ObjectFile, organisation: Organisation, words: Mapping[str, str] | None = None
) -> Iterator[RouteStep]:
    """Every step in view, in the order it was received, what is on its way last. `words`: the site's, for what no program has."""
    for kept in book.kept.values():
        entry = book.entries[kept.id]
        if found.kind is ObjectKind.BRANCH and kept.object != found.id:
            continue
        fields = kept.fields or {}
        later = ErrorCode.CLIENT_OUTDATED.value if entry.step == Step.LATER else None
        yield RouteStep(
            entry_id=kept.id,
            step=entry.step,
            person=person_name(organisation, entry.actor),
            post=organisation.posts[entry.post].name if entry.post in organisation.posts else entry.post,
            body=names.short_name(organisation, entry.body),
            signed_at=entry.signed_at,
            received_at=kept.received_at,
            opinion=text.shown(
                str(fields.get("opinion") or fields.get("reason") or fields.get("remark") or ""),
                Field.OPINION,
            ),
            answer=Answer(entry.head["verdict"])
            if entry.step == Step.CONSULT_REPLY and words is None
            else None,
            offline=entry.offline,
            verified=kept.fault is None and later is None and kept.standing is Standing.SETTLED,
            standing=kept.standing,
            refusal=kept.refusal or kept.fault or later,
            called="" if words is None else text.shown(words.get(entry.step, entry.step), Field.NAME),
            facts=() if words is None else tuple(head_facts(entry, book.file.procedure, organisation, words)),
        )


def _receipts(book: LocalCase, state: DirectoryState) -> Iterator[ReceiptRow]:
    sent = paper_of(book).dispatched
    if sent is None:
        return
    lost = resealing.lost_recipients(book, state)
    for body in dict.fromkeys(paper_of(book).sent_to):
        name = names.body_name(state.organisation, body)
        receipt = paper_of(book).receipts.get(body)
        if receipt is None:
            # The server's word only; a body without a key waits for one (C13).
            has_key = state.generation(body) is not None
            waiting = ReceiptState.DELIVERED if has_key else ReceiptState.UNPRINTED
            waiting = ReceiptState.CUT_OFF if body in lost else waiting
            yield ReceiptRow(body, name, waiting, None, "", "", verified=False)
            continue
        chain = book.file.objects[receipt].chain
        last = next(placed for placed in reversed(chain) if placed.entry.step != Step.LATER)
        kept, fields = book.kept[last.id], book.fields(chain[0])
        person = person_name(state.organisation, chain[0].entry.actor)
        remark = text.shown(str(fields.get("reason") or fields.get("remark") or ""), Field.OPINION)
        yield ReceiptRow(
            body,
            name,
            ReceiptState(book.file.objects[receipt].phase),
            kept.received_at,
            person,
            remark,
            kept.fault is None,
            str(fields.get(PAGE_CHECK, "")),
        )


def verification(
    book: LocalCase, found: ObjectFile, verdict: Verdict | None, organisation: Organisation
) -> tuple[str, dict[str, str]]:
    """The sentence that says what is verified; `key` and parameters."""
    faults = {kept.fault for kept in book.kept.values()} - {None, ErrorCode.CLIENT_OUTDATED.value}
    if faults:
        changed = ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH.value in faults
        return ("changed" if changed else "broken"), {}
    if verdict is not None and found.kind is ObjectKind.ISSUE and not agrees(book, verdict):
        return "changed", {}
    if verdict is not None:
        return "sealed", {
            "signer": f"{verdict.issuer} {verdict.signer_post} {verdict.signer}",
            "time": verdict.signed_on.isoformat(),
            "body": verdict.seal_name,
            "revocations": _moment(verdict.revocations_at_ms),
            "page_check": verdict.page_check.value,
            "listed": "yes" if verdict.setting_listed else "no",
            "list": "site" if verdict.list_signed else "release",
        }
    signed_off = paper_of(book).signed_off if is_paper(book) else None
    if signed_off is not None and found.kind is ObjectKind.CASE:
        return "signed", {
            "signer": f"{names.post_name(organisation, signed_off.entry.post)} "
            f"{person_name(organisation, signed_off.entry.actor)}",
            "time": _moment(signed_off.entry.signed_at),
        }
    return ("unverified", {"count": "1"}) if found.kind is ObjectKind.ISSUE else ("route", {})


def _moment(at_ms: int) -> str:
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return datetime.datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%d %H:%M")
