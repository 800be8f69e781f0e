"""Fetches the client's locked wheels for a target, whatever machine this is, each checked against the lock's hash."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bundle import closure


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of machine: `platform` as uv names it, `markers` as PEP 508 does, and the newest glibc its wheels may ask for."""

    name: str
    platform: str
    markers: dict[str, str]
    glibc: tuple[int, ...] = ()
    pyside: str = ""


_PYTHON: Final = {"python_version": "3.11", "python_full_version": "3.11.2", "implementation_name": "cpython"}
_LINUX: Final = {**_PYTHON, "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}

AMD64: Final = Target("amd64", "x86_64-manylinux_2_28", {**_LINUX, "platform_machine": "x86_64"}, (2, 28))
# The last PySide6 whose wheels for this processor ask for a glibc as old as that of Kylin V10 SP1.
ARM64: Final = Target(
    "arm64", "aarch64-manylinux_2_31", {**_LINUX, "platform_machine": "aarch64"}, (2, 31), pyside="6.7.3"
)
WIN64: Final = Target(
    "win64",
    "x86_64-pc-windows-msvc",
    {
        **_PYTHON,
        "sys_platform": "win32",
        "platform_system": "Windows",
        "os_name": "nt",
        "platform_machine": "AMD64",
    },
)
_OF_QT: Final = ("pyside6", "pyside6-addons", "pyside6-essentials", "shiboken6")


def fetch(project: Path, target: Target, folder: Path) -> None:
    """Unpack into `folder` what the client imports, in the versions the lock names for `target`.

    Raises:
        LookupError: the lock lacks something the client imports.
        subprocess.CalledProcessError: a wheel could not be had, or is not what the lock says; uv has said why.
    """
    names = closure.closure(closure.imported([project / "client", project / "protocol"]), target.markers)
    other = set(_OF_QT) if target.pyside else set()
    _install(
        closure.locked(project / "packaging" / "requirements.lock", names - other),
        target,
        folder,
        "--require-hashes",
    )
    if other:
        hashes = project / "packaging" / f"pyside-{target.pyside.rpartition('.')[0]}.lock"
        _install(hashes.read_text("utf-8"), target, folder, "--require-hashes")


def _install(lines: str, target: Target, folder: Path, *options: str) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or "uv"
    with tempfile.TemporaryDirectory() as scratch:
        lock = Path(scratch) / "requirements.txt"
        lock.write_text(lines, "utf-8")
        command = [
            uv,
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            *options,
            "--only-binary",
            ":all:",
            "--link-mode",
            "copy",
        ]
        command += ["--python-version", "3.11", "--python-platform", target.platform]
        subprocess.run([*command, "--target", str(folder), "-r", str(lock)], check=True)
