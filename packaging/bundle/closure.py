"""Which distributions the client stands on: what its code imports, anywhere, and what those require on the target."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Required by name and never imported by the client's way through them; each is tried by the self-test of the built tree.
UNUSED = frozenset({"requests", "oscrypto"})


def imported(roots: Iterable[Path]) -> set[str]:
    """The top-level names that the code below `roots` imports, at its head or later, but for the standard library's."""
    names: set[str] = set()
    for root in roots:
        for file in root.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    names.update(alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
                    names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {root.name for root in roots}


def closure(names: Iterable[str], environment: Mapping[str, str]) -> set[str]:
    """The distributions behind these imports, and all that they require where `environment`'s markers hold."""
    known = _known()
    waiting = [each for name in names for each in known.get(name, ())]
    found: set[str] = set()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found or name in UNUSED or name == "jinshu":
            continue
        found.add(name)
        waiting.extend(_required(name, environment))
    return found


@cache
def _known() -> Mapping[str, list[str]]:
    return packages_distributions()


def _required(name: str, environment: Mapping[str, str]) -> Iterator[str]:
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return  # another system's alone: the lock says that it requires nothing that is missing here
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({**environment, "extra": ""}):
            yield requirement.name


def locked(lock: Path, names: set[str]) -> str:
    """The lock's lines, hashes with them, for these distributions alone.

    Raises:
        LookupError: the lock lacks one of them.
    """
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", lock.read_text("utf-8"))
    # One may stand in several versions, each for the systems that its marker names.
    chosen = [block for block in blocks if _name(block) in names]
    if missing := names - {_name(block) for block in chosen}:
        raise LookupError(f"the lock lacks {', '.join(sorted(missing))}")
    return "".join(chosen)


def _name(block: str) -> str:
    return canonicalize_name(re.split(r"[=\[ ;]", block, maxsplit=1)[0])
