"""What must hold for the files themselves: no facades, no giants, no leftovers, no traces of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("client", "server_stub", "protocol")
_LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
_VAGUE = {"utils", "common", "helpers", "manager", "logic", "misc"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def product_files() -> list[Path]:
    return [path for part in PRODUCT for path in (ROOT / part).rglob("*.py")]


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
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 500
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
    home = str(ROOT)
    registry = re.compile(r"--index-url|registry = \"http|\"resolved\":\s*\"http|files\.pythonhosted")
    bad = []
    for path in tracked():
        if path.suffix in {".png", ".otf", ".ttf", ".pdf", ".db", ".jpg"} or path.name == Path(__file__).name:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        if home + "/" in text or registry.search(text.replace("--no-emit-index-url", "")):
            bad.append(str(path.relative_to(ROOT)))
    assert not bad
