"""To whom an object's key is sealed at each step (C7): the server checks the set, the client makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from protocol.cases.entries import LATER, DocumentEntry
from protocol.cases.history import CaseFile
from protocol.cases.shapes import principals_in
from protocol.crypto.envelope import WrapRecord
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError


class Generations(Protocol):
    """What the directory knows of a principal's key."""

    def current(self, principal: str) -> int | None:
        """The number of the newest generation; None: it has no key yet."""
        ...

    def is_stale(self, principal: str) -> bool:
        """Whether somebody who holds it may no longer."""
        ...


class DirectoryGenerations:
    """The answer of a folded directory log, as it is, or as it was when the log had a size."""

    def __init__(self, state: DirectoryState, size: int | None = None) -> None:
        self._state = state
        self._size = state.size if size is None else size

    def current(self, principal: str) -> int | None:
        numbers = (g.number for g in self._state.generations(principal) if g.index < self._size)
        return max(numbers, default=None)

    def is_stale(self, principal: str) -> bool:
        return self._state.is_stale(principal)


def needs_new_key(case: CaseFile, object_id: str, generations: Generations) -> bool:
    """Whether a principal that holds the object's key has lost a member since: what follows takes a new key."""
    found = case.objects.get(object_id)
    return found is not None and any(
        (generations.current(principal) or 0) > number for principal, number in found.wrapped.items()
    )


def check_fresh(case: CaseFile, object_id: str, generations: Generations) -> None:
    """Return if every principal that holds the object is in order.

    Raises:
        JinshuError: `keys.generation_stale`, a member left and its principal has not rotated yet.
    """
    found = case.objects.get(object_id)
    for principal in found.wrapped if found is not None else ():
        if generations.is_stale(principal):
            raise JinshuError(ErrorCode.KEYS_GENERATION_STALE, principal=principal)


def principals_for(
    step: str,
    *,
    head: Mapping[str, object],
    body: str,
    post: str,
    object_id: str,
    new_key: bool,
    case: CaseFile,
    generations: Generations,
) -> frozenset[str]:
    """Exactly the principals an entry wraps the object's key to.

    A recipient body without a key yet is left out and waits for one (C13).

    Raises:
        JinshuError: `keys.no_generation`, the one it is passed to has no key.
    """
    row = case.rule(step)
    found = case.objects.get(object_id)
    held = set(found.wrapped) if found is not None else set()
    passed_to: set[str] = set()
    listed: set[str] = set()
    for name in row.seals_to:
        named = principals_in(row.head[name], head[name])
        (listed if row.head[name].endswith("*") else passed_to).update(named)
    for principal in sorted(passed_to):
        if generations.current(principal) is None:
            raise JinshuError(ErrorCode.KEYS_NO_GENERATION, principal=principal)
    wanted = {body, post} | passed_to | listed if row.creates else (passed_to | listed) - held
    if new_key and not row.creates:
        wanted |= held | {post}
    return frozenset(p for p in wanted if generations.current(p) is not None)


def sealed_to(entry: DocumentEntry, case: CaseFile, generations: Generations) -> dict[str, int]:
    """To whom an accepted entry sealed the object's key, with the generations of then: every reader can tell from
    what is signed, and needs nobody's word for it. To whom a later version's entry did, only a later version can tell."""
    if entry.step == LATER:
        return {}
    principals = principals_for(
        entry.step,
        head=entry.head,
        body=entry.body,
        post=entry.post,
        object_id=entry.object,
        new_key=entry.key_commitment is not None,
        case=case,
        generations=generations,
    )
    return {principal: generations.current(principal) or 0 for principal in principals}


def check_wraps(
    entry: DocumentEntry, records: Sequence[WrapRecord], device: str, case: CaseFile, generations: Generations
) -> None:
    """Return if the records are those the entry signs, for those the step asks for, to their newest generation.

    Raises:
        JinshuError: `keys.wrap_unsigned`, `keys.generation_stale`, `keys.no_generation`,
            `keys.commitment_mismatch` or `documents.recipients_mismatch`.
    """
    if sorted(record.hash for record in records) != entry.wraps:
        raise JinshuError(ErrorCode.KEYS_WRAP_UNSIGNED)
    creates = case.rule(entry.step).creates
    check_fresh(case, entry.object, generations)
    new_key = needs_new_key(case, entry.object, generations)
    if new_key and entry.key_commitment is None:
        raise JinshuError(ErrorCode.KEYS_GENERATION_STALE, object=entry.object)
    if not creates and entry.key_commitment is not None and not new_key:
        raise JinshuError(ErrorCode.KEYS_COMMITMENT_MISMATCH, object=entry.object)
    wanted = principals_for(
        entry.step,
        head=entry.head,
        body=entry.body,
        post=entry.post,
        object_id=entry.object,
        new_key=new_key,
        case=case,
        generations=generations,
    )
    if sorted(record.principal for record in records) != sorted(wanted):
        raise JinshuError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field="wraps")
    for record in records:
        if record.object != entry.object or record.sender != device:
            raise JinshuError(ErrorCode.KEYS_WRAP_UNSIGNED)
        if record.generation != generations.current(record.principal) or generations.is_stale(
            record.principal
        ):
            raise JinshuError(ErrorCode.KEYS_GENERATION_STALE, principal=record.principal)
