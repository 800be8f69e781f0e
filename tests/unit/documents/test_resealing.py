"""Re-seal wanted (C7), walked for each duty: whoever starts a post's key anew gets a running case by a holder's remark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from client.cases.local_case import LocalCase
from client.documents import resealing
from protocol.cases.recipients import check_wraps, principals_for
from protocol.cases.succession import check
from protocol.crypto.envelope import WrapRecord
from protocol.directory.organisation import Organisation, Post
from protocol.directory.state import DirectoryState
from protocol.documents.steps import Phase, Step
from protocol.identifiers import IdKind
from tests.support.document_builder import CASE, CaseBuilder
from tests.support.document_town import POSTS, body, digest, made, organisation, post

DEVICE = made(IdKind.DEVICE, "device")
BUREAU = body("bureau")
# Each phase with the post whose turn it is, and to whom each step on the way there seals the case.
TURNS = {
    Phase.DRAFTING: "bureau.drafter",
    Phase.REVIEW: "bureau.head",
    Phase.VETTING: "bureau.office",
    Phase.SIGNING: "bureau.leader",
    Phase.RECHECK: "bureau.checker",
    Phase.NUMBERING: "bureau.clerk",
    Phase.SEALING: "bureau.keeper",
    Phase.DISPATCHING: "bureau.clerk",
}
NEXT = {
    Step.SUBMIT: "bureau.head",
    Step.REVIEW_PASS: "bureau.office",
    Step.VET_PASS: "bureau.leader",
    Step.SIGN_OFF: "bureau.checker",
    Step.RECHECK_PASS: "bureau.clerk",
    Step.NUMBER: "bureau.keeper",
    Step.SEAL: "bureau.clerk",
}


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation as the directory shows it: its number, and whether it hands the one before on."""

    number: int
    wraps: Mapping[str, bytes]


class Directory:
    """Generations of every principal; somebody holds each unless the test says otherwise."""

    def __init__(self) -> None:
        names = [body(name) for name in POSTS] + [
            post(f"{n}.{p}") for n, posts in POSTS.items() for p in posts
        ]
        self.numbers = {name: [Generation(1, {})] for name in names}
        self.nobody: set[str] = set()
        self.organisation: Organisation = organisation()

    def generations(self, principal: str) -> tuple[Generation, ...]:
        return tuple(self.numbers[principal])

    def current(self, principal: str) -> int | None:
        return self.numbers[principal][-1].number if principal in self.numbers else None

    def is_stale(self, principal: str) -> bool:
        return principal in self.nobody

    def holders(self, principal: str) -> frozenset[str]:
        return frozenset() if principal in self.nobody else frozenset({"dev"})

    def rotate(self, principal: str, *, handed_on: bool) -> None:
        wraps = {principal: b"the one before"} if handed_on else {}
        self.numbers[principal].append(Generation(len(self.numbers[principal]) + 1, wraps))


