"""To whom an object's key goes at each step (C7): exactly those, each to its newest generation, nobody in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from protocol.cases.entries import DocumentEntry
from protocol.cases.recipients import check_fresh, check_wraps, needs_new_key, principals_for, sealed_to
from protocol.crypto.envelope import WrapRecord
from protocol.documents.dispatch import DISPATCH_1
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.document_builder import CASE, FIRST_STEPS, ISSUE, CaseBuilder, branch_of, receipt_of
from tests.support.document_town import POSTS, body, digest, made, post

BUREAU, FINANCE, AUDIT = body("bureau"), body("finance"), body("audit")
ROWS = DISPATCH_1.steps
DEVICE = made(IdKind.DEVICE, "device")
MISMATCH = ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH


class Keys:
    """Generations as a test sets them; everybody has the first."""

    def __init__(self) -> None:
        self.numbers = {body(name): 1 for name in POSTS}
        self.numbers |= {post(f"{name}.{place}"): 1 for name, posts in POSTS.items() for place in posts}
        self.stale: set[str] = set()

    def current(self, principal: str) -> int | None:
        return self.numbers.get(principal)

    def is_stale(self, principal: str) -> bool:
        return principal in self.stale


class SealedCase(CaseBuilder):
    """A case whose entries seal their keys to whom the test says, checked as the server does."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = Keys()

    def sealed(
        self, step: Step, to: set[str], who: str | None = None, **said: Any
    ) -> tuple[DocumentEntry, list[WrapRecord]]:
        entry = self.entry(step, who, **said)
        records = [
            WrapRecord(entry.object, principal, self.keys.numbers.get(principal, 1), DEVICE, b"sealed")
            for principal in sorted(to)
        ]
        return replace(entry, wraps=sorted(record.hash for record in records)), records

    def refusal(self, entry: DocumentEntry, records: list[WrapRecord]) -> ErrorCode | None:
        try:
            check_wraps(entry, records, DEVICE, self.file, self.keys)
        except JinshuError as error:
            return error.code
        return None

    def goes(self, step: Step, to: set[str], who: str | None = None, **said: Any) -> None:
        """The step seals to exactly these: one less or one more is refused; then it is folded in."""
        entry, records = self.sealed(step, to, who, **said)
        assert self.refusal(entry, records) is None, (step, to)
        assert sealed_to(entry, self.file, self.keys) == {p: self.keys.numbers[p] for p in to}
        for less in to:
            assert self.refusal(*self.sealed(step, to - {less}, who, **said)) is MISMATCH
        for more in (post("finance.leader"), body("inner"), made(IdKind.PERSON, "spy")):
            assert self.refusal(*self.sealed(step, to | {more}, who, **said)) is MISMATCH
        self.take(entry, {record.principal: record.generation for record in records})

    def until_dispatching(self, *consult: str) -> SealedCase:
        self.goes(Step.DRAFT, {BUREAU, post("bureau.drafter")})
        self.goes(Step.SUBMIT, {post("bureau.head")})
        self.goes(Step.REVIEW_PASS, {post("bureau.office")}, head={"consult": sorted(consult)})
        for asked in consult:
            to = {BUREAU, post("bureau.head"), asked}
            self.goes(Step.CONSULT_OPEN, to, head={"asked": asked}, object=branch_of(asked))
            self.goes(Step.CONSULT_REPLY, set(), object=branch_of(asked))
        self.goes(Step.VET_PASS, {post("bureau.leader")})
        self.goes(Step.SIGN_OFF, {post("bureau.checker")})
        self.goes(Step.RECHECK_PASS, set())
        self.goes(Step.NUMBER, {post("bureau.keeper")})
        self.goes(Step.SEAL, {post("bureau.clerk")}, head={"next": post("bureau.clerk")})
        return self


def test_each_step_seals_to_exactly_those_of_the_table() -> None:
    case = SealedCase().until_dispatching(FINANCE)
    case.goes(Step.DISPATCH, {BUREAU, post("bureau.clerk"), FINANCE, AUDIT})
    case.goes(Step.RECEIVE, {FINANCE, post("finance.desk"), BUREAU})
    case.goes(Step.REJECT, {AUDIT, post("audit.desk"), BUREAU}, "audit.desk")
    case.goes(Step.REGISTER, set())
    case.goes(Step.CLOSE, set())
    case.goes(Step.ANNUL, set())
    # The consulted bureau holds its branch; the case it never held.
    assert FINANCE in case.file.objects[branch_of(FINANCE)].wrapped
    assert FINANCE not in case.file.objects[CASE].wrapped
    assert case.file.objects[receipt_of(FINANCE)].wrapped.keys() == {FINANCE, post("finance.desk"), BUREAU}


