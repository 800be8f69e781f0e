"""Of Qt only what the client loads: its modules, the plugins it is drawn and heard by, and the libraries behind both."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bundle.binaries import needed

# A plugin is found by its folder at run time; no library names it.
PLUGINS: Final = (
    "platforms/*xcb*",
    "platforms/*offscreen*",
    "platforms/*wayland*",
    "platforms/*windows*",
    "platforminputcontexts/*compose*",
    "platforminputcontexts/*ibus*",
    "platformthemes/*xdgdesktopportal*",
    "xcbglintegrations/*",
    "wayland-*client/*",
    "wayland-shell-integration/*xdg-shell*",
    "iconengines/*svg*",
    "imageformats/*gif*",
    "imageformats/*ico*",
    "imageformats/*jpeg*",
    "imageformats/*svg*",
    "imageformats/*webp*",
    "multimedia/*",
    "styles/*",
)
_WORDS: Final = ("qtbase_zh_CN.qm", "qt_zh_CN.qm", "qtmultimedia_zh_CN.qm")
# Types for checkers, sources of bindings, tools of developers.
_NEVER: Final = (
    "*.pyi",
    "*.exe",
    "*.json",
    "include",
    "typesystems",
    "glue",
    "doc",
    "examples",
    "scripts",
    "support/deprecated.pyi",
)


def modules(roots: Iterable[Path]) -> set[str]:
    """The modules of PySide6 that the code below `roots` imports: `QtCore`, `QtWidgets`, ..."""
    names: set[str] = set()
    for root in roots:
        for file in root.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == "PySide6":
                    names.update(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("PySide6."):
                    names.add((node.module or "").removeprefix("PySide6."))
    return names


def prune(pyside: Path, wanted: set[str]) -> None:
    """Leave in a wheel's unpacked `PySide6` what these modules need, and nothing else.

    Raises:
        FileNotFoundError: the wheel has no such module.
    """
    windows = (pyside / "QtCore.pyd").exists()
    libraries = pyside if windows else pyside / "Qt" / "lib"
    plugins = pyside / "plugins" if windows else pyside / "Qt" / "plugins"
    words = pyside / "translations" if windows else pyside / "Qt" / "translations"
    suffix = ".pyd" if windows else ".abi3.so"
    # A module imports those it builds on: shiboken loads QtNetwork for QtMultimedia, QtGui for QtWidgets.
    start = [pyside / f"{name}{suffix}" for name in _with_those_below(wanted)]
    for missing in (file for file in start if not file.exists()):
        raise FileNotFoundError(missing)
    start += [file for pattern in PLUGINS for file in sorted(plugins.glob(pattern)) if file.is_file()]
    kept = _reached(start, libraries)
    kept.update(file for name in _WORDS if (file := words / name).exists())
    kept.update(pyside.glob("*.py"))
    kept.update((pyside / "support").rglob("*.py"))
    if windows:
        kept.update(
            each
            for each in pyside.glob("*.dll")
            if not each.name.lower().startswith(("qt6", "icu", "av", "sw"))
        )
    for file in sorted(pyside.rglob("*"), reverse=True):
        if file.is_dir() and not file.is_symlink():
            if not any(file.iterdir()):
                file.rmdir()
        elif file not in kept:
            file.unlink()


def _with_those_below(wanted: set[str]) -> set[str]:
    below = {
        "QtWidgets": {"QtGui"},
        "QtGui": {"QtCore"},
        "QtMultimedia": {"QtGui", "QtNetwork"},
        "QtSvg": {"QtGui"},
        "QtPdf": {"QtGui"},
        "QtPdfWidgets": {"QtPdf", "QtWidgets"},
        "QtPrintSupport": {"QtWidgets"},
        "QtNetwork": {"QtCore"},
        "QtDBus": {"QtCore"},
    }
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(below.get(name, ()))
    return found


def _reached(start: Iterable[Path], libraries: Path) -> set[Path]:
    """These files and the libraries they name, step by step. A wheel holds no links: each name of a library is a file."""
    kept: set[Path] = set()
    waiting = list(start)
    while waiting:
        file = waiting.pop()
        if file in kept:
            continue
        kept.add(file)
        waiting.extend(found for name in needed(file) if (found := libraries / name).exists())
        # PySide6's own library lies beside the modules.
        waiting.extend(
            found
            for name in needed(file)
            if (found := libraries.parents[1] / name).exists() and "PySide6" in found.parts
        )
    return kept


def without_tools(pyside: Path) -> None:
    """Leave out what only who develops with Qt uses."""
    for pattern in _NEVER:
        for path in pyside.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
