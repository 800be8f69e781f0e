"""Blobs on the server's disk: parts that grow and may be gone on with, whole ones checked against their id (C17).

`<id>.part` holds what came so far and `<id>.size` what was announced; a file named by the id alone is whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import threading
from pathlib import Path
from typing import Final

from protocol.errors import ErrorCode, JinshuError
from protocol.wire.blobs import MAX_BLOB
from server_stub.database.database import DurablePoints

ABANDONED_MS: Final = 7 * 24 * 3600 * 1000
_ID: Final = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """The blobs folder. Its methods block: they are for worker threads."""

    def __init__(self, folder: Path, points: DurablePoints | None = None) -> None:
        self._folder = folder
        self._points = points or DurablePoints()
        # One lock for all ids that begin alike: an id always meets the same one, and there are never more.
        self._locks = [threading.Lock() for _ in range(256)]

    def begin(self, blob: str, size: int) -> tuple[int, bool]:
        """Announce a blob, or ask how far it got; returns its length here and whether this call completed it.

        Raises:
            JinshuError: `blobs.too_large`, `blobs.offset` for another size than announced, or `blobs.hash_mismatch`.
        """
        with self._lock(blob):
            if self._path(blob).exists():
                known = self._path(blob).stat().st_size
                if known != size:
                    raise JinshuError(ErrorCode.BLOBS_OFFSET, offset=known, size=known)
                return size, False
            if size > MAX_BLOB:
                raise JinshuError(ErrorCode.BLOBS_TOO_LARGE, limit=MAX_BLOB)
            announced = self._announced(blob)
            if announced is None:
                self._part(blob).write_bytes(b"")
                self._size(blob).write_text(str(size), encoding="ascii")
            offset = self._part(blob).stat().st_size
            if announced not in (None, size):
                raise JinshuError(ErrorCode.BLOBS_OFFSET, offset=offset, size=announced or 0)
            # All of it may be here already: the power went before it got its name.
            return (size, self._complete(blob, size)) if offset >= size else (offset, False)

    def append(self, blob: str, offset: int, data: bytes) -> tuple[int, bool]:
        """Add bytes at the end, and check the whole when it is reached; returns the length and whether it was.

        Raises:
            JinshuError: `blobs.unknown`, `blobs.offset`, `blobs.too_large` or `blobs.hash_mismatch`.
        """
        with self._lock(blob):
            if self._path(blob).exists():
                whole = self._path(blob).stat().st_size
                raise JinshuError(ErrorCode.BLOBS_OFFSET, offset=whole, size=whole)
            size = self._announced(blob)
            if size is None:
                raise JinshuError(ErrorCode.BLOBS_UNKNOWN)
            here = self._part(blob).stat().st_size
            if offset != here:
                raise JinshuError(ErrorCode.BLOBS_OFFSET, offset=here, size=size)
            if here + len(data) > size:
                raise JinshuError(ErrorCode.BLOBS_TOO_LARGE, limit=size)
            if data:
                with self._part(blob).open("ab") as part:
                    part.write(data)
                    part.flush()
                    os.fsync(part.fileno())
            reached = here + len(data)
            return reached, reached == size and self._complete(blob, size)

    def size(self, blob: str) -> int:
        """How long a whole blob is.

        Raises:
            JinshuError: `blobs.unknown`.
        """
        try:
            return self._path(blob).stat().st_size
        except FileNotFoundError:
            raise JinshuError(ErrorCode.BLOBS_UNKNOWN) from None

    def has(self, blob: str) -> bool:
        """Whether a whole blob of that id is here."""
        return self._path(blob).exists()

    def is_unfinished(self, blob: str) -> bool:
        """Whether a part of that id waits for the rest."""
        return self._part(blob).exists()

    def read(self, blob: str, offset: int, length: int) -> bytes:
        """A piece of a whole blob; nothing at its end."""
        with self._path(blob).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def prune(self, now_ms: int) -> int:
        """Remove parts nobody went on with; returns how many."""
        removed = 0
        for path in self._folder.iterdir():
            if path.suffix not in (".part", ".size") or _ID.fullmatch(path.stem) is None:
                continue
            with self._lock(path.stem):
                newest = self._part(path.stem) if self._part(path.stem).exists() else path
                if newest.exists() and newest.stat().st_mtime * 1000 < now_ms - ABANDONED_MS:
                    self._drop(path.stem)
                    removed += 1
        return removed

    def _complete(self, blob: str, size: int) -> bool:
        part = self._part(blob)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if digest != blob or file.tell() != size:
                self._drop(blob)
                raise JinshuError(ErrorCode.BLOBS_HASH_MISMATCH)
            os.fsync(file.fileno())
        self._points.before_rename(blob)
        part.replace(self._path(blob))
        _sync_folder(self._folder)
        self._points.after_rename(blob)
        self._size(blob).unlink(missing_ok=True)
        return True

    def _announced(self, blob: str) -> int | None:
        if not self._part(blob).exists():
            return None
        try:
            return int(self._size(blob).read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None

    def _drop(self, blob: str) -> None:
        self._part(blob).unlink(missing_ok=True)
        self._size(blob).unlink(missing_ok=True)

    def _lock(self, blob: str) -> threading.Lock:
        self._path(blob)
        return self._locks[int(blob[:2], 16)]

    def _path(self, blob: str) -> Path:
        # The id is checked so that it cannot name any other file.
        if _ID.fullmatch(blob) is None:
            raise JinshuError(ErrorCode.BLOBS_UNKNOWN)
        return self._folder / blob

    def _part(self, blob: str) -> Path:
        return self._path(blob).with_suffix(".part")

    def _size(self, blob: str) -> Path:
        return self._path(blob).with_suffix(".size")


def _sync_folder(folder: Path) -> None:
    # Windows has no such call and needs none.
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
