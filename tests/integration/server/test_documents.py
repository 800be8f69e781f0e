"""Documents against the real server (C8–C13): what it accepts, what it refuses, and whom it tells."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from tests.support.document_city import DocumentCity, LiveCase
from tests.support.document_town import body, digest
from tests.support.naive_case import NaiveCase
from tests.support.random_acts import Chooser


@pytest.fixture
def town(tmp_path: Path) -> Iterator[DocumentCity]:
    made = DocumentCity(tmp_path)
    yield made
    made.close()


@pytest.fixture
def case(town: DocumentCity) -> LiveCase:
    return LiveCase(town)


def test_a_case_goes_all_the_way(town: DocumentCity, case: LiveCase) -> None:
    case.until(Phase.DISPATCHED, consult=(body("finance"),))
    case.do(Step.RECEIVE)
    case.do(Step.REGISTER)
    case.do(Step.RECEIVE, "audit.desk")
    case.do(Step.CLOSE)
    assert [row.result for row in town.audited()] == ["ok"] * len(case.taken)
    assert [row.reference for row in town.audited()] == [placed.id.hex() for placed in case.taken]


@pytest.mark.parametrize("seed", range(6))
def test_random_acts_are_judged_as_the_text_reads(town: DocumentCity, case: LiveCase, seed: int) -> None:
    naive = NaiveCase(keyless={body("audit")}, can_reseal=False)
    chooser = Chooser(random.Random(f"server {seed}"), naive)
    taken = 0
    for n in range(60):
        act = chooser.act()
        head = dict(act.head)
        if act.step in (Step.RECEIVE, Step.REJECT) and naive.dispatch is None:
            head["dispatch_entry"] = digest("no dispatch")
        request = case.request(act.step, act.who, head=head, object=act.object, parents=sorted(act.parents))
        if naive.allows(act):
            reply = case.post(act.who, request)
            assert reply.status_code == 200, (seed, n, act, reply.text)
            naive.takes(act, case.took(request).id)
            taken += 1
        else:
            assert case.sends(act.who, request) in ErrorCode, (seed, n, act)
    assert taken > 5
