"""The runner never stops at a check: one that raises, hangs, crashes or leaves is a row, and the next is made all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from client.core.self_check import CheckRow, Outcome
from client.self_test.checks import Check
from client.self_test.runner import SelfTest
from client.self_test.surroundings import Surroundings
from tests.unit.self_test import bad_checks
from tests.unit.self_test.bad_checks import ALL, SECRET

REGISTRY = bad_checks.__name__
NOWHERE = Surroundings(Path("/nonexistent"))


class GivenClock:
    """Time passes only for what waits as long as `runs_out`, and for that at once."""

    def __init__(self, runs_out: float | None = None) -> None:
        self._runs_out = runs_out

    def now_ms(self) -> int:
        return 0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        if seconds != self._runs_out:
            await asyncio.Event().wait()


def run(*names: str, clock: GivenClock | None = None, checks: tuple[Check, ...] = ALL) -> list[CheckRow]:
    wanted = [check for check in checks if check.name in names] if names else list(checks)
    told: list[CheckRow] = []
    rows = asyncio.run(SelfTest(NOWHERE, clock or GivenClock(), wanted, REGISTRY).run(told.append))
    assert list(rows) == told
    return told


def test_every_check_has_its_row_in_order_whatever_becomes_of_the_others() -> None:
    rows = run(clock=GivenClock(runs_out=7))
    assert [row.found.key for row in rows] == [
        "store.found",
        "raised",
        "refused",
        "hung",
        "crashed",
        "crashed",
        "store.found",
    ]
    assert [row.outcome is Outcome.OK for row in rows] == [True, *[False] * 5, True]
    raised, refused, hung, aborted, left = rows[1:6]
    # The type and the place, never the text.
    assert SECRET not in str(raised)
    assert dict(raised.found.params)["type"] == "ValueError"
    assert dict(refused.found.params) == {"code": "store.missing"}
    assert dict(hung.found.params) == {"seconds": "7"}
    assert dict(aborted.found.params) == {"how": "SIGABRT"}
    assert aborted.private == ("the plugin is not there",)
    assert dict(left.found.params) == {"how": "status 3"}


def test_checks_share_a_process_until_one_is_lost() -> None:
    rows = run("first", "raising", "last")
    assert rows[0].facts == rows[2].facts
    rows = run("first", "leaving", "last")
    assert rows[0].facts != rows[2].facts


def test_a_process_that_does_not_start_is_said_once_and_not_waited_for_again() -> None:
    told: list[CheckRow] = []
    asyncio.run(SelfTest(NOWHERE, GivenClock(), ALL[:3], "tests.no_such_module").run(told.append))
    assert [row.found.key for row in told] == ["crashed", "no_process", "no_process"]
    assert [row.outcome for row in told] == [Outcome.FAILED, Outcome.NOT_TRIED, Outcome.NOT_TRIED]


async def test_a_run_that_is_cancelled_ends_the_process_it_started() -> None:
    begun = asyncio.Event()
    test = SelfTest(NOWHERE, GivenClock(), [ALL[0], ALL[3]], REGISTRY)
    work = asyncio.get_running_loop().create_task(
        test.run(on_begun=lambda name: begun.set() if name == "hanging" else None)
    )
    await begun.wait()
    process = test._process
    assert process is not None
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert process.status is not None
