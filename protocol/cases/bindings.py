"""What an entry must agree with (C10): references into the entry and its case, and how they compare.

A reference is a path of words, the same for every procedure:

    head.NAME               what the entry itself shows
    actor.person|post|body  who takes the step
    object, case            ids of what it is written into
    target                  the phase the step leads to
    turn                    the post, body or person whose turn it is
    before                  ids of all entries before it
    sealed_to               the principals that hold its object's key
    first.WHAT              of the entry that began its object
    last.STEP.WHAT          of the newest entry of a step
                            WHAT: id, post, body, object, or head.NAME

What is not in view has no value. To a reader who does not see the whole case it binds nothing: he leaves open what the rest
would prove. In a whole case it must be there. The head of an entry that is only being thought of (`succession.allowed`) binds
nothing either.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from protocol.cases.entries import DocumentEntry
from protocol.cases.history import CaseFile, Placed
from protocol.cases.procedure import Binding, Relation, StepRule
from protocol.cases.references import UNSAID, UNSEEN, Nothing, said, step_and_rest
from protocol.errors import ErrorCode, JinshuError


def check(case: CaseFile, entry: DocumentEntry, row: StepRule) -> None:
    """Return if an entry agrees with everything its step is bound to.

    Raises:
        JinshuError: the code of the first binding it breaks.
    """
    for binding in row.bindings:
        if not _holds(case, entry, row, binding):
            raise fault(case, entry, binding.code, binding.field)


def fault(case: CaseFile, entry: DocumentEntry, code: ErrorCode, field: str = "") -> JinshuError:
    """An error that names the step, and the phase or the field, as its sentence needs."""
    if code is ErrorCode.DOCUMENTS_NOT_ALLOWED:
        return JinshuError(code, step=entry.word, phase=case.phase)
    if code is ErrorCode.DOCUMENTS_NOT_AUTHORISED:
        return JinshuError(code, step=entry.word)
    if code is ErrorCode.DOCUMENTS_STALE_HEAD:
        return JinshuError(code, object=entry.object)
    return JinshuError(code, field=field) if field else JinshuError(code)


def value_of(case: CaseFile, reference: str, entry: DocumentEntry, row: StepRule) -> Any:
    """What a reference stands for; None where it is not in view."""
    found = _value(case, reference, entry, row)
    return None if isinstance(found, Nothing) else found


def _holds(case: CaseFile, entry: DocumentEntry, row: StepRule, binding: Binding) -> bool:
    one = _value(case, binding.one, entry, row)
    others = [_value(case, other, entry, row) for other in binding.others]
    if UNSAID in (one, *others):
        return True
    if one is UNSEEN or any(other is UNSEEN for other in others):
        return not case.complete
    if binding.relation is Relation.IS:
        return bool(one == others[0])
    among = any(any(one == each for each in other) if _many(other) else one == other for other in others)
    return among is (binding.relation is Relation.AMONG)


def _many(value: Any) -> bool:
    return isinstance(value, Collection) and not isinstance(value, (str, bytes))


def _value(case: CaseFile, reference: str, entry: DocumentEntry, row: StepRule) -> Any:
    root, _, rest = reference.partition(".")
    if root == "last":
        step, what = step_and_rest(reference)
        return _of(case.last.get(step), what)
    if root == "first":
        found = case.objects.get(entry.object)
        return UNSEEN if found is None else _of(found.chain[0], rest)
    if root == "before":
        return case.ancestors(entry.parents)
    if root == "sealed_to":
        found = case.objects.get(entry.object)
        return frozenset() if found is None else found.wrapped.keys()
    if root == "turn":
        return UNSEEN if case.turn is None else case.turn
    if root == "target":
        target = case.target(row)
        return UNSEEN if target is None else target
    return said(entry, reference)


def _of(placed: Placed | None, what: str) -> Any:
    if placed is None:
        return UNSEEN
    return placed.id if what == "id" else said(placed.entry, what)
