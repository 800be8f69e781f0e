"""What would bring a document to a standstill is said before it is sent, by name; what cannot go on is stopped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import pytest

from client.documents import dead_ends
from protocol.directory.organisation import Duty, Entry, Holding, Organisation, Seal
from protocol.directory.records import SealRecord
from protocol.directory.state import DirectoryState
from protocol.documents.dispatch import TABLE
from protocol.documents.steps import Step
from protocol.identifiers import IdKind
from tests.support.document_town import body, entries, made, post
from tests.support.document_town import person as person_of

BUREAU, FINANCE, AUDIT = body("bureau"), body("finance"), body("audit")
SEAL = made(IdKind.SEAL, "seal")
KEEPER = person_of("bureau.keeper")
NEXT_DUTY = {Step(row.step): Duty(row.next_duty) for row in TABLE.values() if row.next_duty}
RULES = {step: f"no_post_to_{duty.value}" for step, duty in NEXT_DUTY.items()}


class Directory:
    """What is asked of a directory: who is in it, which principals have keys, and which seals are certified."""

    def __init__(
        self, organisation: Organisation, keyless: Iterable[str] = (), certified: bool = True
    ) -> None:
        self.organisation = organisation
        self._keyless = set(keyless)
        self._certified = certified

    def generation(self, principal: str) -> object | None:
        return None if principal in self._keyless else object()

    def seal_certificates(self, of: str) -> tuple[SealRecord, ...]:
        found = SealRecord(SEAL, BUREAU, KEEPER, "dev", b"", b"", b"", 0, b"")
        return (found,) if self._certified and of == BUREAU else ()


def town(*, without: str = "", seal: bool = True, keepers: tuple[str, ...] = (KEEPER,)) -> Organisation:
    """The town, perhaps without anybody in one post of the bureau."""
    kept: list[Entry] = [
        entry
        for entry in entries()
        if not (isinstance(entry, Holding) and entry.post == post(without or "none"))
    ]
    if seal:
        kept.append(Seal(SEAL, BUREAU, "印章", keepers))
    return Organisation(1, sorted(kept, key=lambda entry: entry.id))


def found(
    step: Step, directory: Directory, recipients: Iterable[str] = (), person: str = KEEPER
) -> list[tuple[str, bool, dict[str, str]]]:
    said = dead_ends.before(TABLE[step], person, BUREAU, recipients, cast(DirectoryState, directory))
    return [(each.rule, each.hard, each.params) for each in said]


def test_a_town_in_order_has_no_dead_end() -> None:
    for step in (*NEXT_DUTY, Step.DISPATCH):
        assert found(step, Directory(town()), (FINANCE,)) == []


HOLDERS = {
    Step.SUBMIT: "bureau.head",
    Step.REVIEW_PASS: "bureau.office",
    Step.VET_PASS: "bureau.leader",
    Step.SIGN_OFF: "bureau.checker",
    Step.RECHECK_PASS: "bureau.clerk",
    Step.NUMBER: "bureau.keeper",
    Step.SEAL: "bureau.clerk",
}


@pytest.mark.parametrize(("step", "holder"), HOLDERS.items())
def test_a_post_nobody_holds_stops_what_would_be_handed_to_it(step: Step, holder: str) -> None:
    organisation = town(without=holder)
    name = organisation.posts[post(holder)].name
    assert ("post_unheld", True, {"posts": name}) in found(step, Directory(organisation))


@pytest.mark.parametrize(("step", "holder"), list(HOLDERS.items())[1:])
def test_before_review_every_post_on_the_way_is_named_as_advice(step: Step, holder: str) -> None:
    organisation = town(without=holder)
    name = organisation.posts[post(holder)].name
    assert ("post_unheld", False, {"posts": name}) in found(Step.SUBMIT, Directory(organisation))


@pytest.mark.parametrize("step", NEXT_DUTY)
def test_a_holder_who_never_signed_in_is_named(step: Step) -> None:
    keyless = [p.id for p in town().posts_of_body(BUREAU) if NEXT_DUTY[step] in p.duties]
    rules = {rule for rule, hard, _ in found(step, Directory(town(), keyless)) if hard}
    assert rules == {"post_not_enrolled"}


@pytest.mark.parametrize("step", NEXT_DUTY)
def test_a_duty_that_no_post_has_is_said(step: Step) -> None:
    said = dead_ends.before(TABLE[step], KEEPER, AUDIT, (), cast(DirectoryState, Directory(town())))
    assert (RULES[step], True) in {(each.rule, each.hard) for each in said}


def test_no_number_is_spent_on_what_cannot_be_sealed() -> None:
    cases = {
        "seal_missing": Directory(town(seal=False), certified=False),
        "seal_not_certified": Directory(town(), certified=False),
        "seal_unkept": Directory(town(keepers=()), certified=False),
    }
    for rule, directory in cases.items():
        assert [(r, hard) for r, hard, _ in found(Step.NUMBER, directory)] == [(rule, True)]
        assert (rule, False) in [(r, hard) for r, hard, _ in found(Step.SUBMIT, directory)]


def test_who_has_no_certificate_of_his_own_is_told_before_he_seals() -> None:
    """The other keeper's is no use to him: it never leaves the other's device (C5)."""
    newcomer = person_of("bureau.clerk")
    both = Directory(town(keepers=(KEEPER, newcomer)))
    said = found(Step.SEAL, both, person=newcomer)
    assert [(rule, hard) for rule, hard, _ in said] == [("seal_not_certified", True)]
    assert found(Step.SEAL, both) == []


@pytest.mark.parametrize("step", [Step.SUBMIT, Step.DISPATCH])
def test_a_recipient_without_a_clerk_is_named_before_it_is_sent(step: Step) -> None:
    name = town().bodies[AUDIT].short_name
    said = found(step, Directory(town(), keyless=(AUDIT,)), (FINANCE, AUDIT))
    assert said == [("recipient_without_clerk", False, {"bodies": name})]
