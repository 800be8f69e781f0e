"""A run that crashed leaves a report of types, places and versions; one that ended in order, or merely vanished, leaves none."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.core.crash_report import CrashKind, CrashWatch, last_report
from tests.unit.core.clocks import ManualClock

ROOT = Path(__file__).resolve().parents[3]
SECRET = "关于某事的请示"
_CHILD = """
import os, signal, sys, threading
sys.path.insert(0, {root!r})
from pathlib import Path
from client.core.crash_report import CrashWatch
class Clock:
    def now_ms(self): return 1_790_000_000_000
watch = CrashWatch.open(Path(sys.argv[1]), "0.4.0", "Linux, Python 3.11, Qt 6.9", Clock())
def aborts_in_the_middle(title):
    {what}
aborts_in_the_middle({secret!r})
"""


def run(folder: Path, what: str) -> int:
    """A process that watches over itself and then does `what`; its exit status."""
    program = _CHILD.format(root=str(ROOT), what=what, secret=SECRET)
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", program, str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[CrashWatch]]:
    made: list[CrashWatch] = []
    yield made
    for watch in reversed(made):
        watch.close()


def start(folder: Path, opened: list[CrashWatch]) -> CrashWatch:
    watch = CrashWatch.open(folder, "0.4.1", "here", ManualClock())
    opened.append(watch)
    return watch


def test_a_process_that_aborts_leaves_where_it_was_and_nothing_of_the_users(
    tmp_path: Path, opened: list[CrashWatch]
) -> None:
    folder = tmp_path / "王芳的日志"
    assert run(folder, "os.abort()") == -signal.SIGABRT
    found = start(folder, opened).found
    assert found is not None
    assert found.kind is CrashKind.CRASHED
    assert "Fatal Python error: Aborted" in found.text
    assert "aborts_in_the_middle" in found.text
    assert "jinshu: 0.4.0" in found.text  # of the run that crashed, not of this one
    for private in (SECRET, "王芳", str(tmp_path), str(ROOT)):
        assert private not in found.text


def test_an_exception_that_ends_the_run_is_a_crash_without_its_text(
    tmp_path: Path, opened: list[CrashWatch]
) -> None:
    folder = tmp_path / "log"
    assert run(folder, "raise KeyError(title)") == 1
    found = start(folder, opened).found
    assert found is not None
    assert found.kind is CrashKind.CRASHED
    assert "uncaught: KeyError" in found.text
    assert "__main__:10 aborts_in_the_middle" in found.text
    assert SECRET not in found.text


def test_a_fault_in_a_thread_that_the_run_outlived_is_told_as_such(
    tmp_path: Path, opened: list[CrashWatch]
) -> None:
    folder = tmp_path / "log"
    what = "t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join(); watch.close()"
    assert run(folder, what) == 0
    found = start(folder, opened).found
    assert found is not None
    assert found.kind is CrashKind.FAULTY
    assert "uncaught: ZeroDivisionError" in found.text


@pytest.mark.parametrize("what", ["watch.close()", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_run_that_ended_in_order_or_without_a_trace_is_no_crash(
    tmp_path: Path, opened: list[CrashWatch], what: str
) -> None:
    folder = tmp_path / "log"
    run(folder, what)
    assert start(folder, opened).found is None


def test_it_is_found_until_it_was_told_and_kept_after_that(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    run(folder, "os.abort()")
    for told in (False, False, True):
        watch = CrashWatch.open(folder, "0.4.1", "here", ManualClock())
        assert watch.found is not None
        if told:
            watch.told()
        watch.close()
    watch = CrashWatch.open(folder, "0.4.1", "here", ManualClock())
    assert watch.found is None
    watch.close()
    assert "Aborted" in last_report(folder)


def test_of_what_lies_there_only_known_forms_are_taken(tmp_path: Path, opened: list[CrashWatch]) -> None:
    (tmp_path / "running.json").write_text("[" * 100_000)
    (tmp_path / "running.faults").write_text('{"fault": [{"type"' + "\n" + json.dumps({"fault": 3}))
    stacks = [
        "Fatal Python error: Segmentation fault",
        f"Fatal Python error: {SECRET}",
        SECRET,
        f'  File "/home/wangfang/{SECRET}.py", line 3 in {SECRET} now',
        '  File "/home/wangfang/x/site-packages/PySide6/thing.py", line 3 in f',
        "Current thread 0x00007f1234567890 (most recent call first):",
        '  File "C:\\Users\\王芳\\jinshu\\client\\app.py", line 9 in run',
    ]
    (tmp_path / "running.stacks").write_text("\n".join(stacks), encoding="utf-8")
    found = start(tmp_path, opened).found
    assert found is not None
    assert "PySide6/thing.py:3 f" in found.text
    assert "client/app.py:9 run" in found.text
    for private in (SECRET, "wangfang", "王芳"):
        assert private not in found.text


@pytest.mark.expects_logs("a crash of this run will leave no report")
def test_a_folder_that_takes_no_file_keeps_nothing_from_running(
    tmp_path: Path, opened: list[CrashWatch]
) -> None:
    (tmp_path / "running.json").mkdir()
    assert start(tmp_path, opened).found is None
