"""The gate of `make lint`: what no entry point of the product reaches fails it. Tests do not count as users.

Modules are followed by their imports (grimp) from the commands in pyproject.toml, and from a reached module to one that it
names in a string (a process it starts, a module it loads late). Functions, methods, properties and classes are those that
vulture, at 60 %, finds used by name nowhere in the product. What a library calls us by stands in CALLED_FROM_OUTSIDE.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grimp
import vulture
from PySide6 import QtCore, QtGui, QtWidgets

ROOT: Final = Path(__file__).resolve().parents[2]
PRODUCT: Final = ("client", "protocol", "server_stub")
_KINDS: Final = frozenset({"function", "method", "property", "class"})
_CONFIDENCE: Final = 60
# Decorated, so called by what decorates them: FastAPI's routes.
_DECORATORS: Final = ("@routes.*",)
# A package whose modules are loaded from a folder, not by name: what loads it, and why.
LOADED_FROM_FOLDERS: Final[Mapping[str, str]] = {
    "server_stub.database.migrations": "Alembic runs env.py and each version; server_stub.database.schema names the folder",
}
# Names by which a library calls us; each with the library. Qt's need no entry: its names are in camel case, ours never.
CALLED_FROM_OUTSIDE: Final[Mapping[str, str]] = {
    "_handle_disconnect": "aiortc: RTCDtlsTransport",
    "_handle_rtcp_packet": "aiortc: RTCDtlsTransport",
    "_handle_rtp_packet": "aiortc: RTCDtlsTransport",
    "async_sign_raw": "pyHanko: Signer",
    "_update_meta": "pyHanko: PDF writer",
    "register_extensions": "pyHanko: PDF writer",
    "validate": "Qt: QValidator",
    "answer_token": "client.core.tokens.process: the process it starts",
    "answer_checks": "client.self_test.runner: the process it starts",
    "on_sleep": "Qt: a slot that D-Bus finds by its name (client.ui.desktop.screen_lock)",
    "on_unlock": "Qt: a slot that D-Bus finds by its name (client.ui.desktop.screen_lock)",
    "read_for": "client.confinement: the process it starts",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """What nobody reaches, and entries of the lists above that excuse nothing any more."""

    modules: tuple[str, ...]
    functions: tuple[str, ...]
    stale: tuple[str, ...]

    def lines(self) -> list[str]:
        return [
            *(f"{name}: no entry point reaches this module" for name in self.modules),
            *(f"{where} is used by nothing in the product" for where in self.functions),
            *(
                f"{name}: excused in {Path(__file__).name}, but there is nothing to excuse"
                for name in self.stale
            ),
        ]


def entry_points(root: Path) -> frozenset[str]:
    """The modules that the commands of pyproject.toml start."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    commands = {**project.get("scripts", {}), **project.get("gui-scripts", {})}
    return frozenset(target.partition(":")[0] for target in commands.values())


def unreached_modules(
    root: Path, packages: Iterable[str], loaded: Iterable[str] = LOADED_FROM_FOLDERS
) -> tuple[str, ...]:
    """Modules of `packages` that no entry point leads to; packages themselves count by what is in them."""
    first, *others = packages
    graph = grimp.build_graph(first, *others, cache_dir=None)
    folders = tuple(loaded)
    reached: set[str] = set()
    waiting = [*entry_points(root), *(name for name in graph.modules if name.startswith(folders))]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in graph.modules:
            continue
        reached.add(name)
        waiting += graph.find_modules_directly_imported_by(name)
        waiting += _named_in(_file_of(root, name), graph.modules)
    return tuple(
        sorted(name for name in graph.modules - reached if _file_of(root, name).name != "__init__.py")
    )


def unused_functions(
    paths: Iterable[Path], excused: Mapping[str, str] = CALLED_FROM_OUTSIDE
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Definitions that nothing under `paths` uses, and which of the excused names were met among them."""
    search = vulture.Vulture(ignore_decorators=list(_DECORATORS))
    search.scavenge([str(path) for path in paths])
    found = [item for item in search.get_unused_code(min_confidence=_CONFIDENCE) if item.typ in _KINDS]
    met = frozenset(item.name for item in found if item.name in excused)
    qts = _names_of_qt()
    unused = sorted(
        (str(_inside(Path(item.filename))), item.first_lineno, f"{item.typ} {item.name}")
        for item in found
        if item.name not in excused and item.name not in qts
    )
    return tuple(f"{file}:{line}: {what}" for file, line, what in unused), met


def findings() -> Findings:
    """All of it, for the product as it stands."""
    functions, met = unused_functions(ROOT / package for package in PRODUCT)
    return Findings(
        unreached_modules(ROOT, PRODUCT), functions, tuple(sorted(CALLED_FROM_OUTSIDE.keys() - met))
    )


def _inside(file: Path) -> Path:
    return file.relative_to(ROOT) if file.is_relative_to(ROOT) else file


def _names_of_qt() -> frozenset[str]:
    """What Qt's classes call their methods, of those written as we never write."""
    # By `dir`: PySide6 makes its classes when they are asked for.
    things = [getattr(module, name) for module in (QtCore, QtGui, QtWidgets) for name in dir(module)]
    classes = [thing for thing in things if isinstance(thing, type)]
    return frozenset(name for kind in classes for name in dir(kind) if name != name.lower())


def _file_of(root: Path, module: str) -> Path:
    path = root / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _named_in(file: Path, modules: Iterable[str]) -> list[str]:
    """Modules whose dotted name stands in a string of the file."""
    known = frozenset(modules)
    return [
        node.value
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known
    ]


def main() -> int:
    """0 when everything is reached; else each finding on a line, and 1."""
    lines = findings().lines()
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
