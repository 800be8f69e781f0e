"""What may follow in a case (C10): phases, turns, parents, keys, and what each step must agree with.

How it works. `check` asks in this order, so that whoever is late is told the same thing everywhere: is the entry of this case and of
its procedure; is its object there, or not there yet; are its parents heads (who acts on an old head is told so, whatever the phase has
become since); does the phase allow the step, is it the acting post's turn; was the key changed since its author looked; then the
bindings, the objects beside the line, what takes an act back, and whether everyone asked has answered. Who may take a step at all
(`authority.py`) and to whom the key goes (`recipients.py`) are other questions.

One answer. The server asks before it accepts, every reader before it believes, a writer before he signs, and pages before they offer:
`allowed` runs these same checks over an entry whose head is not written yet, which binds nothing. So what must keep a step from being
offered is bound to something other than its head.

An entry of a later version, and what stands on one, has its object, its key and its parents checked and nothing else: where the
case stands after a step one does not know, one does not know either. Whoever gets a newer program judges all of it (C41).

Keep in step: PROTOCOL.md §3 (Transitions, Parents, Keys); each check has its lie in `tests/security/checks_of_documents.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from protocol.cases import bindings
from protocol.cases.bindings import fault
from protocol.cases.entries import LATER, DocumentEntry
from protocol.cases.history import CaseFile
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import StepRule
from protocol.directory.organisation import Post
from protocol.errors import ErrorCode, JinshuError


def check(case: CaseFile, entry: DocumentEntry) -> None:
    """Return if an entry may follow what is here; authority and keys are other questions.

    Raises:
        JinshuError: `documents.not_allowed`, `documents.stale_head`, `documents.wrong_parents`,
            `documents.not_authorised`, `documents.recipients_mismatch`, `documents.element_hash_mismatch`,
            `documents.rule_broken`, `documents.receipt_chain`, `documents.unknown`, `sync.id_reused`,
            `keys.commitment_mismatch` or `cases.other_procedure`.
    """
    if entry.step != LATER and entry.procedure != case.reference:
        raise JinshuError(ErrorCode.CASES_OTHER_PROCEDURE)
    if entry.step == LATER or case.stands_on_later(entry.parents):
        _check_placed(case, entry)
        return
    row = case.rule(entry.step)
    if entry.kind is not row.object or entry.case != case.case:
        raise not_allowed(case, entry)
    _check_object(case, entry, row)
    # Parents first: who acts on an old head is told so, whatever the phase has become since.
    _check_parents(case, entry, row)
    _check_stands(case, entry)
    if case.complete or row.begins_case:
        _check_phase(case, entry, row)
    _check_key(case, entry, row)
    if entry.receipt_seen is not None and entry.receipt_seen not in case.receipts_seen and case.complete:
        raise JinshuError(ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
    _check_bound(case, entry, row)


def allowed(case: CaseFile, step: str, object_id: str, person: str, post: Post) -> bool:
    """Whether a person may take a step in this post now, with an object there is or one he would begin; its duty aside.

    The one answer for server and pages: what an entry's head will say is not known yet and left open.
    """
    row = case.rule(step)
    entry = _thought_of(case, row, object_id, person, post)
    try:
        if case.phase or case.complete:
            _check_phase(case, entry, row)
        _check_bound(case, entry, row)
    except JinshuError:
        return False
    return True


def object_for(case: CaseFile, row: StepRule, shown: str, post: Post) -> str | None:
    """The object into which a step goes that is taken while one looks at `shown`; None: it is not taken there.

    A step of the line, and one that opens something beside it, is taken at the case; one into what answers an object (a receipt
    for an issue), at that object; any other at its own. A step that creates its object gets `shown`, in whose place the new one
    will stand.
    """
    rule, kind = case.procedure.kinds[row.object], case.objects[shown].kind
    if rule.in_line:
        return shown if kind is ObjectKind.CASE else None
    if not rule.begins_on:
        return shown if kind is (ObjectKind.CASE if row.creates else row.object) else None
    if kind is not case.rule(rule.begins_on).object:
        return None
    if row.creates:
        return shown
    entry = _thought_of(case, row, shown, "", post)
    return case.made[row.object].get(bindings.value_of(case, rule.one_for, entry, row) or "")


def check_readable(case: CaseFile, parents: Iterable[bytes]) -> None:
    """Return if an act on these heads builds on nothing that this version cannot read.

    Raises:
        JinshuError: `client.outdated`.
    """
    if case.stands_on_later(parents):
        raise JinshuError(ErrorCode.CLIENT_OUTDATED)


def _check_placed(case: CaseFile, entry: DocumentEntry) -> None:
    """What can be told of an entry beyond this version: that its object has a key, and that its parents are there."""
    if entry.case != case.case:
        raise not_allowed(case, entry)
    if entry.object not in case.objects and entry.key_commitment is None:
        raise JinshuError(ErrorCode.KEYS_COMMITMENT_MISMATCH, object=entry.object)
    if case.complete and not (entry.parents and case.parents.keys() >= set(entry.parents)):
        raise JinshuError(ErrorCode.DOCUMENTS_WRONG_PARENTS)


def _check_object(case: CaseFile, entry: DocumentEntry, row: StepRule) -> None:
    there = entry.object in case.objects
    if row.creates and there:
        raise JinshuError(ErrorCode.SYNC_ID_REUSED, object=entry.object)
    if not row.creates and not there:
        raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=entry.object)
    if row.creates and entry.key_commitment is None:
        raise JinshuError(ErrorCode.KEYS_COMMITMENT_MISMATCH, object=entry.object)


def _check_phase(case: CaseFile, entry: DocumentEntry, row: StepRule) -> None:
    if case.phase not in row.sources:
        raise not_allowed(case, entry)
    own = case.procedure.stands_on_line(row) and not row.any_body
    if own and case.body is not None and entry.body != case.body:
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.word)
    if row.in_turn and case.turn is not None and case.turn not in (entry.post, entry.body, entry.actor):
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.word)


def _check_parents(case: CaseFile, entry: DocumentEntry, row: StepRule) -> None:
    parents = set(entry.parents)
    if case.procedure.stands_on_line(row):
        if not case.complete and not row.begins_case:
            return  # the line is out of this reader's sight
        known = case.line | _open_beside(case)
    elif row.creates:
        known = set(case.parents_for(entry.step, entry.object))
    else:
        known = {placed.id for placed in case.objects[entry.object].chain}
    needed = case.parents_for(entry.step, entry.object)
    if not parents <= known or (not parents and needed):
        raise JinshuError(ErrorCode.DOCUMENTS_WRONG_PARENTS)
    if not row.concurrent and parents != needed:
        raise JinshuError(ErrorCode.DOCUMENTS_STALE_HEAD, object=entry.object)


def _check_stands(case: CaseFile, entry: DocumentEntry) -> None:
    """Nothing stands on what was taken back that does not stand on the taking back as well: its author has not seen it."""
    before = case.ancestors(entry.parents)
    if any(undone in before and by not in before for undone, by in case.undone.items()):
        raise JinshuError(ErrorCode.DOCUMENTS_STALE_HEAD, object=entry.object)


def _open_beside(case: CaseFile) -> set[bytes]:
    """Entries of this round's objects beside the line: whoever has seen them may name them."""
    rounds = [kind for kind, rule in case.procedure.kinds.items() if rule.round]
    made = [case.objects[each] for kind in rounds for each in case.made[kind].values()]
    return {placed.id for found in made for placed in found.chain}


