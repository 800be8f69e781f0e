"""Who may take a step: role × state × step (C3), by the organisation as the CA signed it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from protocol.directory.organisation import Organisation, Post
from protocol.documents.entries import UNDER_FEATURES, DocumentEntry
from protocol.documents.states import TABLE
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind

# 内设机构 cannot issue outside (条例 art. 17): only a body with a 机关代字 of its own begins a case.
_ISSUER_STEPS: Final = frozenset({Step.DRAFT})


def check_authority(entry: DocumentEntry, organisation: Organisation, at_ms: int) -> None:
    """Return if its author may take this step in this post, by this snapshot, at this time.

    An online act cites the current snapshot; an offline one an older one perhaps, and counts only if its author is
    still authorised now.

    Raises:
        JinshuError: `documents.snapshot_outdated`, `documents.not_authorised`, `documents.head_field` or
            `documents.recipients_mismatch`.
    """
    current = organisation.org_seq
    if entry.org_seq > current or (entry.org_seq < current and not entry.offline):
        raise JinshuError(ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED, org_seq=current)
    post = organisation.posts.get(entry.post)
    if post is None or post.body != entry.body or not may(entry.step, entry, post, organisation, at_ms):
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.word)
    if entry.step is Step.LATER:
        return
    under = UNDER_FEATURES.get(entry.step, {})
    # Where it is not switched on, a program that lacks it refuses the field: so does one that knows it (C41).
    if any(name in entry.hidden and not organisation.has(feature) for name, feature in under.items()):
        raise JinshuError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="hidden")
    if entry.step in _ISSUER_STEPS and not organisation.bodies[entry.body].number_code:
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.step.value)
    _check_targets(entry, organisation)


def may(step: Step, entry: DocumentEntry, post: Post, organisation: Organisation, at_ms: int) -> bool:
    """Whether one of the duties the step asks for is there, by holding the post or by 委托; of a later version's step it is not
    known which those are, and any will do."""
    if step is Step.LATER and entry.delegation is None:
        return entry.actor in organisation.holders(post.id)
    duties: Iterable[str] = post.duties if step is Step.LATER else TABLE[step].duties
    return any(
        organisation.acting(entry.actor, post.id, duty, delegation=entry.delegation, at_ms=at_ms)
        for duty in duties
    )


def may_take(step: Step, person: str, post: Post, organisation: Organisation) -> bool:
    """Whether a holder of a post may take the step, where the case stands aside."""
    duties = TABLE[step].duties & set(post.duties)
    if step in _ISSUER_STEPS and not organisation.bodies[post.body].number_code:
        return False
    return bool(duties) and person in organisation.holders(post.id)


def body_of(principal: str, organisation: Organisation) -> str | None:
    """The body a post or a body belongs to; None when there is none."""
    if principal.startswith(f"{IdKind.BODY.value}_"):
        return principal if principal in organisation.bodies else None
    post = organisation.posts.get(principal)
    return post.body if post is not None else None


def _check_targets(entry: DocumentEntry, organisation: Organisation) -> None:
    if entry.next is not None and body_of(entry.next, organisation) != entry.body:
        raise JinshuError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field="next")
    asked = [*entry.head.get("consult", ()), *filter(None, [entry.head.get("asked")])]
    if any(body_of(target, organisation) is None for target in asked):
        raise JinshuError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field="consult")
    for name in ("recipients", "copies"):
        if not set(entry.head.get(name, ())) <= organisation.bodies.keys():
            raise JinshuError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field=name)
