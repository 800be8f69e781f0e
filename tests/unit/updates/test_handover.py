"""The version that was replaced watches over its successor: real processes, each of a line or two."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from client.updates.handover import StartedSignal, go_back, hand_over
from client.updates.journal import UpdateJournal
from client.updates.rollback import Deed, UpdatePhase
from protocol.errors import ErrorCode, JinshuError
from protocol.updates import Platform
from tests.end_to_end.processes import ROOT

_BEGIN = """
import os, sys
from pathlib import Path
from client.updates.handover import StartedSignal
from client.updates.journal import UpdateJournal
journal = UpdateJournal(Path(sys.argv[1]), "0.5.0")
signal = StartedSignal(os.environ)
with open(Path(sys.argv[1]) / "starts", "a") as file: file.write("s")
"""
STARTS = _BEGIN + "journal.begin(); journal.complete(); signal.give()"
DIES = _BEGIN + "journal.begin(); os._exit(70)"
DIES_AT_ONCE = "import sys, os; open(sys.argv[1] + '/starts', 'a').write('s'); os.abort()"
CLOSED = _BEGIN + "journal.begin(); journal.end()"
DIES_ONCE = _BEGIN + (
    "journal.begin()\n"
    "if (Path(sys.argv[1]) / 'starts').read_text() == 's': os._exit(70)\n"
    "journal.complete(); signal.give()"
)


class Scripts:
    """An installer whose versions are lines of Python."""

    platform = Platform.TREE
    keeps_former = True

    def __init__(self, script: str) -> None:
        self.script = script
        self.back: list[str] = []

    def install(self, package: Path, version: str) -> None:
        raise AssertionError("it was installed before")

    def put_back(self, former: Path | None, version: str) -> None:
        self.back.append(version)

    def command(self) -> list[str]:
        return ["/former"] if self.back else [sys.executable, "-c", self.script]


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    made = tmp_path / "profile"
    made.mkdir()
    (made / "store.db").write_bytes(b"store")
    journal = UpdateJournal(made, "0.4.0")
    journal.complete()
    journal.install("0.5.0", None, lambda: None)
    return made


@pytest.fixture
def run_instead(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What this process was to become."""
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _path, command: became.append(command))
    return became


def starts(profile: Path) -> int:
    return len((profile / "starts").read_text())


def test_a_version_that_starts_is_left_to_itself(profile: Path, run_instead: list[list[str]]) -> None:
    journal = UpdateJournal(profile, "0.4.0")
    assert hand_over(journal, Scripts(STARTS), [str(profile)]) == 0
    assert (starts(profile), run_instead) == (1, [])
    assert (journal.state.phase, journal.state.good) == (UpdatePhase.SETTLED, "0.5.0")


def test_one_death_is_forgiven(profile: Path, run_instead: list[list[str]]) -> None:
    assert hand_over(UpdateJournal(profile, "0.4.0"), Scripts(DIES_ONCE), [str(profile)]) == 0
    assert (starts(profile), run_instead) == (2, [])


def test_closing_the_login_page_is_no_death(profile: Path, run_instead: list[list[str]]) -> None:
    assert hand_over(UpdateJournal(profile, "0.4.0"), Scripts(CLOSED), [str(profile)]) == 0
    assert (starts(profile), run_instead) == (1, [])


@pytest.mark.parametrize("script", [DIES, DIES_AT_ONCE], ids=["at start", "before its first line"])
def test_two_deaths_and_the_former_version_runs_in_its_place(
    profile: Path, run_instead: list[list[str]], script: str
) -> None:
    scripts = Scripts(script)
    hand_over(UpdateJournal(profile, "0.4.0"), scripts, [str(profile)])
    assert (starts(profile), scripts.back) == (2, ["0.4.0"])
    assert run_instead == [["/former", str(profile)]]
    journal = UpdateJournal(profile, "0.4.0")
    assert journal.begin() is Deed.GO
    assert (journal.state.phase, journal.failed()) == (UpdatePhase.SETTLED, frozenset({"0.5.0"}))
    assert (profile / "store.db").read_bytes() == b"store"


@pytest.mark.expects_logs("cannot be run", "cannot be brought back")
def test_where_neither_can_be_run_that_is_said(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = Scripts(DIES)
    monkeypatch.setattr(scripts, "command", lambda: ["/nowhere/jinshu"])

    def refuse(former: Path | None, version: str) -> None:
        raise JinshuError(ErrorCode.UPDATES_NO_INSTALLER)

    monkeypatch.setattr(scripts, "put_back", refuse)
    journal = UpdateJournal(profile, "0.4.0")
    assert hand_over(journal, scripts, [str(profile)]) == 1
    # Whoever puts 0.4.0 back by hand has his data with it.
    assert journal.begin() is Deed.GO


@pytest.mark.expects_logs("cannot be brought back")
def test_a_program_nobody_installed_cannot_go_back(profile: Path) -> None:
    assert go_back(UpdateJournal(profile, "0.5.0"), None, []) == 1


def test_a_signal_nobody_waits_for_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    StartedSignal({}).give()
    StartedSignal({"JINSHU_STARTED_PIPE": "no number"}).give()
    StartedSignal({"JINSHU_STARTED_PIPE": "987654"}).give()