def _check_key(case: CaseFile, entry: DocumentEntry, row: StepRule) -> None:
    """Whoever writes after the key was changed must have seen that it was."""
    if row.creates:
        return
    changed = case.objects[entry.object].keyed_by
    if changed not in case.ancestors(entry.parents) and changed != case.objects[entry.object].chain[0].id:
        raise JinshuError(ErrorCode.DOCUMENTS_STALE_HEAD, object=entry.object)


def _check_bound(case: CaseFile, entry: DocumentEntry, row: StepRule) -> None:
    bindings.check(case, entry, row)
    _check_beside(case, entry, row)
    if row.undoes:
        _check_undone(case, entry, row)
    if row.joins is not None:
        _check_joined(case, entry, row.joins)


def _thought_of(case: CaseFile, row: StepRule, object_id: str, person: str, post: Post) -> DocumentEntry:
    """An entry as far as it is known before it is written."""
    return DocumentEntry(
        case=case.case,
        object=object_id,
        step=row.step,
        actor=person,
        post=post.id,
        body=post.body,
        org_seq=0,
        delegation=None,
        parents=sorted(case.parents_for(row.step, object_id)),
        receipt_seen=None,
        log_size=0,
        log_root=b"",
        signed_at=0,
        offline=False,
        head={},
        hidden={},
        content=b"",
        key_commitment=None,
        wraps=[],
        blobs=[],
        procedure=case.reference,
    )


def _check_beside(case: CaseFile, entry: DocumentEntry, row: StepRule) -> None:
    """An object beside the line: one for each, begun on what it answers, taken further in its own life and its own round."""
    rule = case.procedure.kinds[row.object]
    if row.creates:
        if rule.begins_on and rule.begins_on not in case.last:
            raise not_allowed(case, entry)
        whom = bindings.value_of(case, rule.one_for, entry, row) if rule.one_for else None
        # Of rounds, a reader of single objects knows no beginning and no end.
        if whom in case.made[row.object] and (case.complete or not rule.round):
            raise not_allowed(case, entry)
        return
    if row.within and case.objects[entry.object].phase not in row.within:
        raise not_allowed(case, entry)
    if rule.round and case.complete and entry.object not in case.made[row.object].values():
        raise not_allowed(case, entry)


def _check_undone(case: CaseFile, entry: DocumentEntry, row: StepRule) -> None:
    """What is taken back is the newest act of the line, of the same post, and nothing stands on it.

    A server that reads nothing knows no opening: until the next entry nobody has done anything with the case (C42).
    """
    moved = case.moved
    if moved is None:
        if case.complete:
            raise not_allowed(case, entry)
        return
    beside = (found for found in case.objects.values() if not case.procedure.in_line(found.kind))
    chains = (placed for found in beside for placed in found.chain)
    # What stands on something this reader has not seen yet came later, and stands on the taking back too (`_check_stands`).
    built_on = any(
        moved.placed.id in placed.entry.parents
        and case.ancestors(placed.entry.parents) <= case.parents.keys()
        for placed in chains
    )
    if moved.placed.entry.step not in row.undoes or built_on or moved.placed.id not in case.line_heads:
        raise not_allowed(case, entry)
    if moved.placed.entry.post != entry.post:
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.word)


def _check_joined(case: CaseFile, entry: DocumentEntry, kind: ObjectKind) -> None:
    join = case.procedure.kinds[kind].join
    if case.unanswered(kind):
        raise not_allowed(case, entry)
    if join is not None and any(case.answer(kind, asked) in join.stops for asked in case.made[kind]):
        raise JinshuError(ErrorCode.DOCUMENTS_RULE_BROKEN, article=str(join.article))


def not_allowed(case: CaseFile, entry: DocumentEntry) -> JinshuError:
    """That the case does not allow this step now."""
    return fault(case, entry, ErrorCode.DOCUMENTS_NOT_ALLOWED)
