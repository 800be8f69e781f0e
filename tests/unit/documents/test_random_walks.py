"""Random acts on a case: the fold takes what a plain reading of the text allows, and readers agree in whatever order they get it."""

from __future__ import annotations

import random
from typing import Final

import pytest

from protocol.cases.authority import check_authority
from protocol.cases.entries import DocumentEntry
from protocol.cases.history import CaseFile, Placed
from protocol.cases.procedure import Procedure
from protocol.cases.succession import check
from protocol.documents.dispatch import DISPATCH_1, DISPATCH_2, VERSIONS
from protocol.documents.steps import Step
from protocol.errors import JinshuError
from tests.support.document_builder import CASE, CaseBuilder
from tests.support.document_town import body, digest, organisation, post
from tests.support.naive_case import Act, NaiveCase
from tests.support.random_acts import Chooser

ORGANISATIONS: Final = {
    DISPATCH_1.name: organisation(),
    DISPATCH_2.name: organisation(procedures=(DISPATCH_2,)),
}
ACTS: Final = 70
STOOD: Final = ("drafting", "review", "vetting", "signing", "recheck")
SEEDS: Final = range(120)
KEYS: Final = {Step.DISPATCH: {body("bureau"): 1, post("bureau.clerk"): 1, body("finance"): 1}}


def entry_of(builder: CaseBuilder, act: Act) -> DocumentEntry:
    head = dict(act.head)
    if act.step in (Step.RECEIVE, Step.REJECT) and Step.DISPATCH not in builder.file.last:
        head["dispatch_entry"] = digest("no dispatch")
    if act.step.value.endswith("return") or act.step in (Step.WITHDRAW, Step.ANNUL):
        head["to"] = {"withdraw": "void", "annul": "annulled", "recheck_return": "signing"}.get(
            act.step.value, "drafting"
        )
    if act.step == Step.TAKE_BACK:
        moved = builder.file.moved
        head["to"] = moved.phase if moved is not None and moved.phase in STOOD else "drafting"
    return builder.entry(act.step, act.who, object=act.object, parents=sorted(act.parents), head=head)


def refused(builder: CaseBuilder, entry: DocumentEntry) -> JinshuError | None:
    procedure = builder.file.procedure
    try:
        check_authority(entry, procedure, ORGANISATIONS[procedure.name], entry.signed_at)
        check(builder.file, entry)
    except JinshuError as error:
        return error
    return None


def state_of(case: CaseFile) -> object:
    heads = {name: sorted(found.heads) for name, found in case.objects.items()}
    return (
        case.phase,
        case.turn,
        sorted(case.line_heads),
        heads,
        {kind: dict(made) for kind, made in case.made.items()},
        case.body,
        dict(case.last),
    )


def walk(seed: int, procedure: Procedure) -> tuple[CaseBuilder, NaiveCase, int]:
    """A walk of one case, each act judged by both."""
    builder, naive = CaseBuilder(procedure), NaiveCase(keyless={body("audit")})
    chooser = Chooser(random.Random(seed), naive, procedure)
    refusals = 0
    for n in range(ACTS):
        act = chooser.act()
        if not builder.file.complete and act.object != CASE:
            continue  # a reader of a part takes these; that the server does not is shown against the server
        entry = entry_of(builder, act)
        before = state_of(builder.file)
        error = refused(builder, entry)
        assert (error is None) == naive.allows(act), (seed, n, act, str(error), naive.phase)
        if error is not None:
            refusals += 1
            assert state_of(builder.file) == before
            continue
        wraps = {act.head["principal"]: 1} if act.step == Step.RESEAL else KEYS.get(act.step, {})
        naive.takes(act, builder.take(entry, wraps).id)
        assert builder.file.phase == naive.phase
        assert builder.file.turn == naive.turn
        assert builder.file.line_heads == naive.heads(naive.line())
    return builder, naive, refusals


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("procedure", VERSIONS, ids=lambda each: each.name)
def test_what_the_text_allows_is_taken_and_nothing_else(seed: int, procedure: Procedure) -> None:
    builder, _naive, refusals = walk(seed, procedure)
    assert builder.taken
    assert refusals


@pytest.mark.parametrize("procedure", VERSIONS, ids=lambda each: each.name)
def test_the_walks_together_went_everywhere(procedure: Procedure) -> None:
    """A model that refuses everything would agree with a fold that does."""
    walks = [walk(seed, procedure) for seed in SEEDS]
    assert {p.entry.step for builder, _, _ in walks for p in builder.taken} == procedure.steps.keys()
    assert {naive.phase for _, naive, _ in walks} >= {"annulled", "closed", "void"}
    taken = sum(len(builder.taken) for builder, _, _ in walks)
    refusals = sum(count for _, _, count in walks)
    assert min(taken, refusals) > len(walks) * ACTS // 5


def shuffled(taken: list[Placed], chance: random.Random) -> list[Placed]:
    """Another order in which no entry comes before what it names."""
    waiting, done, order = list(taken), set[bytes](), list[Placed]()
    while waiting:
        chosen = chance.choice([p for p in waiting if done.issuperset(p.entry.parents)])
        waiting.remove(chosen)
        done.add(chosen.id)
        order.append(chosen)
    return order


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("procedure", VERSIONS, ids=lambda each: each.name)
def test_readers_who_get_it_in_another_order_agree(seed: int, procedure: Procedure) -> None:
    builder, _naive, _refusals = walk(seed, procedure)
    for other in range(4):
        seen = CaseFile(CASE, procedure)
        for placed in shuffled(builder.taken, random.Random(f"{seed}/{other}")):
            seen.apply(placed, {})
        assert state_of(seen) == state_of(builder.file)
