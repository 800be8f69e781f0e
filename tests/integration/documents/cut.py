"""A cable between a client and the server that can be cut and mended; what flows through it stays TLS."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from tests.end_to_end.city import City


class Cut:
    """Forwards TCP to a server until severed; severed, it hangs up and accepts nobody."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._own_port = 0

    @classmethod
    async def before(cls, city: City) -> Cut:
        """A cable in front of a city's server."""
        parts = urlsplit(city.address)
        assert parts.hostname is not None
        assert parts.port is not None
        made = cls(parts.hostname, parts.port)
        await made.mend()
        return made

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self._own_port}"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._own_port)
        self._own_port = self._server.sockets[0].getsockname()[1]

    async def sever(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        self._server = None

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, far_writer}
        try:
            await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        finally:
            self._writers -= {writer, far_writer}


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
