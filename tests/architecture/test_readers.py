"""Who reads PDFs: files from others only in the confined process, so each module that loads a reader says here what it reads."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
READERS = {"pypdfium2", "pyhanko", "pikepdf", "pypdf", "fitz"}
KEPT = {
    "client/sealing/check.py": "through `confined(open_sealed, …)`",
    "client/sealing/pades.py": "what this machine has just set",
    "client/sealing/plain.py": "through `open_sealed`",
    "client/sealing/update.py": "through `open_sealed`",
    "client/typesetting/ink.py": "what this machine has just set",
    "client/verify/pages.py": "through `confined`",
}
# The functions that read files from others: called by nobody directly.
CONFINED = {"open_sealed", "page_words", "page_pictures", "page_images"}


def loads_reader(path: Path) -> bool:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return any(name.split(".")[0] in READERS for name in names)


def test_readers_are_loaded_where_it_is_known_whose_files_they_read() -> None:
    found = {str(path.relative_to(ROOT)) for path in (ROOT / "client").rglob("*.py") if loads_reader(path)}
    assert found == KEPT.keys()


def test_files_from_others_are_read_in_the_confined_process_only() -> None:
    calls = {
        (path.name, node.func.id)
        for path in (ROOT / "client").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CONFINED
    }
    assert not calls
