"""What the client logs is a constant sentence with codes, kinds, ids and numbers in it: never a text, never an exception's own words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
# What an exception or a user says in words.
_WORDS = {"error", "fault", "exc", "exception", "text", "title", "name_of_file", "params", "reason"}


def log_calls(source: str) -> Iterator[tuple[int, list[ast.expr]]]:
    """Line, and the arguments from the sentence on, of each call on a logger named `_log`."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "_log"):
            continue
        if node.func.attr in _LEVELS:
            yield node.lineno, node.args
        elif node.func.attr == "log":
            yield node.lineno, node.args[1:]


def fault_of(arguments: list[ast.expr]) -> str:
    """What is wrong with a call, or nothing."""
    sentence, *values = arguments
    if not (isinstance(sentence, ast.Constant) and isinstance(sentence.value, str)):
        return "the sentence is not constant"
    for value in values:
        if isinstance(value, ast.JoinedStr):
            return "a value is put together"
        if isinstance(value, ast.Name) and value.id in _WORDS:
            return f"{value.id} may say anything"
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id in {"str", "repr", "format"}
        ):
            return "a value is made text"
    return ""


def test_the_clients_log_calls_hold_no_content() -> None:
    found = [
        (path, line, fault)
        for part in ("client", "protocol")
        for path in sorted((ROOT / part).rglob("*.py"))
        for line, arguments in log_calls(path.read_text(encoding="utf-8"))
        if (fault := fault_of(arguments))
    ]
    assert found == []


def test_the_lint_bites() -> None:
    source = """
_log.info("fine: %s", error.code.value)
_log.info(f"not {fine}")
_log.warning("not fine: %s", error)
_log.log(level, "not fine: %s", str(error))
_log.error("not fine: %s", f"{title}")
"""
    assert [bool(fault_of(arguments)) for _, arguments in log_calls(source)] == [
        False,
        True,
        True,
        True,
        True,
    ]
