"""The signed extract that goes into an issued document (C9): what proves, with the root alone, who signed off, numbered and
sealed it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Final

from client.cases.entry_store import StoredEntry
from client.cases.local_case import LocalCase
from client.core.trust.directory import Directory
from client.documents.paper import paper_of
from client.verify.extract import DATED, FIRST, Extract
from protocol.cases.entries import DocumentEntry
from protocol.crypto.signature import Signed
from protocol.directory.log import OrganisationRoot, RevocationList
from protocol.directory.organisation import PAGE_SETTINGS_ID, Duty, Organisation
from protocol.directory.records import SealRecord
from protocol.documents.numbering import NumberEntry
from protocol.errors import ErrorCode, JinshuError

_SHANGHAI: Final = datetime.timezone(datetime.timedelta(hours=8))


def shanghai_day(at_ms: int) -> datetime.date:
    """The legal date of a moment (C16)."""
    return datetime.datetime.fromtimestamp(at_ms / 1000, _SHANGHAI).date()


def make_extract(
    book: LocalCase,
    directory: Directory,
    seal: SealRecord,
    case_head: Signed,
    *,
    now_ms: int,
    setting: tuple[bytes, bytes, str],
) -> Extract:
    """Everything `jinshu-verify` asks for; `setting`: hashes of template and fonts, and the engine.

    Raises:
        JinshuError: `documents.unknown`, the case is not that far; `documents.not_authorised`, no snapshot shows all
            who took part in their posts.
    """
    file, paper, state = book.file, paper_of(book), directory.state
    if paper.signed_off is None or paper.numbered is None or state.revocations_signed is None:
        raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=file.case)
    sign_off, number = book.kept[paper.signed_off.id], book.kept[paper.numbered.id]
    if sign_off.receipt is None or number.number_entry is None:
        raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=file.case)
    act = paper.signed_off.entry
    line = NumberEntry.parse(Signed.parse(number.number_entry).value())
    snapshot, entries = _proofs(directory, act, paper.numbered.entry, line, seal)
    _, root = state.organisation_roots[snapshot.org_seq]
    if snapshot.page_settings is not None:
        entries = sorted({*entries, PAGE_SETTINGS_ID})
    proofs = [snapshot.proof(entry) for entry in entries]
    return Extract(
        v=DATED if _names_log(root, state.revocations_signed) else FIRST,
        sign_off=sign_off.signed,
        sign_off_certificate=_certificate(directory, sign_off),
        number_entry=number.number_entry,
        number_certificate=_certificate(directory, number),
        number=line.text,
        signed_on=shanghai_day(act.signed_at).isoformat(),
        printed_on=shanghai_day(now_ms).isoformat(),
        receipt=sign_off.receipt,
        log_certificate=directory.trust.log_certificate,
        case_head=case_head.to_bytes(),
        organisation_root=root.to_bytes(),
        organisation_entries=tuple(data for data, _, _ in proofs),
        organisation_proofs=tuple((index, tuple(path)) for _, index, path in proofs),
        revocations=state.revocations_signed.to_bytes(),
        seal_entry=seal.signed,
        issuing=directory.trust.issuing,
        template=setting[0],
        fonts=setting[1],
        engine=setting[2],
    )


def _names_log(root: Signed, revocations: Signed) -> bool:
    """Whether a statement in the extract has the later form."""
    return OrganisationRoot.parse(root.value()).dated or RevocationList.parse(revocations.value()).dated


def _certificate(directory: Directory, kept: StoredEntry) -> bytes:
    found = directory.certificate(Signed.parse(kept.signed).cert_hash)
    if found is None:
        raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)
    return found


def _proofs(
    directory: Directory, act: DocumentEntry, numbered: DocumentEntry, line: NumberEntry, seal: SealRecord
) -> tuple[Organisation, list[str]]:
    """The newest snapshot that shows the signer, the numberer and the keeper in their posts, and the entries that do."""
    for org_seq in sorted(directory.state.organisation_roots, reverse=True):
        if org_seq < act.org_seq:
            break
        snapshot = directory.organisation_at(org_seq)
        needed = (
            [act.body, seal.seal],
            _post_entries(snapshot, act.actor, act.post, act.delegation),
            _post_entries(snapshot, numbered.actor, line.post, numbered.delegation),
            _keeper_entries(snapshot, seal),
        )
        if all(needed) and seal.seal in snapshot.seals:
            return snapshot, sorted({entry for part in needed for entry in part})
    raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step="seal")


def _post_entries(snapshot: Organisation, person: str, post: str, delegation: str | None) -> list[str]:
    """Person, post and what joins them; empty when nothing does."""
    if delegation is not None:
        joined = [delegation] if delegation in snapshot.delegations else []
    else:
        joined = [h.id for h in snapshot.holdings.values() if (h.person, h.post) == (person, post)]
    known = person in snapshot.people and post in snapshot.posts
    return [person, post, *joined] if joined and known else []


def _keeper_entries(snapshot: Organisation, seal: SealRecord) -> list[str]:
    posts: Iterator[str] = (
        post.id
        for post in snapshot.posts_of_body(seal.body)
        if Duty.SEAL in post.duties and seal.keeper in snapshot.holders(post.id)
    )
    return _first(_post_entries(snapshot, seal.keeper, post, None) for post in posts)


def _first(candidates: Iterable[list[str]]) -> list[str]:
    return next((found for found in candidates if found), [])
