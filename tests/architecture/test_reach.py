"""The gate finds what nobody reaches, and lets pass what somebody does: on a small product planted for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.architecture.reach import (
    CALLED_FROM_OUTSIDE,
    Findings,
    unreached_modules,
    unused_functions,
)

_FILES = {
    "pyproject.toml": '[project]\n[project.scripts]\nplanted = "planted.main:main"\n',
    "planted/__init__.py": "",
    "planted/main.py": "from planted import used\n\ndef main() -> None:\n    used.act()\n",
    "planted/used.py": 'import subprocess\n\ndef act() -> None:\n    subprocess.run(["python", "-m", "planted.worker"])\n',
    "planted/worker.py": "import planted.of_worker\n",
    "planted/of_worker.py": "",
    "planted/forgotten.py": "import planted.used\n",
    "planted/folder/__init__.py": "",
    "planted/folder/one.py": "",
}


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "planted", raising=False)
    return tmp_path


def test_a_module_that_no_command_leads_to_is_found(planted: Path) -> None:
    assert unreached_modules(planted, ["planted"], ()) == ("planted.folder.one", "planted.forgotten")


def test_a_folder_that_a_library_loads_counts_as_reached(planted: Path) -> None:
    assert unreached_modules(planted, ["planted"], ["planted.folder"]) == ("planted.forgotten",)


def test_what_is_defined_and_never_used_is_found_and_what_a_library_calls_is_not(tmp_path: Path) -> None:
    source = tmp_path / "thing.py"
    source.write_text(
        "class Thing:\n"
        "    def used(self) -> None: ...\n"
        "    def columnCount(self) -> int: return 1\n"
        "    def called_late(self) -> None: ...\n"
        "    def rowTotal(self) -> int: return 1\n"
        "    def forgotten(self) -> None: ...\n"
        "    @property\n"
        "    def unread(self) -> int: return 1\n"
        "@routes.get('/')\n"
        "def route() -> None: ...\n"
        "def lost() -> None: ...\n"
        "Thing().used()\n",
        encoding="utf-8",
    )
    unused, met = unused_functions([source], {"called_late": "a library"})
    assert [where.rpartition(": ")[2] for where in unused] == [
        "method rowTotal",
        "method forgotten",
        "property unread",
        "function lost",
    ]
    assert met == {"called_late"}


def test_each_excuse_says_whose_it_is_and_the_list_stays_short() -> None:
    assert all(CALLED_FROM_OUTSIDE.values())
    assert len(CALLED_FROM_OUTSIDE) <= 20


def test_findings_are_said_one_a_line() -> None:
    lines = Findings(("a.b",), ("c.py:3: function d",), ("e",)).lines()
    assert [line.split(" ")[0] for line in lines] == ["a.b:", "c.py:3:", "e:"]
