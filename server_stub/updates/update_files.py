"""The city's updates as this server carries them: two folders of plain files that the CA signed elsewhere.

The server holds no key of them, reads nothing in them and checks no signature: clients do. What it takes care of is that nothing but
these files is ever given out, and that a client which asks while they are being replaced sees the old list or the new one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.errors import ErrorCode, JinshuError
from protocol.updates import MAX_METADATA, MAX_PACKAGE, is_file_name

FOLDERS: Final = {"metadata": MAX_METADATA, "targets": MAX_PACKAGE}
_NEWEST: Final = "timestamp.json"
_COPY: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class UpdateFiles:
    """The folder `updates` of a server; its methods block."""

    root: Path

    def size(self, folder: str, name: str) -> int:
        """Bytes of a file.

        Raises:
            JinshuError: `updates.missing`; also of a link, a folder, or a file that is larger than any may be.
        """
        descriptor = self._open(folder, name)
        try:
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def read(self, folder: str, name: str, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on; none after the end.

        Raises:
            JinshuError: `updates.missing`.
        """
        descriptor = self._open(folder, name)
        with os.fdopen(descriptor, "rb") as file:
            file.seek(offset)
            return file.read(length)

    def _open(self, folder: str, name: str) -> int:
        if folder not in FOLDERS or not is_file_name(name):
            raise JinshuError(ErrorCode.UPDATES_MISSING)
        try:
            # A link would lead to the server's own keys; a pipe would hold the thread that opens it.
            descriptor = os.open(self.root / folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            raise JinshuError(ErrorCode.UPDATES_MISSING) from None
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > FOLDERS[folder]:
            os.close(descriptor)
            raise JinshuError(ErrorCode.UPDATES_MISSING)
        return descriptor


@dataclass(frozen=True, slots=True)
class Brought:
    """How many files were new."""

    metadata: int
    packages: int


class NotUpdates(Exception):
    """What was to be brought holds a file that no repository of updates has; its name is the text."""


def bring(source: Path, target: Path) -> Brought:
    """Copy a repository over another, so that whoever reads `target` meanwhile finds all that the list he has names.

    Packages come first, then lists, the newest list's pointer last. Nothing is removed: a client may still be at it.

    Raises:
        NotUpdates: a link, a folder, a file of another name, or one that is too large.
        OSError: reading or writing failed; `target` is as usable as before.
    """
    # All is looked at before anything is written.
    files = {folder: list(_files(source / folder, most)) for folder, most in FOLDERS.items()}
    if _NEWEST not in {each.name for each in files["metadata"]}:
        raise NotUpdates(_NEWEST)
    for folder in FOLDERS:
        (target / folder).mkdir(mode=0o755, parents=True, exist_ok=True)
    packages = sum(_copy(each, target / "targets") for each in files["targets"])
    ordered = sorted(files["metadata"], key=lambda each: each.name == _NEWEST)
    return Brought(sum(_copy(each, target / "metadata") for each in ordered), packages)


def _files(folder: Path, most: int) -> Iterator[Path]:
    for each in sorted(folder.iterdir()):
        facts = each.lstat()
        if not is_file_name(each.name) or not stat.S_ISREG(facts.st_mode) or facts.st_size > most:
            raise NotUpdates(f"{folder.name}/{each.name}")
        yield each


def _copy(source: Path, folder: Path) -> bool:
    """Whether it was another than the one already there."""
    target = folder / source.name
    if target.is_file() and not target.is_symlink() and _same(source, target):
        return False
    aside = folder / f".{source.name}.new"
    aside.unlink(missing_ok=True)
    with source.open("rb") as reading, aside.open("xb") as writing:
        while piece := reading.read(_COPY):
            writing.write(piece)
        writing.flush()
        os.fsync(writing.fileno())
    aside.chmod(0o644)
    os.replace(aside, target)
    return True


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while piece := left.read(_COPY):
            if piece != right.read(len(piece)):
                return False
    return True
