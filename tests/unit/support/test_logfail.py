"""A test that logs a warning fails unless it said so: tried on small test files run by pytest itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

_CASES = """
import logging
import pytest

def test_quiet():
    logging.getLogger("jinshu").info("all is well")

def test_stray():
    logging.getLogger("jinshu").warning("a stray warning")

@pytest.mark.expects_logs
def test_any_expected():
    logging.getLogger("jinshu").error("anything")

@pytest.mark.expects_logs("link lost")
def test_this_expected():
    logging.getLogger("jinshu").warning("link lost: retry in 2 s")

@pytest.mark.expects_logs("link lost")
def test_another_came():
    logging.getLogger("jinshu").warning("disk full")
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """(PASSED or ERROR, name of the case) for every case."""
    folder = tmp_path_factory.mktemp("logs")
    (folder / "test_cases.py").write_text(_CASES, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = expects_logs: ok\n", encoding="utf-8")
    options = ["-p", "tests.support.logfail", "-p", "no:randomly", "-p", "no:cacheprovider", "-rA"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    return set(re.findall(r"^(PASSED|ERROR) test_cases\.py::(\w+)", done.stdout, re.MULTILINE))


@pytest.mark.parametrize("name", ["test_stray", "test_another_came"])
def test_an_unexpected_warning_fails_its_test(outcomes: set[tuple[str, str]], name: str) -> None:
    assert ("ERROR", name) in outcomes


@pytest.mark.parametrize("name", ["test_quiet", "test_any_expected", "test_this_expected"])
def test_quiet_and_announced_tests_pass(outcomes: set[tuple[str, str]], name: str) -> None:
    assert ("PASSED", name) in outcomes
    assert ("ERROR", name) not in outcomes
