"""A cable between a client and its server that can be cut and mended; what flows through it stays TLS."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit


class Cable:
    """Forwards TCP to a server until severed; severed, it hangs up and accepts nobody.

    `up_left` and `down_left` are bytes that may still flow towards the server and back: then it hangs up once, and
    carries the next connection without a limit.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._carried: set[asyncio.Task[Any]] = set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._own_port = 0
        self.up_left: int | None = None
        self.down_left: int | None = None

    @classmethod
    async def to(cls, address: str) -> Cable:
        """A whole cable to the server at an https address."""
        parts = urlsplit(address)
        assert parts.hostname is not None
        assert parts.port is not None
        made = cls(parts.hostname, parts.port)
        await made.mend()
        return made

    @property
    def port(self) -> int:
        return self._own_port

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self._own_port}"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._own_port)
        self._own_port = self._server.sockets[0].getsockname()[1]

    async def sever(self) -> None:
        """Hang up; nothing of any connection is left when this returns."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for end in tuple(self._ends):
            end.transport.abort()
        await asyncio.gather(*self._carried)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carried.add(task)
        try:
            async with self._end(writer):
                # Accepted when it was cut: not carried on.
                if self._server is not None:
                    far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
                    async with self._end(far_writer), asyncio.TaskGroup() as group:
                        group.create_task(self._pour(reader, far_writer, up=True))
                        group.create_task(self._pour(far_reader, writer, up=False))
        except* OSError:
            pass
        finally:
            self._carried.discard(task)

    @asynccontextmanager
    async def _end(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        self._ends.add(writer)
        try:
            yield
        finally:
            self._ends.discard(writer)
            writer.transport.abort()
            # The socket is closed in the loop's next round, not in this one.
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        while data := await reader.read(1 << 16):
            self._count(len(data), up=up)
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    def _count(self, size: int, *, up: bool) -> None:
        left = self.up_left if up else self.down_left
        if left is None:
            return
        left -= size
        if left < 0:
            self.up_left = self.down_left = None
            raise ConnectionResetError
        self.up_left, self.down_left = (left, self.down_left) if up else (self.up_left, left)
