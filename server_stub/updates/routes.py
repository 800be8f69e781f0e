"""The city's updates over HTTP: lists and packages as they lie in the folder, from any byte on.

Without a session: a client that is too old to be let in is the one that needs them most. Nothing of them is secret, and all of it is
signed by the CA.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse

from protocol.errors import ErrorCode, JinshuError
from server_stub.areas import area
from server_stub.auth.callers import address
from server_stub.auth.quotas import Quotas
from server_stub.updates.update_files import UpdateFiles

_PIECE: Final = 1 << 20
_RANGE: Final = re.compile(r"bytes=([0-9]{1,19})-")
_Folder = Annotated[str, Path(max_length=16)]
_Name = Annotated[str, Path(max_length=200)]


def router(files: UpdateFiles, quotas: Quotas) -> APIRouter:
    routes = area("/updates")

    @routes.get("/{folder}/{name}", response_model=None)
    async def read(folder: _Folder, name: _Name, request: Request) -> Response:
        quotas.updates.take(address(request))
        asked = request.headers.get("range")
        first = _first_byte(asked)
        size = await asyncio.to_thread(files.size, folder, name)
        if first > size:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
        headers = {"Content-Length": str(size - first), "Accept-Ranges": "bytes", "Cache-Control": "no-store"}
        if asked is not None:
            headers["Content-Range"] = (
                f"bytes {first}-{size - 1}/{size}" if first < size else f"bytes */{size}"
            )
        return StreamingResponse(
            _pieces(files, folder, name, first, size),
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


async def _pieces(files: UpdateFiles, folder: str, name: str, offset: int, size: int) -> AsyncIterator[bytes]:
    """What was announced and no more, though the file may be replaced by a longer one meanwhile."""
    while offset < size:
        piece = await asyncio.to_thread(files.read, folder, name, offset, min(_PIECE, size - offset))
        if not piece:
            return
        yield piece
        offset += len(piece)
