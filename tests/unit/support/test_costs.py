"""The dearest tests of a run, from the reports of its phases."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.support.costs import Costs


def _report(name: str, when: Literal["setup", "call", "teardown"], seconds: float) -> pytest.TestReport:
    noted: list[tuple[str, object]] = [("processor seconds", seconds), ("of another plugin", "text")]
    return pytest.TestReport(name, ("", 0, ""), {}, "passed", None, when, user_properties=noted)


def test_phases_are_summed_and_the_dearest_told_first() -> None:
    costs = Costs()
    for report in (_report("b", "setup", 1.0), _report("a", "call", 2.5), _report("b", "call", 2.0)):
        costs.pytest_runtest_logreport(report)
    assert costs.dearest() == ["    3.00  b", "    2.50  a"]


def test_no_more_than_twenty_are_told() -> None:
    costs = Costs()
    for number in range(30):
        costs.pytest_runtest_logreport(_report(f"test {number}", "call", number))
    assert len(costs.dearest()) == 20
