"""What a server answers is taken as it comes and within a limit, whatever it promised."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from client.core.connection import transport as transports
from client.core.connection.address import ServerAddress
from client.core.connection.transport import Transport
from protocol.errors import ErrorCode, JinshuError

SAID = gzip.compress(bytes(8 << 20))
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class PlainAddress(ServerAddress):
    """Without TLS, which is not what is tried here."""

    @property
    def https(self) -> str:
        return super().https.replace("https", "http")


@asynccontextmanager
async def answering(reply: bytes, *, endless: bool = False) -> AsyncIterator[tuple[Transport, list[bytes]]]:
    """A server that says the same to everybody, and for ever if it is `endless`; what it was asked."""
    asked: list[bytes] = []
    at_work: set[asyncio.Task[None] | None] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_work.add(asyncio.current_task())
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply)
        try:
            while endless:
                writer.write(b"10000\r\n" + bytes(1 << 16) + b"\r\n")
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = Transport(PlainAddress.parse(f"https://127.0.0.1:{port}"), ssl.create_default_context())
    try:
        yield made, asked
    finally:
        await made.close()
        server.close()
        await asyncio.gather(*(task for task in at_work if task is not None))


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def test_a_plain_reply_is_asked_for_and_taken() -> None:
    async with answering(whole(b"{}")) as (made, asked):
        assert await made.request("GET", "/trust") == b"{}"
    assert b"\r\naccept-encoding: identity\r\n" in asked[0].lower()


@pytest.mark.parametrize("status", [b"200 OK", b"400 Bad Request"])
@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br", b"zstd", b"x-later"])
async def test_a_packed_reply_is_not_unpacked(status: bytes, encoding: bytes) -> None:
    packed = whole(SAID, b"Content-Encoding: " + encoding, status=status)
    async with answering(packed) as (made, _):
        with pytest.raises(JinshuError) as caught:
            await made.request("GET", "/trust")
        assert caught.value.code is ErrorCode.WIRE_MALFORMED
        with pytest.raises(JinshuError) as caught:
            async with made.stream("/blobs/1", token=None, offset=0):
                pass
        assert caught.value.code is ErrorCode.WIRE_MALFORMED


async def test_a_reply_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transports, "_MAX_REPLY", 1 << 20)
    async with answering(ENDLESS, endless=True) as (made, _):
        with pytest.raises(JinshuError) as caught:
            await made.request("GET", "/directory")
    assert caught.value.code is ErrorCode.WIRE_TOO_LARGE


async def test_a_refusal_without_an_end_is_given_up() -> None:
    async with answering(ENDLESS.replace(b"200 OK", b"500 No"), endless=True) as (made, _):
        with pytest.raises(JinshuError) as caught:
            await made.request("GET", "/directory")
    assert caught.value.code is ErrorCode.WIRE_TOO_LARGE


async def test_a_refusal_is_still_understood() -> None:
    body = json.dumps({"code": ErrorCode.BLOBS_UNKNOWN.value, "params": {}}).encode()
    async with answering(whole(body, status=b"404 Not Found")) as (made, _):
        with pytest.raises(JinshuError) as caught:
            await made.request("GET", "/blobs/1")
    assert caught.value.code is ErrorCode.BLOBS_UNKNOWN
