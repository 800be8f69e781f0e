"""Switching one check of the product off inside the process: its statement is taken out of its function, and nothing else."""

from __future__ import annotations
import __future__

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

# Calls that return or raise, made for their raising; `raise` itself is found under an `if`.
CHECKERS = (
    "verify",
    "verify_issuing",
    "verify_chain",
    "verify_consistency",
    "check_generation",
    "check_share",
    "check_recipient",
    "check_key_commitment",
    "check_suite",
    "check",
    "_check",
    "_check_succession",
    "_check_recipients",
    "_check_issued",
    "_check_time",
    "_check_shape",
    "_from_ca",
    "_from_recovery_code",
    "_not_from_the_future",
    "_compare",
    "_contains_former",
    "active_signer",
    "author",
    "_check_in_turn",
    "check_admitted",
    "check_age",
    "check_against_head",
    "check_authority",
    "check_cited",
    "check_epoch",
    "check_fresh",
    "check_beside",
    "check_log",
    "check_plain",
    "check_receipt",
    "check_repeated",
    "check_roster",
    "check_sealed",
    "check_seen",
    "check_shapes",
    "check_switched_on",
    "check_succession",
    "check_wraps",
    "_check_beside",
    "_check_bound",
    "_check_claims",
    "_check_follows",
    "_check_head",
    "_check_hidden",
    "_check_key",
    "_check_joined",
    "_check_undone",
    "_check_in_force",
    "_check_known",
    "_check_members",
    "_check_object",
    "_check_order",
    "_check_parents",
    "_check_phase",
    "_check_place",
    "_check_seal",
    "_check_sign_off",
    "_check_signer",
    "_check_names",
    "_in_order",
    "_same",
    "require",
)

_MADE_BEFORE = ("fault", "not_allowed", "refused")
_OURS = ("client.", "protocol.", "server_stub.", "tests.")


@dataclass(frozen=True)
class Site:
    """One check: the n-th of its kind in a function. `what` is `raise code`, `refusal code` or the name of what is called."""

    module: str
    function: str
    what: str
    number: int = 0

    def __str__(self) -> str:
        return f"{self.module}:{self.function}:{self.what}:{self.number}"


def sites(name: str) -> Iterator[Site]:
    """Every check in a module."""
    for path, function in _functions(ast.parse(inspect.getsource(importlib.import_module(name)))):
        seen: dict[str, int] = {}
        for statement in ast.walk(function):
            what = _what(statement)
            if what is not None:
                yield Site(name, path, what, seen.get(what, 0))
                seen[what] = seen.get(what, 0) + 1


def switch_off(site: Site, patch: pytest.MonkeyPatch) -> None:
    """Take the check out until the patch is undone."""
    module = importlib.import_module(site.module)
    tree = ast.parse(inspect.getsource(module))
    function = next(found for path, found in _functions(tree) if path == site.function)
    matching = [node for node in ast.walk(function) if _what(node) == site.what]
    target = matching[site.number]
    if isinstance(target, ast.Tuple):
        target.elts[0] = ast.copy_location(ast.Constant(False), target)
    elif isinstance(target, ast.If):
        target.test = ast.copy_location(ast.Constant(False), target.test)
    else:
        assert isinstance(target, ast.Expr)
        target.value = ast.copy_location(ast.Constant(None), target.value)
    without = _compiled(module, function)
    if "." in site.function:
        patch.setattr(getattr(module, site.function.split(".")[0]), function.name, without)
        return
    # A function of a module is known by name to all that import it.
    whole = getattr(module, function.name)
    for other in tuple(sys.modules.values()):
        if getattr(other, "__name__", "").startswith(_OURS) and vars(other).get(function.name) is whole:
            patch.setattr(other, function.name, without)
    # So does a table of functions.
    for table in [held for held in vars(module).values() if isinstance(held, dict)]:
        for key in [key for key, held in table.items() if held is whole and table is not vars(module)]:
            patch.setitem(table, key, without)


def _what(node: ast.AST) -> str | None:
    """`raise code` for an `if` that ends in raising, `refusal code` for a line of a list of conditions and their codes, the name of
    the callee for a call whose value nobody takes."""
    if isinstance(node, ast.Tuple):
        return _refusal(node)
    if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], ast.Raise):
        raised = node.body[-1].exc
        if isinstance(raised, ast.Call) and raised.args and isinstance(raised.args[0], ast.Attribute):
            return f"raise {raised.args[0].attr}"
        # An error that was made before, or that another function makes.
        named = raised.func if isinstance(raised, ast.Call) else raised
        if isinstance(named, ast.Name) and named.id in _MADE_BEFORE:
            return f"raise {named.id}"
    called = node.value if isinstance(node, ast.Expr) else None
    called = called.value if isinstance(called, ast.Await) else called
    if isinstance(called, ast.Call):
        callee = called.func
        name = callee.id if isinstance(callee, ast.Name) else getattr(callee, "attr", "")
        return name if name in CHECKERS else None
    return None


def _refusal(node: ast.Tuple) -> str | None:
    code = node.elts[-1] if len(node.elts) == 2 else None
    named = (
        isinstance(code, ast.Attribute) and isinstance(code.value, ast.Name) and code.value.id == "ErrorCode"
    )
    return f"refusal {code.attr}" if named and isinstance(code, ast.Attribute) else None


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(tree: ast.Module) -> Iterator[tuple[str, _Function]]:
    for node in tree.body:
        if isinstance(node, _Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, _Function):
                    yield f"{node.name}.{inner.name}", inner


def _compiled(module: ModuleType, function: _Function) -> Any:
    """The function again, in the names of its own module."""
    body = ast.fix_missing_locations(ast.Module([function], []))
    flags = __future__.annotations.compiler_flag
    made: dict[str, Any] = {}
    exec(compile(body, str(module.__file__), "exec", flags, dont_inherit=True), module.__dict__, made)
    return made[function.name]
