"""A thread that ends unseen takes with it whatever waited for it: each place that makes threads says here who watches over them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_MAKERS = {"Thread", "QThread", "Timer"}
KEPT = {
    "server_stub/database/database.py": "the writer tells `ended` of its end, and `serve` ends the process",
    "client/core/runtime.py": "runs the core's loop, which only `stop` ends",
    "client/ui/meetings/devices/sound_thread.py": "Qt's own loop, which only `quit` ends",
}


def makes_threads(path: Path) -> bool:
    """Whether a file calls what makes a thread; pools hand what fails to whoever asked."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
    names = (each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in calls)
    return not _MAKERS.isdisjoint(names)


@pytest.mark.parametrize("package", ["client", "server_stub", "protocol"])
def test_threads_are_made_where_somebody_watches_over_them(package: str) -> None:
    found = {str(path.relative_to(ROOT)) for path in (ROOT / package).rglob("*.py") if makes_threads(path)}
    assert found == {path for path in KEPT if path.startswith(package)}
