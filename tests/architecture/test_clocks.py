"""The time comes from a clock that was given: what reads the machine's own cannot be tested a second later, or yesterday."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
_PACKAGES: Final = ("client", "server_stub", "protocol")
_CLOCKS: Final = {"client/core/clock.py", "server_stub/clock.py"}
# What reads the machine's clock all the same, and why.
KEPT: Final = {
    "client/confinement.py": "the processor time its own process has used, which the kernel limits",
    "client/ui/base/moments.py": "`wall_ms`, for pages that are given no other clock; who tests one gives it another",
    "client/ui/meetings/picture_view.py": "how many pictures a second were painted, on Qt's thread, where no core's clock is",
    "client/ui/meetings/devices/frame_tap.py": "how late a camera's picture is, on the thread of Qt's camera",
    "server_stub/connections.py": "uvicorn makes it and gives it a loop: what it measures are that loop's own timers",
}
_READS: Final = {
    *("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"),
    *("process_time", "process_time_ns", "thread_time", "thread_time_ns"),
}
_DATES: Final = {"now", "utcnow", "today"}
_LOOPS: Final = {"loop", "_loop", "get_running_loop", "get_event_loop"}
_STAMPS: Final = {"current_ntp_time", "current_ms", "current_datetime"}  # aiortc.clock


def findings(text: str) -> Iterator[tuple[int, str]]:
    """(line, what reads the machine's clock) of one file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            taken = {name.name for name in node.names} & (_READS | {"*"})
            yield from ((node.lineno, f"from time import {name}") for name in sorted(taken))
        elif isinstance(node, ast.Attribute) and (read := _read(node)):
            yield node.lineno, read


def _read(node: ast.Attribute) -> str:
    """The reading an attribute is, or nothing."""
    owner = _last_name(node.value)
    if owner in ("time", "_time") and node.attr in _READS:
        return f"time.{node.attr}"
    if owner in _LOOPS and node.attr == "time":
        return "the loop's time"
    if owner in ("datetime", "date") and node.attr in _DATES:
        return f"datetime.{node.attr}"
    return node.attr if node.attr in _STAMPS else ""


def _last_name(node: ast.expr) -> str:
    """`loop` of `self.loop`, `get_running_loop` of `asyncio.get_running_loop()`."""
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def sources() -> Iterator[Path]:
    for package in _PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def test_nothing_reads_the_machines_clock_but_the_clocks() -> None:
    found = []
    for path in sources():
        place = path.relative_to(ROOT).as_posix()
        if place not in _CLOCKS and place not in KEPT:
            found += [f"{place}:{line}: {what}" for line, what in findings(path.read_text(encoding="utf-8"))]
    assert found == [], "take a Clock by constructor (client/core/clock.py, server_stub/clock.py)"


def test_what_may_read_it_still_does() -> None:
    assert [place for place in KEPT if not list(findings((ROOT / place).read_text("utf-8")))] == []


@pytest.mark.parametrize(
    "line",
    [
        "now = time.time()",
        "self.heard_at = time.monotonic()",
        "made = Made(clock=time.time_ns)",
        "from time import monotonic",
        "loop.time() - started",
        "self._loop.time()",
        "asyncio.get_running_loop().time()",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "ntp.current_ntp_time()",
    ],
)
def test_each_form_of_the_fault_is_seen(line: str) -> None:
    assert list(findings(line))


@pytest.mark.parametrize(
    "line",
    ["clock.monotonic()", "self._clock.now_ms()", "said.time", "datetime.fromtimestamp(at)", "import time"],
)
def test_what_is_right_is_let_be(line: str) -> None:
    assert not list(findings(line))