def test_returns_opinions_and_withdrawals_seal_to_nobody() -> None:
    case = SealedCase()
    case.goes(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    case.goes(Step.OPINION, set(), "bureau.drafter")
    case.goes(Step.SUBMIT, {post("bureau.head")})
    case.goes(Step.REVIEW_RETURN, set())
    case.goes(Step.REVISE, set())
    # Who holds the case already gets no second wrap.
    case.goes(Step.SUBMIT, set())
    case.goes(Step.WITHDRAW, set())


def test_a_case_passed_to_the_body_that_holds_it_needs_no_wrap() -> None:
    case = SealedCase()
    case.goes(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    case.goes(Step.SUBMIT, set(), head={"next": BUREAU})


def test_who_acts_for_a_body_he_passes_to_himself() -> None:
    case = SealedCase().until_dispatching()
    # Sender and recipient may be one: what goes to both goes once.
    head = {"recipients": [BUREAU], "copies": [FINANCE]}
    entry = case.entry(Step.DISPATCH, head=head)
    assert sealed_to(entry, case.file, case.keys).keys() == {BUREAU, post("bureau.clerk"), FINANCE}


def test_a_recipient_without_a_key_waits_for_one_and_gets_it_later() -> None:
    case = SealedCase().until_dispatching()
    del case.keys.numbers[AUDIT]
    case.goes(Step.DISPATCH, {BUREAU, post("bureau.clerk"), FINANCE})
    entry, records = case.sealed(Step.RESEAL, set())
    assert case.refusal(entry, records) is ErrorCode.KEYS_NO_GENERATION
    case.keys.numbers[AUDIT] = 1
    case.goes(Step.RESEAL, {AUDIT})
    assert case.file.objects[ISSUE].wrapped.keys() == {BUREAU, post("bureau.clerk"), FINANCE, AUDIT}


@pytest.mark.parametrize(
    ("phase", "step", "target"),
    [
        (Phase.DRAFTING, Step.SUBMIT, post("bureau.head")),
        (Phase.REVIEW, Step.REVIEW_PASS, post("bureau.office")),
        (Phase.VETTING, Step.CONSULT_OPEN, FINANCE),
        (Phase.DISPATCHED, Step.RECEIVE, BUREAU),
    ],
)
def test_who_it_is_passed_to_must_have_a_key(phase: Phase, step: Step, target: str) -> None:
    case = SealedCase()
    case.until(phase)
    del case.keys.numbers[target]
    assert case.refusal(*case.sealed(step, {target})) is ErrorCode.KEYS_NO_GENERATION


@pytest.mark.parametrize("step", [step for step in FIRST_STEPS if ROWS[step].creates])
def test_an_actor_whose_body_or_post_has_no_key_yet_is_left_out(step: Step) -> None:
    case = SealedCase()
    if step != Step.DRAFT:
        case.until(Phase.VETTING if step == Step.CONSULT_OPEN else Phase.DISPATCHED)
    case.keys.numbers = {BUREAU: 1, FINANCE: 1}
    entry = case.entry(step)
    found = principals_for(
        step,
        head=entry.head,
        body=entry.body,
        post=entry.post,
        object_id=entry.object,
        new_key=True,
        case=case.file,
        generations=case.keys,
    )
    wanted = {BUREAU} if step == Step.DRAFT else {BUREAU, FINANCE}
    assert found == wanted


def test_a_wrap_counts_only_if_the_entry_signs_it() -> None:
    case = SealedCase()
    entry, records = case.sealed(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    unsigned = ErrorCode.KEYS_WRAP_UNSIGNED
    assert case.refusal(entry, records[:1]) is unsigned
    assert case.refusal(entry, [*records, records[0]]) is unsigned
    assert case.refusal(entry, [replace(records[0], sealed=b"other"), records[1]]) is unsigned
    assert case.refusal(entry, []) is unsigned


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"object": ISSUE}, ErrorCode.KEYS_WRAP_UNSIGNED),
        ({"sender": made(IdKind.DEVICE, "another")}, ErrorCode.KEYS_WRAP_UNSIGNED),
        ({"generation": 0}, ErrorCode.KEYS_GENERATION_STALE),
        ({"generation": 2}, ErrorCode.KEYS_GENERATION_STALE),
        ({"principal": FINANCE}, MISMATCH),
    ],
)
def test_a_signed_wrap_must_be_of_this_object_hand_and_generation(
    change: dict[str, Any], code: ErrorCode
) -> None:
    case = SealedCase()
    entry, records = case.sealed(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    records = [replace(records[0], **change), records[1]]
    signed = replace(entry, wraps=sorted(record.hash for record in records))
    assert case.refusal(signed, records) is code


def test_nothing_is_sealed_or_said_while_a_member_has_left_and_nobody_rotated() -> None:
    case = SealedCase()
    case.keys.stale.add(BUREAU)
    # A principal that is sealed to for the first time must be in order, too.
    drafted = case.sealed(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    assert case.refusal(*drafted) is ErrorCode.KEYS_GENERATION_STALE
    case.keys.stale.clear()
    case.goes(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    case.keys.stale.add(BUREAU)
    for step in (Step.OPINION, Step.REVISE, Step.WITHDRAW):
        assert case.refusal(*case.sealed(step, set())) is ErrorCode.KEYS_GENERATION_STALE
    with pytest.raises(JinshuError) as caught:
        check_fresh(case.file, CASE, case.keys)
    assert caught.value.params == {"principal": BUREAU}
    check_fresh(case.file, ISSUE, case.keys)


def test_after_a_member_left_the_next_entry_brings_a_new_key_to_all_who_hold_it() -> None:
    case = SealedCase()
    case.goes(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    case.goes(Step.SUBMIT, {post("bureau.head")})
    case.keys.numbers[BUREAU] = 2
    assert needs_new_key(case.file, CASE, case.keys)
    # Without a new key it is refused, and so is a new key for some of them alone.
    old = case.sealed(Step.REVIEW_PASS, {post("bureau.office")})
    assert case.refusal(*old) is ErrorCode.KEYS_GENERATION_STALE
    held = {BUREAU, post("bureau.drafter"), post("bureau.head")}
    case.goes(Step.REVIEW_PASS, held | {post("bureau.office")}, key_commitment=digest("new"))
    assert not needs_new_key(case.file, CASE, case.keys)
    assert case.file.objects[CASE].wrapped == {
        p: case.keys.numbers[p] for p in held | {post("bureau.office")}
    }
    case.goes(Step.VET_PASS, {post("bureau.leader")})


def test_who_brings_a_new_key_keeps_it_for_his_own_post() -> None:
    case = SealedCase()
    case.goes(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    case.keys.numbers[BUREAU] = 2
    held = {BUREAU, post("bureau.drafter")}
    case.goes(Step.OPINION, held | {post("bureau.office")}, key_commitment=digest("new"))


def test_a_new_key_nobody_asked_for_is_refused() -> None:
    case = SealedCase()
    case.goes(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    entry = case.sealed(Step.REVISE, {BUREAU, post("bureau.drafter")}, key_commitment=digest("new"))
    assert case.refusal(*entry) is ErrorCode.KEYS_COMMITMENT_MISMATCH


def test_a_new_key_in_one_object_is_none_in_another() -> None:
    case = SealedCase().until_dispatching(FINANCE)
    case.keys.numbers[FINANCE] = 2
    assert needs_new_key(case.file, branch_of(FINANCE), case.keys)
    assert not needs_new_key(case.file, CASE, case.keys)
    assert not needs_new_key(case.file, ISSUE, case.keys)
    case.goes(Step.OPINION, set())


def test_the_newest_generation_of_a_new_principal_is_taken() -> None:
    case = SealedCase()
    case.keys.numbers[post("bureau.drafter")] = 4
    case.goes(Step.DRAFT, {BUREAU, post("bureau.drafter")})
    assert case.file.objects[CASE].wrapped == {BUREAU: 1, post("bureau.drafter"): 4}
