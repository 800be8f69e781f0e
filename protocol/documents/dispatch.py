"""发文 as a procedure: what the 条例 (arts 18–25, 33) says of each step of a document, one row a step.

The rows of a version and its hash never change (C42); `tests/vectors` holds them. A new step makes a new version, which
begins with the rows of the one before. A case keeps the version it began under; new ones begin under `procedure_for_new`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from protocol import features as features_of
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import NO_PHASE, Binding, Join, ObjectRule, Offer, Procedure, Relation, StepRule
from protocol.cases.procedures import Procedures
from protocol.directory.organisation import Duty
from protocol.documents.kinds import Kind
from protocol.documents.model import Label, Urgency
from protocol.documents.page_checks import FIELD as PAGE_CHECK
from protocol.documents.steps import Answer, BranchPhase, Phase, ReceiptPhase, Step
from protocol.errors import ErrorCode

_CASE, _BRANCH, _ISSUE, _RECEIPT = (
    ObjectKind.CASE,
    ObjectKind.BRANCH,
    ObjectKind.ISSUE,
    ObjectKind.RECEIPT,
)
BEFORE_ISSUE: Final = (
    Phase.DRAFTING,
    Phase.REVIEW,
    Phase.VETTING,
    Phase.SIGNING,
    Phase.RECHECK,
    Phase.NUMBERING,
    Phase.SEALING,
    Phase.DISPATCHING,
)
ISSUED: Final = (Phase.DISPATCHED, Phase.CLOSED)


# Who has a document in hand before it is issued; and all duties there were when the first version landed. Written out: a duty more
# must not change rows that have landed.
_AT_WORK: Final = (
    Duty.DRAFT,
    Duty.REVIEW,
    Duty.VET,
    Duty.SIGN,
    Duty.RECHECK,
    Duty.NUMBER,
    Duty.SEAL,
    Duty.DISPATCH,
)
_ANYBODY: Final = (*_AT_WORK, Duty.RECEIVE, Duty.CONSULT, Duty.REGISTRY, Duty.RECORDS)


def _one_of(values: Iterable[str]) -> str:
    return "=" + "|".join(values)


# Heads: what everybody sees
_NEXT: Final = {"next": "post|body"}
_MAY_PASS: Final = {"next": "post|body?"}
_BACK: Final = {
    "to": _one_of(phase.value for phase in (Phase.DRAFTING, Phase.SIGNING, Phase.VOID, Phase.ANNULLED))
}
_DRAFT: Final = {
    "kind": _one_of(kind.value for kind in Kind),
    "urgency": _one_of(urgency.value for urgency in Urgency),
    "label": _one_of(label.value for label in Label),
    "deadline": "integer?",
    "recipients": "body*",
    "copies": "body*",
}
_AGREED: Final = ("kind", "urgency", "label", "recipients", "copies")
_TO: Final = ("recipients", "copies")
_RECEIPT_OF: Final = {"issue": "issue", "pdf_hash": "hash", "sender": "body", "dispatch_entry": "hash"}
# What is hidden besides
_TEXT: Final = ("title", "elements", "attachments")
_WHY: Final = ("reason",)


_MISMATCH: Final = ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH
_NOT_ALLOWED: Final = ErrorCode.DOCUMENTS_NOT_ALLOWED
_NOT_AUTHORISED: Final = ErrorCode.DOCUMENTS_NOT_AUTHORISED
_OTHER_ELEMENTS: Final = ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH


def _last(step: Step, what: str) -> str:
    return f"last.{step.value}.{what}"


def _same(step: Step, *names: str, code: ErrorCode) -> tuple[Binding, ...]:
    """Head fields that stand there as they stood in the newest entry of another step."""
    return tuple(
        Binding(
            f"head.{name}",
            Relation.IS,
            (_last(step, f"head.{name}"),),
            code,
            name if code is _MISMATCH else "",
        )
        for name in names
    )


_SENT_TO: Final = tuple(_last(Step.DISPATCH, f"head.{name}") for name in _TO)
_LEADS_BACK: Final = (Binding("head.to", Relation.IS, ("target",), _NOT_ALLOWED),)
# 复核, 用印: nothing has changed since 签发 (art. 25).
_SAME_ELEMENTS: Final = _same(Step.SIGN_OFF, "element_hash", code=_OTHER_ELEMENTS)
_ASKED: Final = (
    Binding("head.of", Relation.IS, ("case",), _NOT_ALLOWED),
    Binding("head.asked", Relation.AMONG, (_last(Step.REVIEW_PASS, "head.consult"),), _NOT_ALLOWED),
    Binding("actor.post", Relation.IS, (_last(Step.REVIEW_PASS, "post"),), _NOT_AUTHORISED),
    # It belongs to this round in whatever order a reader folds what stands side by side.
    Binding(_last(Step.REVIEW_PASS, "id"), Relation.AMONG, ("before",), ErrorCode.DOCUMENTS_STALE_HEAD),
)
_DISPATCHED: Final = (
    Binding("head.issue", Relation.IS, ("object",), ErrorCode.DOCUMENTS_HEAD_FIELD, "issue"),
    *_same(Step.SEAL, "pdf_hash", code=_OTHER_ELEMENTS),
    *_same(Step.NUMBER, "number", code=_MISMATCH),
    *_same(Step.SIGN_OFF, *_TO, code=_MISMATCH),
)
_RECEIVED: Final = (
    Binding("actor.body", Relation.AMONG, _SENT_TO, _NOT_AUTHORISED),
    Binding("head.issue", Relation.IS, (_last(Step.DISPATCH, "object"),), _MISMATCH, "receipt"),
    Binding("head.pdf_hash", Relation.IS, (_last(Step.DISPATCH, "head.pdf_hash"),), _MISMATCH, "receipt"),
    Binding("head.sender", Relation.IS, (_last(Step.DISPATCH, "body"),), _MISMATCH, "receipt"),
    Binding("head.dispatch_entry", Relation.IS, (_last(Step.DISPATCH, "id"),), _MISMATCH, "receipt"),
)
# 补发: a recipient that had no key when it was dispatched has one now (C13).
_SENT_LATER: Final = (
    Binding("head.principal", Relation.NOT_AMONG, ("sealed_to",), _NOT_ALLOWED),
    Binding("head.principal", Relation.AMONG, _SENT_TO, _MISMATCH, "principal"),
)


def _row(
    step: Step,
    sources: Iterable[Phase],
    target: Phase | None,
    *duties: Duty,
    article: int,
    object: ObjectKind = _CASE,
    **said: Any,
) -> StepRule:
    return StepRule(
        step.value,
        object,
        tuple(phase.value for phase in sources) or (NO_PHASE,),
        "" if target is None else target.value,
        tuple(duty.value for duty in duties),
        article,
        **said,
    )


def _returns(step: Step, source: Phase, target: Phase, duty: Duty, article: int, **said: Any) -> StepRule:
    """A step that gives the case back, and says why."""
    return _row(
        step,
        (source,),
        target,
        duty,
        article=article,
        in_turn=True,
        head=_BACK,
        must=_WHY,
        bindings=_LEADS_BACK,
        **said,
    )


_DRAFTING: Final[dict[str, Any]] = {"head": _DRAFT, "must": _TEXT, "names": _TO}
_PASSES: Final[dict[str, Any]] = {
    "in_turn": True,
    "names": ("next",),
    "seals_to": ("next",),
    "offer": Offer.FORWARD,
}
_RECEIPTS: Final[dict[str, Any]] = {
    "object": _RECEIPT,
    "concurrent": True,
    "creates": True,
    "head": _RECEIPT_OF,
    "seals_to": ("sender",),
    "bindings": _RECEIVED,
}
_ROWS: Final = (
    _row(
        Step.DRAFT,
        (),
        Phase.DRAFTING,
        Duty.DRAFT,
        article=19,
        creates=True,
        issuer=True,
        offer=Offer.NEVER,
        **_DRAFTING,
    ),
    _row(
        Step.REVISE,
        (Phase.DRAFTING,),
        Phase.DRAFTING,
        Duty.DRAFT,
        article=19,
        known_as=Step.DRAFT.value,
        offer=Offer.FORWARD,
        **_DRAFTING,
    ),
    _row(
        Step.SUBMIT,
        (Phase.DRAFTING,),
        Phase.REVIEW,
        Duty.DRAFT,
        article=19,
        head=_NEXT,
        names=("next",),
        seals_to=("next",),
        offer=Offer.NEVER,
        next_duty=Duty.REVIEW.value,
    ),
    _row(
        Step.REVIEW_PASS,
        (Phase.REVIEW,),
        Phase.VETTING,
        Duty.REVIEW,
        article=20,
        head=_NEXT | {"consult": "post|body*"},
        bindings=(
            Binding("actor.body", Relation.NOT_AMONG, ("head.consult",), _NOT_ALLOWED),
            Binding("actor.post", Relation.NOT_AMONG, ("head.consult",), _NOT_ALLOWED),
        ),
        next_duty=Duty.VET.value,
        **_PASSES | {"names": ("consult", "next")},
    ),
    _returns(Step.REVIEW_RETURN, Phase.REVIEW, Phase.DRAFTING, Duty.REVIEW, 21),
    _row(
        Step.CONSULT_OPEN,
        (Phase.VETTING,),
        None,
        Duty.REVIEW,
        article=19,
        object=_BRANCH,
        becomes=BranchPhase.ASKED.value,
        concurrent=True,
        creates=True,
        head={"of": "case", "asked": "post|body"},
        must=_TEXT,
        names=("asked",),
        seals_to=("asked",),
        bindings=_ASKED,
        offer=Offer.NEVER,
    ),
    _row(
        Step.CONSULT_REPLY,
        BEFORE_ISSUE,
        None,
        Duty.CONSULT,
        article=19,
        object=_BRANCH,
        within=(BranchPhase.ASKED.value,),
        becomes=BranchPhase.ANSWERED.value,
        concurrent=True,
        head={"verdict": _one_of(answer.value for answer in Answer)},
        bindings=(
            Binding("first.head.asked", Relation.AMONG, ("actor.body", "actor.post"), _NOT_AUTHORISED),
        ),
        offer=Offer.FORWARD,
    ),
    _row(
        Step.VET_PASS,
        (Phase.VETTING,),
        Phase.SIGNING,
        Duty.VET,
        article=20,
        joins=_BRANCH,
        head=_NEXT,
        next_duty=Duty.SIGN.value,
        **_PASSES,
    ),
    _returns(Step.VET_RETURN, Phase.VETTING, Phase.DRAFTING, Duty.VET, 21),
    _row(
        Step.SIGN_OFF,
        (Phase.SIGNING,),
        Phase.RECHECK,
        Duty.SIGN,
        article=22,
        head={name: _DRAFT[name] for name in _AGREED} | {"element_hash": "hash"} | _MAY_PASS,
        bindings=_same(Step.DRAFT, *_AGREED, code=_MISMATCH),
        next_duty=Duty.RECHECK.value,
        **_PASSES | {"names": ("next", *_TO)},
    ),
    _returns(Step.SIGN_RETURN, Phase.SIGNING, Phase.DRAFTING, Duty.SIGN, 22),
    _row(
        Step.RECHECK_PASS,
        (Phase.RECHECK,),
        Phase.NUMBERING,
        Duty.RECHECK,
        article=25,
        head={"element_hash": "hash"} | _MAY_PASS,
        bindings=_SAME_ELEMENTS,
        next_duty=Duty.NUMBER.value,
        **_PASSES,
    ),
    _returns(
        Step.RECHECK_RETURN,
        Phase.RECHECK,
        Phase.SIGNING,
        Duty.RECHECK,
        25,
        turn_back=_last(Step.SIGN_OFF, "post"),
    ),
    _row(
        Step.NUMBER,
        (Phase.NUMBERING,),
        Phase.SEALING,
        Duty.NUMBER,
        article=25,
        online=True,
        head={"number": "text", "number_entry": "hash"} | _MAY_PASS,
        next_duty=Duty.SEAL.value,
        **_PASSES,
    ),
    _row(
        Step.SEAL,
        (Phase.SEALING,),
        Phase.DISPATCHING,
        Duty.SEAL,
        article=25,
        online=True,
        outward=True,
        head={"pdf_hash": "hash", "seal": "seal", "element_hash": "hash", "case_head": "hash"} | _MAY_PASS,
        must=("pdf",),
        bindings=_SAME_ELEMENTS,
        next_duty=Duty.DISPATCH.value,
        **_PASSES,
    ),
    _row(
        Step.DISPATCH,
        (Phase.DISPATCHING,),
        Phase.DISPATCHED,
        Duty.DISPATCH,
        article=25,
        object=_ISSUE,
        in_turn=True,
        creates=True,
        online=True,
        outward=True,
        head={
            "issue": "issue",
            "pdf_hash": "hash",
            "recipients": "body*",
            "copies": "body*",
            "number": "text",
            "case_head": "hash",
        },
        must=("title", "elements", "pdf", "attachments"),
        names=_TO,
        seals_to=_TO,
        bindings=_DISPATCHED,
        offer=Offer.FORWARD,
    ),
    _row(
        Step.WITHDRAW,
        BEFORE_ISSUE,
        Phase.VOID,
        Duty.DRAFT,
        Duty.SIGN,
        article=33,
        head=_BACK,
        must=_WHY,
        bindings=_LEADS_BACK,
    ),
    _row(
        Step.ANNUL,
        ISSUED,
        Phase.ANNULLED,
        Duty.SIGN,
        article=33,
        object=_ISSUE,
        head=_BACK,
        must=_WHY,
        bindings=_LEADS_BACK,
    ),
    _row(Step.CLOSE, (Phase.DISPATCHED,), Phase.CLOSED, Duty.DISPATCH, article=27),
    _row(
        Step.OPINION,
        BEFORE_ISSUE,
        None,
        *_ANYBODY,
        article=20,
        concurrent=True,
        must=("opinion",),
        may=("remark",),
    ),
    _row(
        Step.RECEIVE,
        ISSUED,
        None,
        Duty.RECEIVE,
        article=24,
        becomes=ReceiptPhase.RECEIVED.value,
        under={PAGE_CHECK: features_of.PAGE_CHECKS.name},
        offer=Offer.FORWARD,
        **_RECEIPTS,
    ),
    _row(
        Step.REJECT,
        ISSUED,
        None,
        Duty.RECEIVE,
        article=24,
        becomes=ReceiptPhase.REJECTED.value,
        must=_WHY,
        **_RECEIPTS,
    ),
    _row(
        Step.RESEAL,
        ISSUED,
        None,
        Duty.DISPATCH,
        article=25,
        object=_ISSUE,
        concurrent=True,
        outward=True,
        head={"principal": "body"},
        seals_to=("principal",),
        bindings=_SENT_LATER,
        offer=Offer.NEVER,
    ),
    _row(
        Step.REGISTER,
        ISSUED,
        None,
        Duty.REGISTRY,
        article=24,
        object=_RECEIPT,
        within=(ReceiptPhase.RECEIVED.value,),
        becomes=ReceiptPhase.REGISTERED.value,
        head={"number": "text"},
        bindings=(Binding("actor.body", Relation.IS, ("first.body",), _NOT_ALLOWED),),
        offer=Offer.FORWARD,
    ),
)
_OBJECTS: Final = (
    ObjectRule(_CASE, in_line=True),
    ObjectRule(
        _BRANCH,
        derived_key=True,
        one_for="head.asked",
        round=Step.REVIEW_PASS.value,
        join=Join(
            asked=_last(Step.REVIEW_PASS, "head.consult"),
            answer="verdict",
            stops=(Answer.DISAGREE.value,),
            article=16,
        ),
    ),
    ObjectRule(_ISSUE, in_line=True, derived_key=True),
    ObjectRule(_RECEIPT, begins_on=Step.DISPATCH.value, one_for="actor.body"),
)
DISPATCH_1: Final = Procedure("dispatch", 1, _OBJECTS, _ROWS)

# Acts that hand the case on, or back, and have spent neither a number nor a seal.
_HANDED_ON: Final = (
    Step.SUBMIT,
    Step.REVIEW_PASS,
    Step.REVIEW_RETURN,
    Step.VET_PASS,
    Step.VET_RETURN,
    Step.SIGN_OFF,
    Step.SIGN_RETURN,
    Step.RECHECK_PASS,
    Step.RECHECK_RETURN,
)
_STOOD: Final = (Phase.DRAFTING, Phase.REVIEW, Phase.VETTING, Phase.SIGNING, Phase.RECHECK)
# 收文号 is a line of a ledger, as 发文字号 is: two clerks at once cannot give one number.
_NUMBERED_RECEIPT: Final[dict[str, Any]] = {
    "head": {"number": "text", "number_entry": "hash"},
    "online": True,
}
_ROWS_2: Final = (
    *(replace(row, **_NUMBERED_RECEIPT) if row.step == Step.REGISTER else row for row in _ROWS),
    # 取回. Its author must know at once whether somebody was faster: it is done on line or not at all.
    _row(
        Step.TAKE_BACK,
        (*_STOOD, Phase.NUMBERING),
        None,
        Duty.DRAFT,
        Duty.REVIEW,
        Duty.VET,
        Duty.SIGN,
        Duty.RECHECK,
        article=19,
        online=True,
        head={"to": _one_of(phase.value for phase in _STOOD)},
        bindings=_LEADS_BACK,
        undoes=tuple(step.value for step in _HANDED_ON),
    ),
    # 催办. Where it is nobody's turn in particular there is nobody to urge: the second binding has nothing to stand on.
    _row(
        Step.URGE,
        BEFORE_ISSUE,
        None,
        *_AT_WORK,
        article=24,
        concurrent=True,
        head={"urged": "post|body"},
        must=_WHY,
        bindings=(
            Binding("head.urged", Relation.IS, ("turn",), _NOT_ALLOWED),
            # By the turn, not by the head: so that it is not offered either to whom it would urge.
            Binding("actor.post", Relation.NOT_AMONG, ("turn",), _NOT_ALLOWED),
        ),
    ),
)
DISPATCH_2: Final = Procedure("dispatch", 2, _OBJECTS, _ROWS_2)
# Every version, oldest first. Entries that name no procedure mean the first.
VERSIONS: Final = (DISPATCH_1, DISPATCH_2)
SHIPPED: Final = Procedures(DISPATCH_1, VERSIONS[1:])
# Of every step the row in the newest version that has it: for what rows of all versions say alike.
TABLE: Final[Mapping[str, StepRule]] = {step: row for each in VERSIONS for step, row in each.steps.items()}


def procedure_for_new(features: Container[str]) -> Procedure:
    """The version under which a new case begins where these features are switched on."""
    return DISPATCH_2 if features_of.DISPATCH_2.name in features else DISPATCH_1