class Walk(CaseBuilder):
    """A case on its way, each step sealed to those the rules name."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Directory()

    def go(self, step: Step, **said: Any) -> None:
        head: dict[str, Any] = {"next": post(NEXT[step])} if step in NEXT else {}
        head |= {name: said.pop(name) for name in ("consult", "asked") if name in said}
        entry = self.entry(step, head=head, **said)
        new_key = entry.key_commitment is not None
        named = principals_for(
            step,
            head=entry.head,
            body=entry.body,
            post=entry.post,
            object_id=entry.object,
            new_key=new_key,
            case=self.file,
            generations=self.directory,
        )
        records = [
            WrapRecord(entry.object, name, self.directory.current(name) or 0, DEVICE, b"sealed")
            for name in sorted(named)
        ]
        entry = replace(entry, wraps=sorted(record.hash for record in records))
        # Checked as the server and every reader of any version does: nothing here is a new form.
        check(self.file, entry)
        check_wraps(entry, records, DEVICE, self.file, self.directory)
        self.take(entry, {record.principal: record.generation for record in records})

    def to(self, phase: Phase) -> Walk:
        for step in (Step.DRAFT, *NEXT):
            self.go(step)
            if self.file.phase == phase:
                return self
        raise AssertionError(phase)

    def wanted(self) -> str | None:
        return resealing.wanted(LocalCase(self.file), cast(DirectoryState, self.directory))

    def lost_branches(self) -> list[str]:
        return resealing.lost_branches(LocalCase(self.file), cast(DirectoryState, self.directory))

    def lost_recipients(self) -> list[str]:
        return resealing.lost_recipients(LocalCase(self.file), cast(DirectoryState, self.directory))


@pytest.mark.parametrize(("phase", "turn"), TURNS.items())
def test_a_successor_who_was_handed_nothing_is_sealed_to_anew(phase: Phase, turn: str) -> None:
    case = Walk().to(phase)
    assert case.wanted() is None
    case.directory.rotate(post(turn), handed_on=False)
    assert case.wanted() == post(turn)
    case.go(Step.OPINION, key_commitment=digest("a new key"))
    assert case.file.objects[CASE].wrapped[post(turn)] == 2
    # Once a generation.
    assert case.wanted() is None


@pytest.mark.parametrize(("phase", "turn"), TURNS.items())
def test_who_was_handed_the_key_on_needs_nothing(phase: Phase, turn: str) -> None:
    case = Walk().to(phase)
    case.directory.rotate(post(turn), handed_on=True)
    assert case.wanted() is None


def test_a_key_lost_once_stays_lost_however_often_it_is_handed_on_since() -> None:
    case = Walk().to(Phase.SEALING)
    case.directory.rotate(post("bureau.keeper"), handed_on=False)
    case.directory.rotate(post("bureau.keeper"), handed_on=True)
    assert case.wanted() == post("bureau.keeper")


def test_nobody_is_asked_to_seal_to_a_post_without_a_holder() -> None:
    case = Walk().to(Phase.SEALING)
    case.directory.rotate(post("bureau.keeper"), handed_on=False)
    case.directory.nobody.add(post("bureau.keeper"))
    assert case.wanted() is None


def test_it_is_for_who_holds_the_case_or_keeps_the_registry_to_do() -> None:
    case = Walk().to(Phase.SEALING)
    book = LocalCase(case.file)

    def may(name: str) -> bool:
        found: Post = case.directory.organisation.posts[post(name)]
        return resealing.may_reseal(book, found)

    assert not may("bureau.drafter"), "nobody can who does not hold the key"
    book.keys = {CASE: {case.file.objects[CASE].commitment: bytes(32)}}
    assert may("bureau.drafter")
    assert may("bureau.clerk")
    assert not may("finance.leader")


def consulted(case: Walk, asked: str) -> Walk:
    """On its way to the vetting post, with one who is asked."""
    case.to(Phase.REVIEW)
    case.go(Step.REVIEW_PASS, consult=[asked])
    case.go(Step.CONSULT_OPEN, asked=asked)
    return case


def test_who_is_asked_and_was_handed_nothing_is_named_to_the_vetting_post() -> None:
    for asked in (body("finance"), post("bureau.checker")):
        case = consulted(Walk(), asked)
        assert case.lost_branches() == []
        case.directory.rotate(asked, handed_on=False)
        assert case.lost_branches() == [asked]
        # He can be asked once more in a new round, with the key of then.
        case.go(Step.VET_RETURN)
        assert case.lost_branches() == []


def test_who_has_answered_or_was_handed_the_key_on_is_not_named() -> None:
    asked = body("finance")
    case = consulted(Walk(), asked)
    case.directory.rotate(asked, handed_on=True)
    assert case.lost_branches() == []
    answered = consulted(Walk(), asked)
    answered.go(Step.CONSULT_REPLY)
    answered.directory.rotate(asked, handed_on=False)
    assert answered.lost_branches() == []


def test_a_recipient_whose_new_clerk_was_handed_nothing_is_named_until_it_has_received() -> None:
    case = Walk().to(Phase.DISPATCHING)
    case.go(Step.DISPATCH)
    (recipient,) = case.find(Step.DISPATCH).entry.head["recipients"]
    assert case.lost_recipients() == []
    case.directory.rotate(recipient, handed_on=True)
    assert case.lost_recipients() == []
    case.directory.rotate(recipient, handed_on=False)
    assert case.lost_recipients() == [recipient]
    case.directory.nobody.add(recipient)
    assert case.lost_recipients() == [], "it waits for a clerk, which is said otherwise"


def test_what_was_received_in_time_is_lost_to_nobody() -> None:
    case = Walk().to(Phase.DISPATCHING)
    case.go(Step.DISPATCH)
    case.go(Step.RECEIVE)
    (recipient,) = case.find(Step.DISPATCH).entry.head["recipients"]
    case.directory.rotate(recipient, handed_on=False)
    assert case.lost_recipients() == []
