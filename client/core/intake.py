"""Files a user chooses, drops or pastes: what each is before it is taken in, and the taking in itself.

Nothing is encrypted, and no name shown, before it has been looked at: folders are opened, names in GBK bytes read, and
what is empty, too large or no file at all is said.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from client.core.media_types import HEAD, media_type
from client.core.sync.blob_files import StoredBlob
from client.core.sync.blobs import Blobs
from protocol import text
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.blobs import MAX_FILE

# The largest plaintext whose ciphertext the server takes.
LARGEST: Final = MAX_FILE
MOST_FILES: Final = 200  # of one drop: more is an accident, such as a whole disk
_DEEPEST: Final = 8
# What systems and office programs leave lying beside the files one means.
_LITTER: Final = frozenset({"thumbs.db", "desktop.ini"})
_LITTER_BEGINNINGS: Final = (".", "~$")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is no file yet, such as a pasted screenshot."""

    name: str
    data: bytes = field(repr=False)


Source = Path | Picture


class FileFault(StrEnum):
    """Why a file cannot be taken in."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    NO_FILE = "no_file"  # a pipe, a socket, a device: reading it might never end


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file as it was found. An empty one is no fault, but nobody sends it on purpose."""

    source: Source
    name: str
    size: int
    fault: FileFault | None = None

    @property
    def empty(self) -> bool:
        return self.fault is None and self.size == 0

    @property
    def plain(self) -> bool:
        """Whether there is nothing to ask about it."""
        return self.fault is None and self.size > 0


@dataclass(frozen=True, slots=True)
class Found:
    """What was found at some paths: `folders` that were opened for it, and whether they hold more than is offered."""

    files: tuple[Incoming, ...]
    folders: tuple[str, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A file taken in: its ciphertext, its name and its media type."""

    blob: StoredBlob
    name: str
    media_type: str


def look_at(paths: Sequence[Path]) -> Found:
    """Look at paths without reading the files; folders are opened, but not links to folders. For a worker thread."""
    files: list[Incoming] = []
    folders: list[str] = []
    for path in map(_existing, paths):
        if path.is_dir():
            folders.append(name_of(path))
            files.extend(map(_looked_at, _files_in(path, MOST_FILES + 1 - len(files))))
        else:
            files.append(_looked_at(path))
    return Found(tuple(files[:MOST_FILES]), tuple(folders), len(files) > MOST_FILES)


def name_of(path: Path) -> str:
    """The name of a file in Unicode, also where an older system wrote it in GBK."""
    raw = os.fsencode(path.name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


async def take_in(blobs: Blobs, source: Source) -> Taken:
    """Encrypt a file into the profile.

    Raises:
        JinshuError: `blobs.too_large` before anything is read; `text.*`, its name cannot be sent; `store.full`.
        OSError: it cannot be read.
    """
    if isinstance(source, Picture):
        name = text.check(source.name, text.Field.FILE_NAME)
        return Taken(await blobs.encrypt_bytes(source.data), name, media_type(name, source.data[:HEAD]))
    name = text.check(name_of(source), text.Field.FILE_NAME)
    found = _looked_at(source)
    if found.fault is FileFault.TOO_LARGE:
        raise JinshuError(ErrorCode.BLOBS_TOO_LARGE)
    if found.fault is not None:
        raise OSError(f"not a readable file: {found.fault.value}")
    blob = await blobs.encrypt_file(source)
    return Taken(blob, name, media_type(name, _head(source)))


def _looked_at(path: Path) -> Incoming:
    name = name_of(path)
    try:
        status = path.stat()
    except OSError:
        return Incoming(path, name, 0, FileFault.UNREADABLE)
    if not stat.S_ISREG(status.st_mode):
        return Incoming(path, name, 0, FileFault.NO_FILE)
    if not os.access(path, os.R_OK):
        return Incoming(path, name, status.st_size, FileFault.UNREADABLE)
    return Incoming(path, name, status.st_size, FileFault.TOO_LARGE if status.st_size > LARGEST else None)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _files_in(folder: Path, most: int) -> Iterator[Path]:
    """At most so many files of a folder and those in it, by name, without litter."""
    count = 0
    for here, inner, names in os.walk(folder):
        depth = len(Path(here).relative_to(folder).parts)
        inner[:] = sorted(name for name in inner if not _is_litter(name)) if depth < _DEEPEST else []
        for name in sorted(name for name in names if not _is_litter(name)):
            if count >= most:
                return
            count += 1
            yield Path(here) / name


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER_BEGINNINGS) or name.casefold() in _LITTER


def _existing(path: Path) -> Path:
    """The path itself, or the one its name stood for before a file dialog read GBK bytes as UTF-8.

    WORKAROUND(Qt decodes names of files as UTF-8 and puts U+FFFD for what is none, until Qt keeps the bytes)
    """
    if "\ufffd" not in str(path) or path.exists():
        return path
    parent = _existing(path.parent)
    try:
        names = os.listdir(parent)
    except OSError:
        return path
    alike = [name for name in names if os.fsencode(name).decode("utf-8", "replace") == path.name]
    return parent / alike[0] if len(alike) == 1 else path
