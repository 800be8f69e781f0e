"""A request that is given up in the middle of its TLS handshake leaves no socket behind."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from client.core.connection.address import ServerAddress
from client.core.connection.transport import Transport


async def test_a_request_given_up_in_its_handshake_hangs_up() -> None:
    greeted, hung_up = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A server that takes the greeting of TLS and never answers."""
        while await reader.read(1 << 16):
            greeted.set()
        hung_up.set()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = Transport(ServerAddress.parse(f"https://127.0.0.1:{port}"), ssl.create_default_context())
    async with asyncio.TaskGroup() as group:
        request = group.create_task(transport.request("GET", "/"))
        await greeted.wait()
        request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await hung_up.wait()
    await transport.close()
    server.close()
