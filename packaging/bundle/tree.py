"""Puts the application's folder together: the interpreter, the wheels, our own code, and what a stock desktop lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bundle import qt
from bundle.wheels import Target, fetch

OURS: Final = ("client", "protocol", "resources")
# What a wheel brings and no program loads: tests, headers, types, sources of extensions, records of the installer.
_IDLE: Final = (
    "**/__pycache__",
    "**/tests",
    "**/test",
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pyx",
    "**/*.c",
    "**/*.h",
    "**/*.a",
    "**/py.typed",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/direct_url.json",
    "*.dist-info/uv_cache.json",
    "numpy/f2py",
    "numpy/distutils",
    "numpy/_core/include",
    "numpy/_core/lib",
    "bin",
    ".lock",
)


def application(project: Path, target: Target, site: Path, version: str) -> None:
    """Fill `site` (a site-packages folder) with the client and all it imports, and nothing else.

    Raises:
        As `fetch` does.
    """
    site.mkdir(parents=True)
    fetch(project, target, site)
    qt.without_tools(site / "PySide6")
    qt.prune(site / "PySide6", qt.modules([project / "client"]))
    _remove(site, _IDLE)
    for name in OURS:
        shutil.copytree(
            project / name, site / name, ignore=shutil.ignore_patterns("__pycache__", "screenshots")
        )
    _describe(site, version)


def _describe(site: Path, version: str) -> None:
    """What `importlib.metadata` is asked for: name and version."""
    folder = site / f"jinshu-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: jinshu\nVersion: {version}\n", "utf-8")


def _remove(folder: Path, patterns: Iterable[str]) -> None:
    for pattern in patterns:
        for path in sorted(folder.glob(pattern), reverse=True):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()


def compiled(python: Path, folder: Path) -> None:
    """Write byte code beside each source. Its check is the package's own, so it bears a hash and no moment."""
    command = [
        str(python),
        "-I",
        "-m",
        "compileall",
        "-q",
        "-j",
        "2",
        "--invalidation-mode",
        "unchecked-hash",
    ]
    subprocess.run([*command, "-s", str(folder), "-p", folder.name, str(folder)], check=True)


def dated(folder: Path, epoch: int) -> None:
    """Give every file one moment and rights that depend on nobody's umask."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)
