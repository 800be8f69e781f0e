"""Blobs over HTTP: announce, add, fetch from any byte on. The server sees ciphertext and cannot open it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.requests import ClientDisconnect

from protocol.errors import ErrorCode, JinshuError
from protocol.wire.blobs import BlobOffset, BlobStart
from server_stub.areas import DIGITS, area
from server_stub.audit import trail
from server_stub.audit.refusals import Refusals
from server_stub.auth.callers import device_caller
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Session, Sessions
from server_stub.blobs.store import BlobStore
from server_stub.blobs.unfinished import Unfinished
from server_stub.clock import Clock
from server_stub.database.database import Database

_PIECE: Final = 1 << 20
_RANGE: Final = re.compile(r"bytes=([0-9]{1,19})-")
_Blob = Annotated[str, Path(max_length=200)]
_Position = Annotated[int, Query(ge=0, le=(1 << 62)), DIGITS]


class _Uploads:
    """Puts what comes into the store, and what was completed or refused into the audit trail."""

    def __init__(self, database: Database, store: BlobStore, clock: Clock, refusals: Refusals) -> None:
        self._database = database
        self._store = store
        self._unfinished = Unfinished(store)
        self._clock = clock
        self._refusals = refusals

    async def begin(self, session: Session, blob: str, size: int) -> int:
        try:
            reached, completed = await asyncio.to_thread(self._unfinished.begin, session.device, blob, size)
        except JinshuError as error:
            await self._refused(session, blob, error)
            raise
        return await self._reached(session, blob, reached, completed)

    async def append(self, session: Session, blob: str, offset: int, data: bytes) -> int:
        try:
            reached, completed = await asyncio.to_thread(self._store.append, blob, offset, data)
        except JinshuError as error:
            await self._refused(session, blob, error)
            raise
        return await self._reached(session, blob, reached, completed)

    async def _reached(self, session: Session, blob: str, reached: int, completed: bool) -> int:
        if completed:
            await self._note(session, blob)
        return reached

    async def _refused(self, session: Session, blob: str, error: JinshuError) -> None:
        # A wrong offset is daily life; bytes that are not what they were called are not.
        if error.code is ErrorCode.BLOBS_HASH_MISMATCH:
            await self._refusals.note(session.device, "blob", error.code, blob)

    async def _note(self, session: Session, blob: str) -> None:
        now = self._clock.now_ms()
        await self._database.write(
            lambda connection: trail.record(
                connection, at=now, actor=session.device, action="blob", result="ok", reference=blob
            )
        )


def router(
    database: Database, store: BlobStore, sessions: Sessions, clock: Clock, refusals: Refusals, quotas: Quotas
) -> APIRouter:
    routes = area("/blobs")
    device = Depends(device_caller(sessions))
    uploads = _Uploads(database, store, clock, refusals)

    @routes.post("")
    async def begin(body: BlobStart, session: Session = device) -> BlobOffset:
        quotas.blobs.take(session.device)
        return BlobOffset(offset=await uploads.begin(session, body.id, body.size))

    @routes.patch("/{blob}", response_model=None)
    async def append(
        blob: _Blob, request: Request, offset: _Position, session: Session = device
    ) -> BlobOffset | Response:
        # No lock is held while waiting for the network: each piece is added only where the last one ended, so an
        # upload that hangs stands in nobody's way.
        gathered = bytearray()
        reached = await uploads.append(session, blob, offset, b"")
        try:
            async for chunk in request.stream():
                gathered += chunk
                if len(gathered) >= _PIECE:
                    data, gathered = bytes(gathered), bytearray()
                    reached = await uploads.append(session, blob, reached, data)
        except ClientDisconnect:
            # What came is kept: the next try goes on from there.
            await uploads.append(session, blob, reached, bytes(gathered))
            return Response(status_code=400)
        if gathered:
            reached = await uploads.append(session, blob, reached, bytes(gathered))
        return BlobOffset(offset=reached)

    @routes.get("/{blob}", dependencies=[device], response_model=None)
    async def read(blob: _Blob, request: Request) -> Response:
        asked = request.headers.get("range")
        first = _first_byte(asked)
        size = await asyncio.to_thread(store.size, blob)
        if first > size:
            return _unsatisfiable(size)
        headers = {"Content-Length": str(size - first), "Accept-Ranges": "bytes"}
        if asked is not None:
            headers["Content-Range"] = (
                f"bytes {first}-{size - 1}/{size}" if first < size else f"bytes */{size}"
            )
        return StreamingResponse(
            _pieces(store, blob, first),
            status_code=200 if asked is None else 206,
            media_type="application/octet-stream",
            headers=headers,
        )

    return routes


def _first_byte(asked: str | None) -> int:
    if asked is None:
        return 0
    found = _RANGE.fullmatch(asked.strip())
    if found is None:
        raise JinshuError(ErrorCode.WIRE_MALFORMED, field="range")
    return int(found[1])


def _unsatisfiable(size: int) -> JSONResponse:
    # Asking from exactly the end is no fault: a client whose disk has it all asks so and gets nothing more.
    error = JinshuError(ErrorCode.BLOBS_OFFSET, offset=size, size=size)
    content = {"code": error.code.value, "params": error.params, "recovery": error.recovery.value}
    return JSONResponse(content, status_code=416, headers={"Content-Range": f"bytes */{size}"})


async def _pieces(store: BlobStore, blob: str, offset: int) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(store.read, blob, offset, _PIECE):
        yield piece
        offset += len(piece)
