"""What may follow in a case (C10): phases, turns, parents, keys, and what each step must agree with.

The server asks before it accepts, every reader before it believes; authority (`authority.py`) and the recipients of
keys (`recipients.py`) are other questions.

An entry of a later version, and what stands on one, has its object, its key and its parents checked and nothing else: where the
case stands after a step one does not know, one does not know either. Whoever gets a newer program judges all of it (C41).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from protocol.documents.entries import HEADS, DocumentEntry, ObjectKind
from protocol.documents.history import LINE, CaseFile, Placed
from protocol.documents.states import TABLE, Transition
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError

_DRAFTED: Final = ("kind", "urgency", "label", "recipients", "copies")


def check(case: CaseFile, entry: DocumentEntry) -> None:
    """Return if an entry may follow what is here; authority and keys are other questions.

    Raises:
        JinshuError: `documents.not_allowed`, `documents.stale_head`, `documents.wrong_parents`,
            `documents.not_authorised`, `documents.recipients_mismatch`, `documents.element_hash_mismatch`,
            `documents.rule_broken`, `documents.receipt_chain`, `documents.unknown`, `sync.id_reused` or
            `keys.commitment_mismatch`.
    """
    if entry.step is Step.LATER or case.stands_on_later(entry.parents):
        _check_placed(case, entry)
        return
    row = TABLE[entry.step]
    if entry.kind is not row.object or entry.case != case.case:
        raise not_allowed(case, entry)
    _check_object(case, entry, row)
    # Parents first: who acts on an old head is told so, whatever the phase has become since.
    _check_parents(case, entry, row)
    if case.complete or (row.creates and row.object is ObjectKind.CASE):
        _check_phase(case, entry, row)
    _check_key(case, entry, row)
    if entry.receipt_seen is not None and entry.receipt_seen not in case.receipts_seen and case.complete:
        raise JinshuError(ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
    binding = _BINDINGS.get(entry.step)
    if binding is not None:
        binding(case, entry)


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


def _check_object(case: CaseFile, entry: DocumentEntry, row: Transition) -> None:
    there = entry.object in case.objects
    if row.creates and there:
        raise JinshuError(ErrorCode.SYNC_ID_REUSED, object=entry.object)
    if not row.creates and not there:
        raise JinshuError(ErrorCode.DOCUMENTS_UNKNOWN, object=entry.object)
    if row.creates and entry.key_commitment is None:
        raise JinshuError(ErrorCode.KEYS_COMMITMENT_MISMATCH, object=entry.object)


def _check_phase(case: CaseFile, entry: DocumentEntry, row: Transition) -> None:
    if case.phase not in row.sources:
        raise not_allowed(case, entry)
    own = row.object in LINE or entry.step is Step.CONSULT_OPEN
    if own and case.body is not None and entry.body != case.body:
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.step.value)
    if row.in_turn and case.turn is not None and case.turn not in (entry.post, entry.body):
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.step.value)


def _check_parents(case: CaseFile, entry: DocumentEntry, row: Transition) -> None:
    parents = set(entry.parents)
    if row.object in LINE or entry.step is Step.CONSULT_OPEN:
        if not case.complete and entry.step is not Step.DRAFT:
            return  # the line is out of this reader's sight
        known = case.line | {p.id for b in case.branches.values() for p in case.objects[b].chain}
    elif row.creates:
        known = {case.dispatched.id} if case.dispatched is not None else set()
    else:
        known = {placed.id for placed in case.objects[entry.object].chain}
    needed = case.parents_for(entry.step, entry.object)
    if not parents <= known or (not parents and needed):
        raise JinshuError(ErrorCode.DOCUMENTS_WRONG_PARENTS)
    if not row.concurrent and parents != needed:
        raise JinshuError(ErrorCode.DOCUMENTS_STALE_HEAD, object=entry.object)


def _check_key(case: CaseFile, entry: DocumentEntry, row: Transition) -> None:
    """Whoever writes after the key was changed must have seen that it was."""
    if row.creates:
        return
    changed = case.objects[entry.object].keyed_by
    if changed not in case.ancestors(entry.parents) and changed != case.objects[entry.object].chain[0].id:
        raise JinshuError(ErrorCode.DOCUMENTS_STALE_HEAD, object=entry.object)


def _returns(case: CaseFile, entry: DocumentEntry) -> None:
    if entry.head["to"] != getattr(TABLE[entry.step].target, "value", None):
        raise not_allowed(case, entry)


def _review(case: CaseFile, entry: DocumentEntry) -> None:
    if {entry.body, entry.post} & set(entry.head["consult"]):
        raise not_allowed(case, entry)


def _sign_off(case: CaseFile, entry: DocumentEntry) -> None:
    if case.drafted is not None:
        _same(entry, case.drafted, _DRAFTED)


def _same_elements(case: CaseFile, entry: DocumentEntry) -> None:
    """复核, 用印: nothing has changed since 签发 (条例 art. 25)."""
    signed_off = case.signed_off
    if signed_off is None or entry.head["element_hash"] != signed_off.entry.head["element_hash"]:
        raise JinshuError(ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH)


def _register(case: CaseFile, entry: DocumentEntry) -> None:
    chain = case.objects[entry.object].chain
    if len(chain) != 1 or chain[0].entry.step is not Step.RECEIVE or chain[0].entry.body != entry.body:
        raise not_allowed(case, entry)


def _reseal(case: CaseFile, entry: DocumentEntry) -> None:
    """补发: a recipient that had no key when it was dispatched has one now (C13)."""
    sent = case.dispatched
    if sent is None or entry.head["principal"] in case.objects[entry.object].wrapped:
        raise not_allowed(case, entry)
    if entry.head["principal"] not in (*sent.entry.head["recipients"], *sent.entry.head["copies"]):
        raise JinshuError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field="principal")


def _consult_open(case: CaseFile, entry: DocumentEntry) -> None:
    if entry.head["of"] != case.case:
        raise not_allowed(case, entry)
    if not case.complete:
        return
    review = case.reviewed
    if review is None or entry.head["asked"] not in review.entry.head["consult"]:
        raise not_allowed(case, entry)
    if entry.head["asked"] in case.branches:
        raise not_allowed(case, entry)
    if entry.post != review.entry.post:
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.step.value)
    # It belongs to this round in whatever order a reader folds what stands side by side.
    if review.id not in case.ancestors(entry.parents):
        raise JinshuError(ErrorCode.DOCUMENTS_STALE_HEAD, object=entry.object)


def _consult_reply(case: CaseFile, entry: DocumentEntry) -> None:
    branch = case.objects[entry.object]
    if branch.first.head["asked"] not in (entry.body, entry.post):
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.step.value)
    current = not case.complete or entry.object in case.branches.values()
    if len(branch.chain) > 1 or not current:
        raise not_allowed(case, entry)


def _join(case: CaseFile, entry: DocumentEntry) -> None:
    if case.unanswered():
        raise not_allowed(case, entry)
    if any(case.verdict(asked) == "disagree" for asked in case.branches):
        raise JinshuError(ErrorCode.DOCUMENTS_RULE_BROKEN, article="16")


def _dispatch(case: CaseFile, entry: DocumentEntry) -> None:
    if entry.head["issue"] != entry.object:
        raise JinshuError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="issue")
    if not case.complete:
        return
    assert case.sealed is not None
    assert case.signed_off is not None
    assert case.numbered is not None
    if entry.head["pdf_hash"] != case.sealed.entry.head["pdf_hash"]:
        raise JinshuError(ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH)
    _same(entry, case.numbered, ("number",))
    _same(entry, case.signed_off, ("recipients", "copies"))


def _receipt(case: CaseFile, entry: DocumentEntry) -> None:
    sent = case.dispatched
    if sent is None or entry.body in case.receipts:
        raise not_allowed(case, entry)
    if entry.body not in (*sent.entry.head["recipients"], *sent.entry.head["copies"]):
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.step.value)
    bound = {
        "issue": sent.entry.object,
        "pdf_hash": sent.entry.head["pdf_hash"],
        "sender": sent.entry.body,
        "dispatch_entry": sent.id,
    }
    if entry.head != bound:
        raise JinshuError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field="receipt")


def _same(entry: DocumentEntry, other: Placed, names: Iterable[str]) -> None:
    for name in names:
        if entry.head[name] != other.entry.head[name]:
            raise JinshuError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field=name)


def not_allowed(case: CaseFile, entry: DocumentEntry) -> JinshuError:
    phase = case.phase.value if case.phase is not None else ""
    return JinshuError(ErrorCode.DOCUMENTS_NOT_ALLOWED, step=entry.word, phase=phase)


_BINDINGS: Final[Mapping[Step, Callable[[CaseFile, DocumentEntry], None]]] = {
    Step.REVIEW_PASS: _review,
    Step.CONSULT_OPEN: _consult_open,
    Step.CONSULT_REPLY: _consult_reply,
    Step.VET_PASS: _join,
    Step.SIGN_OFF: _sign_off,
    Step.RECHECK_PASS: _same_elements,
    Step.SEAL: _same_elements,
    Step.DISPATCH: _dispatch,
    Step.RECEIVE: _receipt,
    Step.REJECT: _receipt,
    Step.REGISTER: _register,
    Step.RESEAL: _reseal,
    **{step: _returns for step, shapes in HEADS.items() if "to" in shapes},
}
