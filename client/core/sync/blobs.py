"""Moving blobs: uploads and downloads of ciphertext that go on where they were cut off, and can be
cancelled."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from client.core.bus import EventBus
from client.core.durable import written_beside
from client.core.events import TransferProgressed
from client.core.store import blobs as table
from client.core.store.store_port import StorePort
from client.core.sync.blob_files import BlobFiles, StoredBlob
from protocol.crypto.files import ciphertext_size
from protocol.crypto.padding import padded_size
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.wire.blobs import MAX_FILE

_log = logging.getLogger(__name__)
_PIECE: Final = 4 << 20
_TRIES: Final = 3
_STEP: Final = 256 << 10  # a download tells of its progress so often


class BlobServer(Protocol):
    """The server's side of a transfer."""

    async def begin_blob(self, blob: str, size: int) -> int:
        """Say what is coming; returns how much of it is there already."""
        ...

    async def append_blob(self, blob: str, offset: int, data: bytes) -> int:
        """Add a piece; returns the new length."""
        ...

    def read_blob(self, blob: str, offset: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes from `offset` on."""
        ...


class Blobs:
    """One transfer a blob at a time: whoever asks again for one on its way waits for the same transfer."""

    def __init__(
        self, store: StorePort, files: BlobFiles, server: BlobServer, bus: EventBus, pads: Callable[[], bool]
    ) -> None:
        """`pads`: whether the site has blobs padded that are made from now on; both forms are read always (C44)."""
        self._store = store
        self._pads = pads
        self._files = files
        self._server = server
        self._bus = bus
        self._turns: dict[str, asyncio.Lock] = {}
        self._moving: set[str] = set()
        self._cancelled: set[str] = set()

    async def encrypt_file(self, path: Path) -> StoredBlob:
        """Encrypt a file of the user into the profile; the file itself is not touched."""

        padded = self._pads()

        def encrypt() -> StoredBlob:
            with path.open("rb") as source:
                return self._files.encrypt(source, padded=padded)

        return await self._kept(encrypt)

    async def encrypt_bytes(self, data: bytes) -> StoredBlob:
        padded = self._pads()
        return await self._kept(lambda: self._files.encrypt(io.BytesIO(data), padded=padded))

    async def upload(self, blob: str) -> None:
        """Bring a blob of this disk to the server, from where the last try ended."""
        async with self._turn(blob):
            found = await self._store.read(lambda connection: table.find(connection, blob))
            if found is None or not found[1]:
                raise JinshuError(ErrorCode.BLOBS_UNKNOWN)
            size, _, there = found
            if there:
                return
            with self._cancellable(blob):
                await self._send(blob, size)
            await self._note(blob, size, there=True)

    def cancel(self, blob: str) -> None:
        """End a transfer that is under way with `blobs.cancelled`; what was moved is kept for the next time."""
        if blob in self._moving:
            self._cancelled.add(blob)

    async def fetch(self, blob: str, size: int) -> None:
        """Bring a blob of the server to this disk, verified against its id; `size`: of its ciphertext, and no more is taken.

        Raises:
            JinshuError: blobs.cancelled, blobs.too_large, blobs.hash_mismatch, network.*
        """
        async with self._turn(blob):
            if await self.here(blob):
                return
            for attempt in range(_TRIES):
                try:
                    with self._cancellable(blob):
                        await self._receive(blob, size)
                    break
                except JinshuError as error:
                    if error.code is not ErrorCode.NETWORK_UNREACHABLE or attempt == _TRIES - 1:
                        raise
            found = await asyncio.to_thread(self._files.complete, blob)
            await self._note(blob, found, there=True)
            if found != size:  # one that is not padded was expected to be longer
                self._bus.publish(TransferProgressed(blob, found, found))

    async def here(self, blob: str) -> bool:
        found = await self._store.read(lambda connection: table.find(connection, blob))
        return found is not None and found[1] and self._files.path(blob).exists()

    async def open_bytes(self, blob: str, key: bytes, *, size: int) -> bytes:
        """The plaintext of a small blob, fetched if it is not here. `size`: of the plaintext, as it was signed.

        Raises:
            JinshuError: blobs.damaged, blobs.cancelled, blobs.too_large, content.padding_wrong or network.*
        """
        await self.fetch(blob, _largest_ciphertext(size))

        def read() -> bytes:
            data = bytearray()
            for piece in self._files.decrypt(blob, key, size):
                data += piece
            return bytes(data)

        return await asyncio.to_thread(read)

    async def open_to(
        self, blob: str, key: bytes, target: Path, *, size: int, sha256: bytes | None = None
    ) -> None:
        """Decrypt into `target`, which appears only when everything has verified. `size`: of the plaintext, as it was signed.

        Raises:
            JinshuError: blobs.damaged, blobs.cancelled, blobs.too_large, content.padding_wrong, or blobs.hash_mismatch with
                `sha256`.
        """
        await self.fetch(blob, _largest_ciphertext(size))

        def write() -> None:
            digest = hashlib.sha256()
            with written_beside(target) as file:
                for piece in self._files.decrypt(blob, key, size):
                    digest.update(piece)
                    file.write(piece)
                if sha256 is not None and digest.digest() != sha256:
                    raise JinshuError(ErrorCode.BLOBS_HASH_MISMATCH)

        await asyncio.to_thread(write)

    async def remove(self, blob: str) -> None:
        """Forget a blob here, such as an attachment taken out of a draft; a transfer of it ends first."""
        self.cancel(blob)
        async with self._turn(blob):
            await self._store.write(lambda connection: table.remove(connection, blob))
            await asyncio.to_thread(self._files.remove, blob)

    async def _kept(self, encrypt: Callable[[], StoredBlob]) -> StoredBlob:
        stored = await asyncio.to_thread(encrypt)
        await self._note(stored.id, stored.stored_size, there=False)
        return stored

    async def _note(self, blob: str, size: int, *, there: bool) -> None:
        await self._store.write(lambda connection: table.put(connection, blob, size, here=True, there=there))

    async def _send(self, blob: str, size: int) -> None:
        offset = await self._server.begin_blob(blob, size)
        while offset < size:
            self._go_on(blob)
            self._bus.publish(TransferProgressed(blob, offset, size))
            data = await asyncio.to_thread(self._files.piece, blob, offset, _PIECE)
            reached = await self._server.append_blob(blob, offset, data)
            if not offset < reached <= size:
                raise RemoteProtocolError(ErrorCode.BLOBS_OFFSET)
            offset = reached
        self._bus.publish(TransferProgressed(blob, size, size))

    async def _receive(self, blob: str, size: int) -> None:
        part = self._files.part(blob)
        if part.exists() and part.stat().st_size > size:
            part.unlink()  # no start of what was signed
        offset = published = part.stat().st_size if part.exists() else 0
        async with self._server.read_blob(blob, offset) as chunks:
            # Pieces of a network read are small: writing them is no longer than what a thread switch would
            # cost.
            with part.open("ab") as file:
                async for chunk in chunks:
                    self._go_on(blob)
                    offset += len(chunk)
                    if offset > size:
                        raise RemoteProtocolError(ErrorCode.BLOBS_TOO_LARGE)
                    file.write(chunk)
                    if offset - published >= _STEP or offset == size:
                        published = offset
                        self._bus.publish(TransferProgressed(blob, offset, size))

    @contextmanager
    def _cancellable(self, blob: str) -> Iterator[None]:
        self._moving.add(blob)
        try:
            yield
        finally:
            self._moving.discard(blob)
            self._cancelled.discard(blob)

    def _go_on(self, blob: str) -> None:
        if blob in self._cancelled:
            raise JinshuError(ErrorCode.BLOBS_CANCELLED)

    def _turn(self, blob: str) -> asyncio.Lock:
        return self._turns.setdefault(blob, asyncio.Lock())


def _largest_ciphertext(size: int) -> int:
    """How long the blob of a file of that size may be: before it is here, nobody knows whether it is padded.

    Raises:
        JinshuError: `blobs.too_large`, no server has such a blob.
    """
    if size > MAX_FILE:
        raise JinshuError(ErrorCode.BLOBS_TOO_LARGE)
    return ciphertext_size(padded_size(size, MAX_FILE))
