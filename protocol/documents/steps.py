"""The steps of a document and the phases of its case, by the words of the 条例; the glossary gives the Chinese."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from protocol.cases import entries


class Phase(StrEnum):
    """Where a dispatch case stands."""

    DRAFTING = "drafting"  # 起草
    REVIEW = "review"  # 核稿
    VETTING = "vetting"  # 审核; while consultation branches are open: 会签
    SIGNING = "signing"  # 签发
    RECHECK = "recheck"  # 复核
    NUMBERING = "numbering"  # 编号
    SEALING = "sealing"  # 用印
    DISPATCHING = "dispatching"  # 分发
    DISPATCHED = "dispatched"  # 已分发
    CLOSED = "closed"  # 办结
    VOID = "void"  # 撤回
    ANNULLED = "annulled"  # 撤销


class Step(StrEnum):
    """What a person may do to a case, a consultation branch or a receipt case."""

    DRAFT = "draft"
    REVISE = "revise"
    SUBMIT = "submit"
    REVIEW_PASS = "review_pass"
    REVIEW_RETURN = "review_return"
    CONSULT_OPEN = "consult_open"
    CONSULT_REPLY = "consult_reply"
    VET_PASS = "vet_pass"
    VET_RETURN = "vet_return"
    SIGN_OFF = "sign_off"
    SIGN_RETURN = "sign_return"
    RECHECK_PASS = "recheck_pass"
    RECHECK_RETURN = "recheck_return"
    NUMBER = "number"
    SEAL = "seal"
    DISPATCH = "dispatch"
    WITHDRAW = "withdraw"
    ANNUL = "annul"
    CLOSE = "close"
    OPINION = "opinion"
    RECEIVE = "receive"
    REJECT = "reject"
    REGISTER = "register"
    RESEAL = "reseal"
    TAKE_BACK = "take_back"  # 取回
    URGE = "urge"  # 催办
    LATER = (
        entries.LATER
    )  # never in bytes: an act of a later version, which this one keeps in its place and cannot read (C41)


class Answer(StrEnum):
    """What a consulted body or post says (会签)."""

    AGREE = "agree"  # 同意
    COMMENTS = "comments"  # 有意见
    DISAGREE = "disagree"  # 不同意


class ReceiptPhase(StrEnum):
    """Where the receipt of one recipient stands."""

    RECEIVED = "received"  # 已签收
    REJECTED = "rejected"  # 已退回
    REGISTERED = "registered"  # 已登记


class BranchPhase(StrEnum):
    """Where a branch of consultation stands."""

    ASKED = "asked"
    ANSWERED = "answered"


KNOWN_STEPS: Final = tuple(step for step in Step if step is not Step.LATER)
