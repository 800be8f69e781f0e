"""No verdict hangs on wall time: tests wait for events, and what hangs is ended by the one guard in pyproject.toml.

One waits with `until` or `until_seen` (tests/support/waiting.py), with `qtbot.waitUntil` and `qtbot.waitSignal`, or for an
event, a future or a process without a limit. What the product does *within* some time is tested with a clock of the test's.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
# Below this a limit can decide a verdict on a busy machine; above it, it only cleans up.
_GENEROUS_SECONDS: Final = 100.0
# Benchmarks measure; that is what they are for.
_MEASURES = TESTS / "benchmarks"
# What may sleep, and why.
_SLEEPS: Final = {
    "support/waiting.py": "looks again and again, without an end",
    "support/light_peer.py": "reports at a pace, as a participant does",
    "support/small_sfu.py": "reports at a pace, as a server does",
    "end_to_end/meeting.py": "asks other processes for figures, without an end",
    "end_to_end/meeting_probe.py": "looks at pictures, without an end",
    "once/actors.py": "a clock that runs faster",
}
# What may read the machine's clock: for a figure in a report, or to be the clock of a client.
_CLOCKS: Final = {
    "end_to_end/report.py",
    "end_to_end/talking.py",
    "end_to_end/meeting_probe.py",
    "packages/test_first_message.py",
    "unit/benchmarks/test_counted_packets.py",
}
_READS: Final = {
    "monotonic",
    "monotonic_ns",
    "perf_counter",
    "perf_counter_ns",
    "process_time",
    "thread_time",
}
# Calls with a limit, and which argument it is.
_LIMITED: Final = {
    "wait": 0,
    "wait_for": 1,
    "join": 0,
    "result": 0,
    "settimeout": 0,
    "timeout": 0,
    "timeout_at": 0,
    "communicate": 1,
}
# Calls that have a limit unless one says otherwise, and the word that says it.
_UNLESS_SAID: Final = {
    ("httpx", "Client"): "timeout",
    ("httpx", "AsyncClient"): "timeout",
    ("", "connect"): "open_timeout",
}
_LIMITS: Final = {"timeout", "within", "seconds", "timeout_ms"}


def sources() -> list[Path]:
    return [path for path in TESTS.rglob("*.py") if _MEASURES not in path.parents]


def findings(text: str, *, sleeps: bool = False, clocks: bool = False) -> list[tuple[int, str]]:
    """(line, what is wrong) of one file; `sleeps` and `clocks` are allowed to it."""
    tree = ast.parse(text)
    numbers = _numbers(tree)
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name, whose = _name(call.func)
        if name == "sleep" and not sleeps and not _is_turn(call, whose):
            found.append((call.lineno, "sleeps"))
        if name in _READS and whose == "time" and not clocks:
            found.append((call.lineno, "reads the machine's clock"))
        said = _UNLESS_SAID.get((whose, name))
        if said is not None and said not in {word.arg for word in call.keywords}:
            found.append((call.lineno, f"does not say {said}=None"))
        found.extend((call.lineno, f"{limit:g} seconds") for limit in _limits(call, name, whose, numbers))
    return found


def _name(function: ast.expr) -> tuple[str, str]:
    """The called name, and the last name before it."""
    if isinstance(function, ast.Name):
        return function.id, ""
    if not isinstance(function, ast.Attribute):
        return "", ""
    before = function.value
    if isinstance(before, ast.Attribute):
        return function.attr, before.attr
    # A clock object of the machine's is read as the module is.
    whose = before.id if isinstance(before, ast.Name) else ""
    return function.attr, "time" if whose == "CLOCK" else whose


def _is_turn(call: ast.Call, whose: str) -> bool:
    """`asyncio.sleep(0)` lets others run and takes no time; a clock of the test's own is waited on as one likes."""
    nothing = bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
    return nothing or whose not in ("asyncio", "time", "")


def _numbers(tree: ast.Module) -> dict[str, float]:
    """The module's own constants."""
    named = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and (number := _number(value, {})) is not None:
            named[target.id] = number
    return named


def _limits(call: ast.Call, name: str, whose: str, numbers: dict[str, float]) -> Iterator[float]:
    place = _LIMITED.get(name)
    given = [word.value for word in call.keywords if word.arg in _LIMITS and _waits(name)]
    if place is not None and len(call.args) > place and whose != "path":
        given.append(call.args[place])
    for each in given:
        limit = _number(each, numbers)
        if limit is not None and limit < _GENEROUS_SECONDS:
            yield limit


def _waits(name: str) -> bool:
    return (
        name in _LIMITED
        or name.startswith("wait")
        or name in ("run", "get", "acquire", "do", "until", "stop")
    )


def _number(value: ast.expr | None, numbers: dict[str, float]) -> float | None:
    if isinstance(value, ast.Constant) and isinstance(value.value, int | float):
        return float(value.value)
    return numbers.get(value.id) if isinstance(value, ast.Name) else None


def test_no_test_sleeps_or_limits_a_wait_or_measures_time() -> None:
    found = []
    for path in sources():
        place = path.relative_to(TESTS).as_posix()
        text = path.read_text(encoding="utf-8")
        wrong = findings(text, sleeps=place in _SLEEPS, clocks=place in _CLOCKS)
        found += [f"tests/{place}:{line}: {what}" for line, what in wrong]
    assert found == []


def test_what_may_sleep_or_read_the_clock_still_does() -> None:
    texts = {place: (TESTS / place).read_text(encoding="utf-8") for place in {*_SLEEPS, *_CLOCKS}}
    assert [place for place in _SLEEPS if not findings(texts[place], clocks=True)] == []
    assert [place for place in _CLOCKS if not findings(texts[place], sleeps=True)] == []


@pytest.mark.parametrize(
    "line",
    [
        "time.sleep(0.1)",
        "asyncio.sleep(0.5)",
        "asyncio.sleep(PAUSE)",
        "asyncio.wait_for(event.wait(), 20)",
        "asyncio.timeout(5)",
        "event.wait(5)",
        "future.result(PAUSE)",
        "thread.join(timeout=20)",
        "subprocess.run(['ls'], timeout=60)",
        "client.do('click', within=30)",
        "until(lambda: True, seconds=2)",
        "time.monotonic()",
        "CLOCK.monotonic()",
        "pytest.mark.timeout(60)",
        "httpx.Client(verify=context)",
        "connect(url)",
    ],
)
def test_each_form_of_the_fault_is_seen(line: str) -> None:
    assert findings(f"PAUSE = 5.0\n{line}\n")


@pytest.mark.parametrize(
    "line", ["asyncio.sleep(0)", "event.wait()", "process.wait(120)", "clock.monotonic()", "', '.join(names)"]
)
def test_what_is_right_is_let_be(line: str) -> None:
    assert not findings(line)


def test_there_is_one_guard_against_hanging() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["pytest"]["ini_options"]["timeout"] >= 1200
    marks = [path for path in sources() if "mark." + "timeout" in path.read_text(encoding="utf-8")]
    assert marks in ([], [Path(__file__).resolve()])


def test_those_that_run_alone_and_the_others_are_all_there_are() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"(?ms)^test:.*?\n\n", makefile)
    assert recipe is not None
    shared, alone = '-m "not alone and not soak and not packages"', '-m "alone and not soak"'
    assert recipe[0].count(shared) == recipe[0].count(alone) == 1
