"""A procedure that no code of the product knows: files are lent between bodies (C42).

The archive's drafter asks two bodies beside each other, one named person weighs what they say or gives it back, and what he
grants is taken over by another body in the same line.
"""

from __future__ import annotations

from typing import Final

from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import Binding, Join, ObjectRule, Offer, Procedure, Relation, StepRule
from protocol.crypto import cbor
from protocol.documents.dispatch import SHIPPED
from protocol.errors import ErrorCode

LOAN: Final = Procedure(
    "loan",
    1,
    objects=(
        ObjectRule(ObjectKind.CASE, in_line=True),
        ObjectRule(
            ObjectKind.BRANCH,
            derived_key=True,
            one_for="head.asked",
            round="ask",
            join=Join(asked="last.ask.head.asked", answer="says", stops=("no",), article=3),
        ),
    ),
    rows=(
        StepRule(
            "wish",
            ObjectKind.CASE,
            ("",),
            "wished",
            ("draft",),
            creates=True,
            head={"lender": "body"},
            names=("lender",),
        ),
        StepRule(
            "ask",
            ObjectKind.CASE,
            ("wished",),
            "weighed",
            ("draft",),
            head={"next": "person", "asked": "body*"},
            names=("asked", "next"),
            seals_to=("next",),
        ),
        StepRule(
            "put",
            ObjectKind.BRANCH,
            ("weighed",),
            becomes="open",
            duties=("draft",),
            concurrent=True,
            creates=True,
            head={"asked": "body"},
            names=("asked",),
            seals_to=("asked",),
            bindings=(
                Binding(
                    "head.asked", Relation.AMONG, ("last.ask.head.asked",), ErrorCode.DOCUMENTS_NOT_ALLOWED
                ),
            ),
        ),
        StepRule(
            "say",
            ObjectKind.BRANCH,
            ("weighed",),
            within=("open",),
            becomes="said",
            duties=("consult", "sign"),
            concurrent=True,
            head={"says": "=yes|no"},
            bindings=(
                Binding("actor.body", Relation.IS, ("first.head.asked",), ErrorCode.DOCUMENTS_NOT_AUTHORISED),
            ),
            offer=Offer.FORWARD,
        ),
        StepRule(
            "grant",
            ObjectKind.CASE,
            ("weighed",),
            "granted",
            ("review",),
            in_turn=True,
            joins=ObjectKind.BRANCH,
            head={"next": "body"},
            names=("next",),
            crosses=True,
            seals_to=("next",),
            bindings=(
                Binding(
                    "head.next",
                    Relation.IS,
                    ("last.wish.head.lender",),
                    ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH,
                    "next",
                ),
            ),
            offer=Offer.FORWARD,
        ),
        StepRule(
            "give_back",
            ObjectKind.CASE,
            ("weighed",),
            "wished",
            ("review",),
            in_turn=True,
            must=("reason",),
            turn_back="last.wish.post",
        ),
        StepRule(
            "recall",
            ObjectKind.CASE,
            ("granted", "weighed"),
            duties=("draft", "review"),
            undoes=("ask", "grant"),
        ),
        StepRule(
            "hand_over",
            ObjectKind.CASE,
            ("granted",),
            "lent",
            ("receive",),
            in_turn=True,
            any_body=True,
            offer=Offer.FORWARD,
        ),
    ),
)
DEFINITION: Final = cbor.encode(LOAN.value())
# What a reader knows whose site has signed it into a snapshot.
PROCEDURES: Final = SHIPPED.defined_by({LOAN.hash: DEFINITION})
# How it is called, as the operator writes it beside the definition.
WORDS: Final = [
    "ask 征询",
    "asked 征询单位",
    "give_back 退回",
    "grant 同意出借",
    "granted 待交接",
    "hand_over 交接",
    "lender 出借单位",
    "lent 已借出",
    "next 交由",
    "no 不同意",
    "loan 借阅档案",
    "put 送征询",
    "say 答复",
    "recall 收回",
    "weighed 待审批",
    "wish 申请借阅",
    "wished 已申请",
    "says 意见",
    "yes 同意",
]
