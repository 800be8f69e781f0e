"""Steps and phases of 发文 in both languages: of a procedure that programs ship, no snapshot has the words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from protocol.documents.steps import Phase, Step

STEPS: Final[Mapping[str, tuple[str, str]]] = {
    Step.DRAFT: ("拟稿", "drafted"),
    Step.REVISE: ("改稿", "revised"),
    Step.SUBMIT: ("送核稿", "sent to review"),
    Step.REVIEW_PASS: ("核稿通过", "passed review"),
    Step.REVIEW_RETURN: ("核稿退回", "returned at review"),
    Step.CONSULT_OPEN: ("送会签", "sent for consultation"),
    Step.CONSULT_REPLY: ("会签答复", "consultation answered"),
    Step.VET_PASS: ("审核通过", "passed vetting"),
    Step.VET_RETURN: ("审核退回", "returned at vetting"),
    Step.SIGN_OFF: ("签发", "signed off"),
    Step.SIGN_RETURN: ("签发退回", "returned at sign-off"),
    Step.RECHECK_PASS: ("复核通过", "passed recheck"),
    Step.RECHECK_RETURN: ("复核退回", "returned at recheck"),
    Step.NUMBER: ("编号", "numbered"),
    Step.SEAL: ("用印", "sealed"),
    Step.DISPATCH: ("分发", "dispatched"),
    Step.WITHDRAW: ("作废", "made void"),
    Step.ANNUL: ("撤销", "annulled"),
    Step.CLOSE: ("办结", "closed"),
    Step.OPINION: ("附注意见", "remarked on"),
    Step.RECEIVE: ("签收", "received"),
    Step.REJECT: ("退文", "rejected"),
    Step.REGISTER: ("收文登记", "registered"),
    Step.RESEAL: ("补发", "delivered late"),
    Step.TAKE_BACK: ("取回", "fetched back"),
    Step.URGE: ("催办", "urged"),
}
PHASES: Final[Mapping[str, tuple[str, str]]] = {
    Phase.DRAFTING: ("拟稿中", "being drafted"),
    Phase.REVIEW: ("待核稿", "to be reviewed"),
    Phase.VETTING: ("待审核", "to be vetted"),
    Phase.SIGNING: ("待签发", "to be signed off"),
    Phase.RECHECK: ("待复核", "to be rechecked"),
    Phase.NUMBERING: ("待编号", "to be numbered"),
    Phase.SEALING: ("待用印", "to be sealed"),
    Phase.DISPATCHING: ("待分发", "to be dispatched"),
    Phase.DISPATCHED: ("已分发", "dispatched"),
    Phase.CLOSED: ("已办结", "closed"),
    Phase.VOID: ("已作废", "void"),
    Phase.ANNULLED: ("已撤销", "annulled"),
}
