"""A procedure that no code of the product knows, in the fold alone (C42): how it goes stands in `tests/support/loan.py`."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import pytest

from protocol.cases import succession
from protocol.cases.authority import check_authority
from protocol.cases.entries import DocumentEntry
from protocol.cases.history import Placed
from protocol.cases.objects import ObjectKind
from protocol.cases.recipients import principals_for
from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.document_town import NOW, body, digest, made, organisation, person, post
from tests.support.loan import LOAN, PROCEDURES

CASE: Final = made(IdKind.CASE, "loan")
ASKED: Final = sorted([body("finance"), body("audit")])
HEADS: Final[dict[str, dict[str, Any]]] = {
    "wish": {"lender": body("audit")},
    "ask": {"next": person("bureau.head"), "asked": ASKED},
    "say": {"says": "yes"},
    "grant": {"next": body("audit")},
}
WHO: Final = {
    "wish": "bureau.drafter",
    "ask": "bureau.drafter",
    "put": "bureau.drafter",
    "grant": "bureau.head",
    "give_back": "bureau.head",
    "hand_over": "audit.desk",
}


class _AllHaveKeys:
    """Every principal has its first generation."""

    def current(self, _principal: str) -> int:
        return 1

    def is_stale(self, _principal: str) -> bool:
        return False


class Loan:
    """A case of it in the making."""

    def __init__(self) -> None:
        self.file = PROCEDURES.file(CASE, LOAN.reference)
        self.clock = NOW

    def entry(
        self, step: str, who: str = "", object_id: str = CASE, actor: str = "", **head: Any
    ) -> DocumentEntry:
        who = who or WHO[step]
        row = LOAN.steps[step]
        self.clock += 1
        value = {
            "v": 1,
            "case": CASE,
            "object": object_id,
            "step": step,
            "actor": actor or person(who),
            "post": post(who),
            "body": body(who.split(".")[0]),
            "org_seq": 5,
            "delegation": None,
            "parents": sorted(self.file.parents_for(step, object_id)),
            "receipt_seen": None,
            "log_size": 9,
            "log_root": digest("root"),
            "signed_at": self.clock,
            "offline": False,
            "head": HEADS.get(step, {}) | head,
            "hidden": {name: digest(name) for name in row.must},
            "content": digest(f"content {self.clock}"),
            "key_commitment": digest(object_id) if row.creates else None,
            "wraps": [],
            "blobs": [],
            "procedure": LOAN.reference.value(),
        }
        return DocumentEntry.parse(value, PROCEDURES)

    def do(self, step: str, *where: str, **said: Any) -> None:
        entry = self.entry(step, *where, **said)
        check_authority(entry, LOAN, organisation(procedures=(LOAN,)), NOW)
        succession.check(self.file, entry)
        entry_id = hashlib.sha256(cbor.encode(entry.value())).digest()
        self.file.apply(Placed(entry_id, entry), {})

    def refused(self, step: str, *where: str, **said: Any) -> ErrorCode | None:
        try:
            self.do(step, *where, **said)
        except JinshuError as error:
            return error.code
        return None

    def asked(self) -> Loan:
        self.do("wish")
        self.do("ask")
        for who in ASKED:
            self.do("put", "bureau.drafter", made(IdKind.BRANCH, who), asked=who)
        return self

    def say(self, who: str, says: str) -> None:
        self.do("say", f"{who}.desk", made(IdKind.BRANCH, body(who)), says=says)


def test_it_goes_its_way_through_three_bodies() -> None:
    loan = Loan().asked()
    assert loan.refused("grant") is ErrorCode.DOCUMENTS_NOT_ALLOWED  # nobody has answered
    loan.say("audit", "yes")
    loan.say("finance", "yes")
    assert loan.refused("say", "audit.desk", made(IdKind.BRANCH, body("audit"))) is not None
    loan.do("grant")
    assert loan.file.turn == body("audit")
    assert loan.refused("hand_over", "finance.desk") is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    loan.do("hand_over")
    assert loan.file.phase == "lent"


def test_a_no_stops_it_and_it_can_be_given_back_and_asked_anew() -> None:
    loan = Loan().asked()
    loan.say("audit", "no")
    loan.say("finance", "yes")
    assert loan.refused("grant") is ErrorCode.DOCUMENTS_RULE_BROKEN
    loan.do("give_back")
    assert (loan.file.phase, loan.file.turn) == ("wished", post("bureau.drafter"))
    loan.do("ask")
    assert loan.file.unanswered(ObjectKind.BRANCH) == tuple(ASKED)
    assert (
        loan.refused("say", "audit.desk", made(IdKind.BRANCH, body("audit")))
        is ErrorCode.DOCUMENTS_NOT_ALLOWED
    )


def test_the_named_person_alone_weighs_it() -> None:
    loan = Loan().asked()
    loan.say("audit", "yes")
    loan.say("finance", "yes")
    # Another who has the duty, in another body and in his own.
    assert loan.refused("give_back", "finance.head") is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    entry = loan.entry("grant", actor=person("bureau.drafter"))
    with pytest.raises(JinshuError) as refused:
        succession.check(loan.file, entry)
    assert refused.value.code is ErrorCode.DOCUMENTS_NOT_AUTHORISED


def test_what_was_recalled_cannot_be_recalled_again() -> None:
    loan = Loan().asked()
    assert (
        loan.refused("recall", "bureau.drafter") is ErrorCode.DOCUMENTS_NOT_ALLOWED
    )  # others were asked on it
    loan.say("audit", "yes")
    loan.say("finance", "yes")
    loan.do("grant")
    assert loan.refused("recall", "bureau.drafter") is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    loan.do("recall", "bureau.head")
    assert (loan.file.phase, loan.file.turn) == ("weighed", person("bureau.head"))
    assert loan.refused("recall", "bureau.head") is ErrorCode.DOCUMENTS_NOT_ALLOWED
    loan.do("grant")
    loan.do("hand_over")


@pytest.mark.parametrize("outsider", [person("finance.head"), made(IdKind.PERSON, "nobody")])
def test_it_is_passed_to_a_person_of_the_body(outsider: str) -> None:
    loan = Loan()
    loan.do("wish")
    assert loan.refused("ask", next=outsider) is ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH


def test_its_key_goes_to_the_person_and_across_to_the_lender() -> None:
    loan = Loan()
    loan.do("wish")

    def to(step: str) -> frozenset[str]:
        return principals_for(
            step,
            head=HEADS[step],
            body=body("bureau"),
            post=post(WHO[step]),
            object_id=CASE,
            new_key=False,
            case=loan.file,
            generations=_AllHaveKeys(),
        )

    assert to("ask") == {person("bureau.head")}
    assert to("grant") == {body("audit")}


@pytest.mark.parametrize("word", ["submit", "seal", "dispatch"])
def test_it_knows_no_step_of_another(word: str) -> None:
    value = Loan().entry("wish").value() | {"step": word}
    with pytest.raises(JinshuError) as refused:
        DocumentEntry.parse(value, PROCEDURES)
    assert refused.value.code is ErrorCode.CASES_UNKNOWN_STEP
