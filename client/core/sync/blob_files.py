"""Blob ciphertext on this disk: encrypting into it and decrypting out of it, chunk by chunk (C17)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from client.core.durable import DurablePoints, sync_folder
from protocol.crypto.files import CHUNK, HEADER, TAG, BlobDecryptor, BlobEncryptor
from protocol.crypto.keys import SecretKey
from protocol.crypto.padding import padded_size, unpad_file
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.blobs import MAX_FILE

_PART: Final = ".part"


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A file as it was encrypted here; `size` and `sha256` are of the plaintext."""

    id: str
    key: bytes = field(repr=False)
    size: int
    sha256: bytes
    stored_size: int


class Readable(Protocol):
    """What a file is read from; fewer bytes than asked for are its last."""

    def read(self, size: int, /) -> bytes: ...


class BlobFiles:
    """The blobs folder. Its methods block: they are for worker threads."""

    def __init__(
        self, folder: Path, entropy: Callable[[int], bytes], points: DurablePoints | None = None
    ) -> None:
        self._folder = folder
        self._entropy = entropy
        self._points = points or DurablePoints()

    def path(self, blob: str) -> Path:
        """Where a complete blob lies; the id is checked so that it cannot name any other file."""
        if len(blob) != 64 or not set(blob) <= set("0123456789abcdef"):
            raise JinshuError(ErrorCode.BLOBS_UNKNOWN)
        return self._folder / blob

    def part(self, blob: str) -> Path:
        return self.path(blob).with_suffix(_PART)

    def encrypt(self, source: Readable, *, padded: bool) -> StoredBlob:
        """Encrypt all of `source` under a fresh key; `padded`: so that the length says little of it (C44)."""
        key = SecretKey.generate(self._entropy)
        encryptor = BlobEncryptor(key, self._entropy, padded=padded)
        plain, sealed = _Plaintext(source, padded=padded), hashlib.sha256()
        stored = 0
        temporary = self._folder / f"{self._entropy(8).hex()}.new"
        try:
            with temporary.open("xb") as target:
                stored += target.write(encryptor.header)
                sealed.update(encryptor.header)
                for chunk, final in _looking_ahead(plain):
                    piece = encryptor.chunk(chunk, final=final)
                    sealed.update(piece)
                    stored += target.write(piece)
                target.flush()
                os.fsync(target.fileno())
            blob = sealed.hexdigest()
            self._rename(temporary, self.path(blob))
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return StoredBlob(blob, bytes(key), plain.size, plain.digest.digest(), stored)

    def decrypt(self, blob: str, key: bytes, size: int) -> Iterator[bytes]:
        """The plaintext of a complete blob; only after the last piece is it known to be whole. `size`: of the plaintext, as signed.

        Raises:
            JinshuError: blobs.unknown, blobs.damaged, blobs.too_large, or content.padding_wrong for one that is padded.
        """
        try:
            source = self.path(blob).open("rb")
        except FileNotFoundError:
            raise JinshuError(ErrorCode.BLOBS_UNKNOWN) from None
        with source:
            decryptor = BlobDecryptor(SecretKey(key), source.read(HEADER))
            pieces = (
                decryptor.chunk(sealed, final=final) for sealed, final in _looking_ahead(source, CHUNK + TAG)
            )
            yield from unpad_file(pieces, size, MAX_FILE) if decryptor.padded else _bounded(pieces, size)

    def complete(self, blob: str) -> int:
        """Check a downloaded part against its id and give it its name; returns its size.

        Raises:
            JinshuError: blobs.hash_mismatch; the part is removed.
        """
        part = self.part(blob)
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        if digest != blob:
            part.unlink()
            raise JinshuError(ErrorCode.BLOBS_HASH_MISMATCH)
        size = part.stat().st_size
        self._rename(part, self.path(blob))
        return size

    def piece(self, blob: str, offset: int, length: int) -> bytes:
        with self.path(blob).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def remove(self, blob: str) -> None:
        self.path(blob).unlink(missing_ok=True)
        self.part(blob).unlink(missing_ok=True)

    def _rename(self, source: Path, target: Path) -> None:
        self._points.before_rename(target.name)
        os.replace(source, target)
        sync_folder(self._folder)
        self._points.after_rename(target.name)


def _bounded(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Pieces of a file that is not padded: of more than was signed nothing is given out."""
    came = 0
    for piece in pieces:
        came += len(piece)
        if came > size:
            raise JinshuError(ErrorCode.BLOBS_TOO_LARGE)
        yield piece


class _Plaintext:
    """A file as it is read: its size and hash, and after its end the zeros that pad it. Where it ended once is its end: one that
    somebody else goes on writing would have more after the zeros."""

    def __init__(self, source: Readable, *, padded: bool) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self._source = source
        self._padded = padded
        self._given = 0
        self._ended = False

    def read(self, size: int) -> bytes:
        data = b"" if self._ended else self._source.read(size)
        self._ended = len(data) < size
        self.size += len(data)
        self.digest.update(data)
        if self._padded and len(data) < size:
            left = padded_size(self.size, MAX_FILE) - self._given - len(data)
            data += bytes(max(0, min(left, size - len(data))))
        self._given += len(data)
        return data


def _looking_ahead(source: Readable, size: int = CHUNK) -> Iterator[tuple[bytes, bool]]:
    """Chunks of `source`, each with whether it is the last; an empty source is one empty last chunk."""
    current = source.read(size)
    while True:
        following = source.read(size)
        yield current, not following
        if not following:
            return
        current = following
