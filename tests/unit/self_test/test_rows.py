"""Rows and their sentences: what goes through the pipe comes back, and every remark the checks make has its words."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from client.core.self_check import CheckRow, Outcome, Remark
from client.self_test.checks import ALL
from client.ui.base.catalogue import LanguageName, check_sentences, remark_text

ROOT = Path(__file__).resolve().parents[3]
# Put together from the names of outcomes, checks and kinds of devices.
_BUILT = {
    *(f"outcome.{outcome.value}" for outcome in Outcome),
    *(f"{check.name}.title" for check in ALL),
    *(f"{kind}.{what}" for kind in ("cameras", "microphones", "loudspeakers") for what in ("found", "none")),
    "summary",
    "bundle.checks",
    "bundle.crash",
    "bundle.log",
}


def remarks() -> Iterator[tuple[str, set[str]]]:
    """Key and parameters of each remark that the source makes with a literal key, both branches of a choice."""
    for path in sorted((ROOT / "client" / "self_test").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            named = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            if isinstance(named, ast.Name) and named.id == "Remark":
                first = node.args[0]
                keys = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                spread = any(word.arg is None for word in node.keywords)  # looked at where it is made
                params = set() if spread else {word.arg for word in node.keywords if word.arg}
                yield from ((str(key.value), params) for key in keys if isinstance(key, ast.Constant))


def test_every_remark_has_its_sentence_and_no_sentence_is_left_over() -> None:
    assert {key for key, _ in remarks()} | _BUILT == set(check_sentences())


def test_gaps_are_filled_and_the_same_in_both_languages() -> None:
    gaps = {
        key: [{name for _, name, _, _ in Formatter().parse(text) if name} for text in both.values()]
        for key, both in check_sentences().items()
    }
    assert [key for key, (chinese, english) in gaps.items() if chinese != english] == []
    assert [key for key, params in remarks() if params and gaps[key][0] - params] == []


def test_names_of_checks_stand_once() -> None:
    assert len({check.name for check in ALL}) == len(ALL)
    assert all(check.seconds > 0 for check in ALL)


def test_a_row_comes_back_from_the_pipe() -> None:
    row = CheckRow(
        "disk",
        Outcome.WARNING,
        Remark.of("disk.found", free="3"),
        Remark("send_this"),
        (("a", "b"),),
        ("/x",),
    )
    assert CheckRow.parse(json.loads(json.dumps(row.value()))) == row


@pytest.mark.parametrize("language", list(LanguageName))
def test_a_value_in_a_gap_is_no_form_itself(language: LanguageName) -> None:
    assert "{type}" in remark_text(Remark.of("raised", type="{type}", place="x"), language)
