"""Who may take a step: role × state × step (C3), by the organisation as the CA signed it."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.cases.entries import LATER, DocumentEntry
from protocol.cases.procedure import Procedure, StepRule
from protocol.cases.shapes import principals_in
from protocol.directory.organisation import Organisation, Post
from protocol.errors import ErrorCode, JinshuError
from protocol.features import DISPATCH_2
from protocol.identifiers import IdKind


def check_authority(
    entry: DocumentEntry, procedure: Procedure, organisation: Organisation, at_ms: int
) -> None:
    """Return if its author may take this step in this post, by this snapshot, at this time.

    An online act cites the current snapshot; an offline one an older one perhaps, and counts only if its author is
    still authorised now.

    Raises:
        JinshuError: `documents.snapshot_outdated`, `documents.not_authorised`, `documents.head_field`,
            `documents.recipients_mismatch`, `cases.other_procedure` or `cases.procedure_not_in_force`.
    """
    current = organisation.org_seq
    if entry.org_seq > current or (entry.org_seq < current and not entry.offline):
        raise JinshuError(ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED, org_seq=current)
    post = organisation.posts.get(entry.post)
    if entry.step != LATER and entry.step not in procedure.steps:
        raise JinshuError(ErrorCode.CASES_OTHER_PROCEDURE)
    row = None if entry.step == LATER else procedure.steps[entry.step]
    if post is None or post.body != entry.body or not _may(row, entry, post, organisation, at_ms):
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.word)
    if row is None:
        return
    if row.begins_case:
        _check_in_force(entry, procedure, organisation)
    # Where it is not switched on, a program that lacks it refuses the field: so does one that knows it (C41).
    if any(
        name in entry.hidden and feature not in organisation.site.features
        for name, feature in row.under.items()
    ):
        raise JinshuError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="hidden")
    # 内设机构 cannot issue outside (条例 art. 17): only a body with a 机关代字 of its own begins a case.
    if row.issuer and not organisation.bodies[entry.body].number_code:
        raise JinshuError(ErrorCode.DOCUMENTS_NOT_AUTHORISED, step=entry.word)
    _check_names(entry, row, organisation)


def _may(
    row: StepRule | None, entry: DocumentEntry, post: Post, organisation: Organisation, at_ms: int
) -> bool:
    """Whether one of the duties the step asks for is there, by holding the post or by 委托; of a later version's step it is not
    known which those are, and any will do."""
    if row is None and entry.delegation is None:
        return entry.actor in organisation.holders(post.id)
    duties: Iterable[str] = post.duties if row is None else row.duties
    return any(
        organisation.acting(entry.actor, post.id, duty, delegation=entry.delegation, at_ms=at_ms)
        for duty in duties
    )


def may_take(row: StepRule, person: str, post: Post, organisation: Organisation) -> bool:
    """Whether a holder of a post may take a step, where the case stands aside."""
    if row.issuer and not organisation.bodies[post.body].number_code:
        return False
    return not set(row.duties).isdisjoint(post.duties) and person in organisation.holders(post.id)


def bodies_of(principal: str, organisation: Organisation) -> frozenset[str]:
    """The bodies a person, a post or a body belongs to; empty when there is no such principal."""
    kind = principal[:3]
    if kind == IdKind.PERSON.value:
        return organisation.bodies_of(principal)
    if kind == IdKind.BODY.value:
        return frozenset({principal} & organisation.bodies.keys())
    post = organisation.posts.get(principal)
    return frozenset({post.body}) if post is not None else frozenset()


def _check_in_force(entry: DocumentEntry, procedure: Procedure, organisation: Organisation) -> None:
    """A case begins under rules that the snapshot names: no author names his own (C42). Those under way keep theirs.

    Raises:
        JinshuError: `cases.procedure_not_in_force`.
    """
    named = entry.procedure is not None
    # Entries without a name mean `dispatch/1`, under which new cases begin until the site says which procedures count.
    in_force = procedure.hash in organisation.procedures if named else not organisation.has(DISPATCH_2)
    if not in_force:
        raise JinshuError(ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE)


def _check_names(entry: DocumentEntry, row: StepRule, organisation: Organisation) -> None:
    """Whoever a head names is there, and the case is passed on inside its body unless the step crosses."""
    for name in row.names:
        for principal in principals_in(row.head[name], entry.head[name]):
            bodies = bodies_of(principal, organisation)
            within = name != "next" or row.crosses or entry.body in bodies
            if not bodies or not within:
                raise JinshuError(ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH, field=name)
