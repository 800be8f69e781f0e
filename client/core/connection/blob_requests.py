"""The server's side of a blob's transfer, over the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from client.core.connection.api import Api
from protocol.wire.blobs import BlobOffset, BlobStart


class BlobRequests:
    """Implements client.core.sync.blobs.BlobServer."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def begin_blob(self, blob: str, size: int) -> int:
        return (await self._api.post("/blobs", BlobStart(id=blob, size=size), BlobOffset)).offset

    async def append_blob(self, blob: str, offset: int, data: bytes) -> int:
        return (await self._api.patch_bytes(f"/blobs/{blob}", data, BlobOffset, {"offset": offset})).offset

    def read_blob(self, blob: str, offset: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._api.stream_bytes(f"/blobs/{blob}", offset)
