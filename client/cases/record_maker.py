"""Makes the record of a case (`client/verify/record.py`): what this device's log has brought of it, and what proves it to a stranger.

What it holds is public to every reader of the case's headers anyhow: entries with their visible heads, receipts, and of the directory
only whom and what those name. No key, no hidden field and no ciphertext goes into it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from client.cases.entry_store import StoredEntry
from client.cases.local_case import LocalCase
from client.core.trust.directory import Directory
from client.core.trust.log_copy import LogCopy
from client.verify.record import ProvedLeaf, ProvedPart, ProvedSize, Record, RecordedStep
from client.verify.record_check import verify_record
from protocol.cases.entries import DocumentEntry
from protocol.cases.procedure import Procedure
from protocol.cases.receipts import ServerReceipt
from protocol.cases.shapes import principals_in
from protocol.crypto.signature import Signed
from protocol.directory.log import KeyGeneration, Leaf, LeafKind, OrganisationRoot, RevocationList
from protocol.directory.organisation import SITE_ID, Organisation
from protocol.errors import ErrorCode, JinshuError

_KINDS: Final = frozenset(
    {LeafKind.ORGANISATION, LeafKind.REVOCATIONS, LeafKind.DEVICE, LeafKind.GENERATION, LeafKind.CA_CHANGE}
)


class RecordMaker:
    """Writes records with the directory of this client."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def make(self, case: LocalCase) -> bytes:
        """The file; it has been judged as whoever gets it will.

        Raises:
            JinshuError: `client.outdated`, a newer version is needed to read the case; `documents.unknown`, nothing of it has been
                received; `verify.…`, what is here does not hold together.
        """
        directory = self._directory
        steps = [(kept, case.entries[kept.id]) for kept in case.kept.values() if kept.n is not None]
        if case.outdated:
            raise JinshuError(ErrorCode.CLIENT_OUTDATED)
        if not steps:
            raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=case.file.case)
        log = await directory.whole_log()
        return await asyncio.to_thread(self._make, case, steps, log)

    def _make(self, case: LocalCase, steps: list[tuple[StoredEntry, DocumentEntry]], log: LogCopy) -> bytes:
        directory, size = self._directory, len(log.tree)
        receipts = {kept.id: _receipt(kept) for kept, _ in steps}
        parts = self._parts(case.file.procedure, steps, receipts)
        sizes = {each.log_size for each in receipts.values()} | {entry.log_size for _, entry in steps}
        leaves = _leaves(log, case.file.procedure, steps, min(parts))
        record = Record(
            case=case.file.case,
            steps=[RecordedStep(kept.signed, kept.receipt or b"", kept.number_entry) for kept, _ in steps],
            log_head=log.head,
            log_certificate=directory.trust.log_certificate,
            issuing=directory.trust.first,
            sizes=[
                ProvedSize(each, log.tree.consistency_proof(each, size)) for each in sorted(sizes - {size})
            ],
            leaves=[
                ProvedLeaf(index, log.leaves[index], log.tree.inclusion_proof(index, size))
                for index in sorted(leaves)
            ],
            snapshots=[_part(directory.organisation_at(seq), ids) for seq, ids in sorted(parts.items())],
        )
        data = record.to_bytes()
        verify_record(data, directory.trust.root)
        return data

    def _parts(
        self,
        procedure: Procedure,
        steps: Iterable[tuple[StoredEntry, DocumentEntry]],
        receipts: dict[bytes, ServerReceipt],
    ) -> dict[int, set[str]]:
        """Of each snapshot that was in force when an entry was received, the entries that show by what right it was written."""
        state = self._directory.state
        parts: dict[int, set[str]] = defaultdict(set)
        for kept, entry in steps:
            org_seq = state.org_seq_at(receipts[kept.id].log_size)
            parts[org_seq] |= _needed(entry, procedure, self._directory.organisation_at(org_seq))
        for org_seq in list(parts):
            snapshot = self._directory.organisation_at(org_seq)
            parts[org_seq] |= {
                each.id for each in snapshot.procedures.values() if each.hash == procedure.hash
            }
        if not any(procedure.hash in self._directory.organisation_at(seq).procedures for seq in parts):
            self._add_listing(procedure, parts)
        return parts

    def _add_listing(self, procedure: Procedure, parts: dict[int, set[str]]) -> None:
        """A case under way outlives its procedure: who saw only the rest of it shows an earlier snapshot that lists it."""
        for org_seq in sorted(self._directory.state.organisation_roots, reverse=True):
            snapshot = self._directory.organisation_at(org_seq)
            if procedure.hash in snapshot.procedures:
                parts[org_seq].add(snapshot.procedures[procedure.hash].id)
                return


def _receipt(kept: StoredEntry) -> ServerReceipt:
    return ServerReceipt.parse(Signed.parse(kept.receipt or b"").value())


