"""What each test costs: the twenty dearest are told at the end of a run.

Processor time, of the test's process and of the children it has waited for, and not the wall's, which says how busy the machine is.
A fixture that is kept for a module or longer counts for the test that was the first to ask for it.
"""

from __future__ import annotations

import resource
from collections import defaultdict
from collections.abc import Generator
from typing import Final

import pytest

_TOLD: Final = 20
_NAME: Final = "processor seconds"


def _spent() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


class Costs:
    """Measures in the process that runs the tests, sums up in the one that reports."""

    def __init__(self) -> None:
        self._began = 0.0
        self._of: defaultdict[str, float] = defaultdict(float)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        self._began = _spent()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        now = _spent()
        # Reports go from the workers to the process that tells as they are, with what is noted on them.
        report.user_properties = [*report.user_properties, (_NAME, now - self._began)]
        self._began = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._of[report.nodeid] += sum(
            float(str(value)) for name, value in report.user_properties if name == _NAME
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not terminalreporter.config.getoption("costs"):
            return
        terminalreporter.section(f"{sum(self._of.values()):.0f} {_NAME}, the {_TOLD} dearest tests")
        for line in self.dearest():
            terminalreporter.write_line(line)

    def dearest(self) -> list[str]:
        found = sorted(self._of.items(), key=lambda each: each[1], reverse=True)[:_TOLD]
        return [f"{seconds:8.2f}  {name}" for name, seconds in found]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--costs", action="store_true", help="tell the twenty dearest tests")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Costs())
