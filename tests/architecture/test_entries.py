"""Fields are made where what Qt tells input methods is mended, and where what is typed is made clean."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).resolve().parents[2]
INTERFACE = ROOT / "client" / "ui"
_QT: Final = {"QLineEdit", "QPlainTextEdit", "QTextEdit"}
# Who may, and why.
_MAY: Final = {
    "widgets/text_entry.py": "mends it",
    "widgets/text_window.py": "only shows",
}


def findings(text: str) -> Iterator[int]:
    """The lines that make one of Qt's own fields, or derive from one."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call | ast.ClassDef):
            made = [node.func] if isinstance(node, ast.Call) else node.bases
            names = {each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in made}
            if names & _QT:
                yield node.lineno


def test_no_page_makes_a_field_of_its_own() -> None:
    found = []
    for path in INTERFACE.rglob("*.py"):
        place = path.relative_to(INTERFACE).as_posix()
        if place not in _MAY:
            found += [f"{place}:{line}" for line in findings(path.read_text(encoding="utf-8"))]
    assert found == []


def test_those_who_may_still_do() -> None:
    assert all(list(findings((INTERFACE / place).read_text(encoding="utf-8"))) for place in _MAY)


@pytest.mark.parametrize(
    "line",
    ["QLineEdit()", "QtWidgets.QTextEdit(self)", "class Title(QPlainTextEdit): ...", "x = QLineEdit('')"],
)
def test_each_form_is_seen(line: str) -> None:
    assert list(findings(line)) == [1]


@pytest.mark.parametrize(
    "line", ["LineEntry(Field.TITLE)", "isinstance(x, QLineEdit)", "class Title(LineEntry): ..."]
)
def test_what_is_right_is_let_be(line: str) -> None:
    assert list(findings(line)) == []