def _needed(entry: DocumentEntry, procedure: Procedure, snapshot: Organisation) -> set[str]:
    """The author in his post, and whom the head names."""
    found = {entry.body, entry.post, entry.actor}
    if entry.delegation is not None:
        found.add(entry.delegation)
    found |= {
        each.id
        for each in snapshot.holdings.values()
        if (each.person, each.post) == (entry.actor, entry.post)
    }
    row = procedure.steps[entry.step]
    named = {each for name in row.names for each in principals_in(row.head[name], entry.head[name])}
    found |= named
    # A person belongs to a body by the posts he holds.
    found |= {each.id for each in snapshot.holdings.values() if each.person in named}
    return found


def _part(snapshot: Organisation, ids: set[str]) -> ProvedPart:
    """The entries with those they refer to, each with its place; and the site's own, or between which it would stand."""
    known = [entry.id for entry in snapshot.entries]
    wanted = _closed(ids, snapshot) & set(known)
    if SITE_ID in known:
        wanted.add(SITE_ID)
    else:
        wanted |= set([each for each in known if each < SITE_ID][-1:])
        wanted |= set([each for each in known if each > SITE_ID][:1])
        wanted = _closed(wanted, snapshot)
    proofs = [snapshot.proof(each) for each in sorted(wanted)]
    return ProvedPart(
        snapshot.org_seq, [data for data, _, _ in proofs], [(index, path) for _, index, path in proofs]
    )


def _closed(ids: Iterable[str], snapshot: Organisation) -> set[str]:
    """These entries, and every one that one of them refers to."""
    waiting, done = list(ids), set[str]()
    while waiting:
        current = waiting.pop()
        if current in done:
            continue
        done.add(current)
        if (body := snapshot.bodies.get(current)) is not None and body.parent is not None:
            waiting.append(body.parent)
        if (post := snapshot.posts.get(current)) is not None:
            waiting.append(post.body)
        if (holding := snapshot.holdings.get(current)) is not None:
            waiting += [holding.person, holding.post]
        if (seal := snapshot.seals.get(current)) is not None:
            waiting += [seal.body, *seal.keepers]
        if (delegation := snapshot.delegations.get(current)) is not None:
            waiting += [delegation.from_post, delegation.to_person]
    return done


def _leaves(
    log: LogCopy,
    procedure: Procedure,
    steps: list[tuple[StoredEntry, DocumentEntry]],
    first_snapshot: int,
) -> set[int]:
    """The places of the leaves that say what counted when the entries were received."""
    signers = {Signed.parse(kept.signed).cert_hash for kept, _ in steps}
    keyed = {each for _, entry in steps for each in _keyed(entry, procedure)}
    found: set[int] = set()
    lists: list[tuple[int, RevocationList]] = []
    roots: list[tuple[int, int]] = []
    changed = False
    for index, data in enumerate(log.leaves):
        leaf = Leaf.parse(data)
        if leaf.kind not in _KINDS:
            continue
        signed = leaf.parsed()
        if leaf.kind is LeafKind.ORGANISATION:
            roots.append((index, OrganisationRoot.parse(signed.value()).org_seq))
        elif leaf.kind is LeafKind.REVOCATIONS:
            lists.append((index, RevocationList.parse(signed.value())))
        elif leaf.kind is LeafKind.DEVICE:
            found |= {index} if signed.cert_hash in signers else set()
        elif leaf.kind is LeafKind.GENERATION:
            principal = KeyGeneration.parse(signed.value()).principal
            if principal in keyed:
                keyed.remove(principal)  # that there is a key is told by its first generation
                found.add(index)
        else:
            changed = True
            found.add(index)
    # After a change of the CA an earlier snapshot is in force again, perhaps one from before the first entry.
    found |= {index for index, org_seq in roots if changed or org_seq >= first_snapshot}
    return found | _lists(lists, signers)


def _keyed(entry: DocumentEntry, procedure: Procedure) -> set[str]:
    """Those to whom an entry may have sealed its object's key."""
    row = procedure.steps[entry.step]
    named = (each for name in row.seals_to for each in principals_in(row.head[name], entry.head[name]))
    return {entry.body, entry.post, *named}


def _lists(lists: list[tuple[int, RevocationList]], signers: set[bytes]) -> set[int]:
    """The newest list; and of a certificate that was revoked, the first that names it and the one before that."""
    found = {index for index, _ in lists[-1:]}
    for certificate in signers:
        naming = (
            place
            for place, (_, each) in enumerate(lists)
            if any(item["cert"] == certificate for item in each.revoked)
        )
        first = next(naming, None)
        if first is not None:
            found |= {lists[place][0] for place in (first - 1, first) if place >= 0}
    return found
