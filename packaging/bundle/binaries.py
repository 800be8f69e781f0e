"""What a shared library asks for: the libraries it names, and the newest symbols of the C library it binds to."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_NEEDED: Final = re.compile(r"\(NEEDED\)\s+Shared library: \[(.+?)\]")
_DLL: Final = re.compile(r"DLL Name: (\S+)")
_GLIBC: Final = re.compile(r"Name: GLIBC_(\d+(?:\.\d+)+)")
_MAGIC: Final = b"\x7fELF"


def elf_files(folder: Path) -> Iterator[Path]:
    """The programs and shared libraries below `folder`, by what they are and not by their names."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == _MAGIC:
                    yield path


def needed(file: Path) -> set[str]:
    """The names of the libraries that an ELF file or a Windows DLL loads with it."""
    if file.suffix.lower() in {".dll", ".pyd", ".exe"}:
        return set(_DLL.findall(_run("objdump", "-p", str(file))))
    return set(_NEEDED.findall(_run("readelf", "-dW", str(file))))


def newest_glibc(file: Path) -> tuple[int, ...]:
    """The newest version of glibc whose symbols this file binds to; () for none (`readelf -V`, .gnu.version_r)."""
    found = [_version(each) for each in _GLIBC.findall(_run("readelf", "-VW", str(file)))]
    return max(found, default=())


def above(folder: Path, limit: tuple[int, ...]) -> dict[Path, tuple[int, ...]]:
    """The files below `folder` that would not load where glibc is no newer than `limit`."""
    return {file: version for file in elf_files(folder) if (version := newest_glibc(file)) > limit}


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout
