"""Writing files that survive a crash, and the named points at which a crash is tried by tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO


class DurablePoints:
    """The moments that decide what survives; the crash tests subclass this and end the process in one of
    them."""

    def before_commit(self) -> None:
        """A transaction of the store is about to be committed."""

    def after_commit(self) -> None:
        """It is on disk."""

    def before_rename(self, name: str) -> None:
        """A complete file is about to take its final name."""

    def after_rename(self, name: str) -> None:
        """It has it."""

    def before_acknowledge(self) -> None:
        """The server is about to hear that an event is stored here."""

    def after_acknowledge(self) -> None:
        """It has heard."""


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` durable; Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, data: bytes, points: DurablePoints) -> None:
    """Replace `path` by `data`, wholly or not at all, readable by its owner alone."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)  # what a crash left; a link of that name is not followed
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    points.before_rename(path.name)
    os.replace(temporary, path)
    sync_folder(path.parent)
    points.after_rename(path.name)


@contextmanager
def written_beside(target: Path) -> Iterator[IO[bytes]]:
    """A new file in a folder of the user's that takes the name `target` when all of it is written, and goes when it fails.

    Whatever lies there under another name is the user's, and is left alone.
    """
    file = _new_file(target.parent)
    temporary = Path(file.name)
    try:
        with file:
            yield file
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _new_file(folder: Path) -> IO[bytes]:
    for number in count(1):
        try:
            return (folder / f".jinshu-{number}.new").open("xb")
        except FileExistsError:
            continue
    raise AssertionError("numbers do not end")
