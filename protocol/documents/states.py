"""The transition table of the 条例 (arts 18–25): which step leads from which phase to which, by whose duty.

The one table that the server enforces, every client verifies, and the pages ask what may be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocol.directory.organisation import Duty
from protocol.documents.entries import ObjectKind
from protocol.documents.steps import Phase, Step


@dataclass(frozen=True, slots=True)
class Transition:
    """One row.

    Attributes:
        object: the kind of object the entry is written into.
        sources: phases of the case in which the step may be taken; None is the case that does not exist yet.
        target: the phase after it; None leaves it as it is.
        duties: any one of them, in the acting post, gives the right.
        concurrent: may be signed on an old head, because it moves nothing (C10).
        in_turn: only by the post or body the case was passed to.
        joins: waits for every consultation of the round and names their heads as parents.
        creates: the entry begins its object.
        article: where the 条例 says so.
    """

    step: Step
    object: ObjectKind
    sources: frozenset[Phase | None]
    target: Phase | None
    duties: frozenset[Duty]
    concurrent: bool = False
    in_turn: bool = False
    joins: bool = False
    creates: bool = False
    article: int = 0


_CASE, _BRANCH, _ISSUE, _RECEIPT, _ = ObjectKind
_BEFORE_ISSUE: Final = (
    Phase.DRAFTING,
    Phase.REVIEW,
    Phase.VETTING,
    Phase.SIGNING,
    Phase.RECHECK,
    Phase.NUMBERING,
    Phase.SEALING,
    Phase.DISPATCHING,
)
_ISSUED: Final = (Phase.DISPATCHED, Phase.CLOSED)


def _row(
    step: Step,
    sources: tuple[Phase | None, ...],
    target: Phase | None,
    *duties: Duty,
    object: ObjectKind = _CASE,
    article: int,
    concurrent: bool = False,
    in_turn: bool = False,
    joins: bool = False,
    creates: bool = False,
) -> Transition:
    return Transition(
        step,
        object,
        frozenset(sources),
        target,
        frozenset(duties),
        concurrent,
        in_turn,
        joins,
        creates,
        article,
    )


_ROWS: Final = (
    _row(Step.DRAFT, (None,), Phase.DRAFTING, Duty.DRAFT, creates=True, article=19),
    _row(Step.REVISE, (Phase.DRAFTING,), Phase.DRAFTING, Duty.DRAFT, article=19),
    _row(Step.SUBMIT, (Phase.DRAFTING,), Phase.REVIEW, Duty.DRAFT, article=19),
    _row(Step.REVIEW_PASS, (Phase.REVIEW,), Phase.VETTING, Duty.REVIEW, in_turn=True, article=20),
    _row(Step.REVIEW_RETURN, (Phase.REVIEW,), Phase.DRAFTING, Duty.REVIEW, in_turn=True, article=21),
    _row(
        Step.CONSULT_OPEN,
        (Phase.VETTING,),
        None,
        Duty.REVIEW,
        object=_BRANCH,
        concurrent=True,
        creates=True,
        article=19,
    ),
    _row(Step.CONSULT_REPLY, _BEFORE_ISSUE, None, Duty.CONSULT, object=_BRANCH, concurrent=True, article=19),
    _row(Step.VET_PASS, (Phase.VETTING,), Phase.SIGNING, Duty.VET, in_turn=True, joins=True, article=20),
    _row(Step.VET_RETURN, (Phase.VETTING,), Phase.DRAFTING, Duty.VET, in_turn=True, article=21),
    _row(Step.SIGN_OFF, (Phase.SIGNING,), Phase.RECHECK, Duty.SIGN, in_turn=True, article=22),
    _row(Step.SIGN_RETURN, (Phase.SIGNING,), Phase.DRAFTING, Duty.SIGN, in_turn=True, article=22),
    _row(Step.RECHECK_PASS, (Phase.RECHECK,), Phase.NUMBERING, Duty.RECHECK, in_turn=True, article=25),
    _row(Step.RECHECK_RETURN, (Phase.RECHECK,), Phase.SIGNING, Duty.RECHECK, in_turn=True, article=25),
    _row(Step.NUMBER, (Phase.NUMBERING,), Phase.SEALING, Duty.NUMBER, in_turn=True, article=25),
    _row(Step.SEAL, (Phase.SEALING,), Phase.DISPATCHING, Duty.SEAL, in_turn=True, article=25),
    _row(
        Step.DISPATCH,
        (Phase.DISPATCHING,),
        Phase.DISPATCHED,
        Duty.DISPATCH,
        object=_ISSUE,
        in_turn=True,
        creates=True,
        article=25,
    ),
    _row(Step.WITHDRAW, _BEFORE_ISSUE, Phase.VOID, Duty.DRAFT, Duty.SIGN, article=33),
    _row(Step.ANNUL, _ISSUED, Phase.ANNULLED, Duty.SIGN, object=_ISSUE, article=33),
    _row(Step.CLOSE, (Phase.DISPATCHED,), Phase.CLOSED, Duty.DISPATCH, article=27),
    _row(Step.OPINION, _BEFORE_ISSUE, None, *Duty, concurrent=True, article=20),
    _row(
        Step.RECEIVE,
        _ISSUED,
        None,
        Duty.RECEIVE,
        object=_RECEIPT,
        concurrent=True,
        creates=True,
        article=24,
    ),
    _row(
        Step.REJECT, _ISSUED, None, Duty.RECEIVE, object=_RECEIPT, concurrent=True, creates=True, article=24
    ),
    _row(Step.RESEAL, _ISSUED, None, Duty.DISPATCH, object=_ISSUE, concurrent=True, article=25),
    _row(Step.REGISTER, _ISSUED, None, Duty.REGISTRY, object=_RECEIPT, article=24),
)
TABLE: Final[Mapping[Step, Transition]] = {row.step: row for row in _ROWS}
# Steps that need a fresh head of the case, signed by the server: a hidden 撤回 cannot be missed (C10).
FRESH: Final = frozenset({Step.SEAL, Step.DISPATCH})
# What reaches new people: it stops while the log is too old to know who has been shut out (C45).
OUTWARD: Final = frozenset({Step.SEAL, Step.DISPATCH, Step.RESEAL})
# Offline these wait: they cannot be done, only be pending (C10).
ONLINE_ONLY: Final = FRESH | {Step.NUMBER}
