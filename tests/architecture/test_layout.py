"""What must hold for the files themselves: no facades, no giants, no leftovers, no traces of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("client", "server_stub", "protocol")
_LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
_REGISTRY = re.compile(
    r"--(extra-)?index-url|registry = \"http|\"resolved\":\s*\"http|files\.pythonhosted|://pypi\."
)
_BINARY = {".png", ".otf", ".ttf", ".pdf", ".db", ".jpg", ".wav"}
_VAGUE = {"utils", "common", "helpers", "manager", "logic", "misc"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def product_files() -> list[Path]:
    return [path for part in PRODUCT for path in (ROOT / part).rglob("*.py")]


def test_there_is_something_to_look_at() -> None:
    """The other tests here pass on nothing: a moved folder must not make them silent."""
    assert len(tracked()) > 100
    assert {path.relative_to(ROOT).parts[0] for path in product_files()} == set(PRODUCT)


def test_own_packages_have_empty_init_files() -> None:
    full = [path for path in product_files() if path.name == "__init__.py" and path.read_text().strip()]
    assert not full


def test_every_folder_with_code_is_a_package() -> None:
    missing = {path.parent for path in product_files() if not (path.parent / "__init__.py").exists()}
    assert not missing


@pytest.mark.parametrize("part", PRODUCT)
def test_no_file_is_a_giant(part: str) -> None:
    large = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / part).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 600
    }
    assert not large


def test_test_files_stay_readable() -> None:
    large = [
        path for path in (ROOT / "tests").rglob("*.py") if len(path.read_text("utf-8").splitlines()) > 450
    ]
    assert not large


def test_names_say_the_thing() -> None:
    assert not [path for path in product_files() if path.stem in _VAGUE]


def test_nothing_is_left_for_later() -> None:
    found = [path for path in product_files() if _LEFTOVERS.search(path.read_text(encoding="utf-8"))]
    assert not found


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        path
        for path in product_files()
        if path.name != "__init__.py"
        and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert not silent


def test_no_trace_of_one_machine_or_registry() -> None:
    places = (str(ROOT) + "/", str(Path.home()) + "/.")
    bad = []
    for path in tracked():
        if path.suffix in _BINARY or path.name == Path(__file__).name:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore").replace("--no-emit-index-url", "")
        if any(place in text for place in places) or _REGISTRY.search(text):
            bad.append(str(path.relative_to(ROOT)))
    assert not bad


def test_the_lock_pins_and_hashes_everything() -> None:
    lines = (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert entries
    assert [line for line in entries if not re.match(r"[a-z0-9._-]+==[^ ]+( ; .*)? \\$", line)] == []
    hashed = [
        line
        for line, following in pairwise(lines)
        if line in entries and not following.startswith("    --hash=sha256:")
    ]
    assert hashed == []
    assert "pyside6==6.9.3 \\" in entries
