"""The house's import contracts hold (they stand in pyproject.toml), and no product file is out of every test's reach."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]

# Programs that tests run as processes of their own, and what Alembic loads by name: file that does it, text that shows it.
STARTED_BY = {
    "client.__main__": ("pyproject.toml", "client.__main__:main"),
    "server_stub.__main__": ("tests/end_to_end/city.py", '"server_stub"'),
    "server_stub.ca.__main__": ("tests/integration/ca/test_commands.py", '"server_stub.ca"'),
    "server_stub.database.migrations.env": ("server_stub/database/schema.py", "migrations"),
    "server_stub.database.migrations.versions": ("server_stub/database/schema.py", "migrations"),
    "server_stub.meetings.sfu.worker": (
        "server_stub/meetings/sfu/process.py",
        '"server_stub.meetings.sfu.worker"',
    ),
    "client.verify.__main__": ("pyproject.toml", "client.verify.__main__:main"),
}

# Rules written down before the pages and routes that will stand on them; each leaves this list with its first test.
AHEAD = {
    "client.core.errors",
    "client.documents.rows",
    "protocol.documents.steps",
    "protocol.wire.documents",
}


def test_imports_point_downward() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("started", sorted(STARTED_BY))
def test_what_starts_each_program_still_does(started: str) -> None:
    file, text = STARTED_BY[started]
    assert text in (ROOT / file).read_text(encoding="utf-8")


def test_every_module_is_reached_by_a_test() -> None:
    """A file no test imports, even from afar, and no tested program runs, is dead or untested."""
    graph = grimp.build_graph("client", "server_stub", "protocol", "tests", cache_dir=None)
    ours = {name for name in graph.modules if not name.startswith("tests")}
    started = {name for name in ours if name.startswith(tuple(STARTED_BY))}
    reached = graph.find_upstream_modules("tests", as_package=True) | started
    for name in started:
        reached |= graph.find_upstream_modules(name)
    packages = {name for name in ours if graph.find_children(name)} | {
        name for name in ours if (ROOT / name.replace(".", "/") / "__init__.py").exists()
    }
    assert sorted(ours - reached - packages - AHEAD) == []
