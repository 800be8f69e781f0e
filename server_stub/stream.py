"""Push: one loop a device, which sends what its log has and then waits for more; it never reads but to notice the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import WebSocket, WebSocketDisconnect

from protocol.errors import JinshuError
from protocol.wire.events import WireEvent
from server_stub.tasks import Tasks

_PAGE: Final = 100
Page = Callable[[str, int, int], Awaitable[tuple[list[WireEvent], int]]]


class Bell:
    """Wakes the loops of devices that have news. Lives on the event loop."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def ring(self, devices: list[str]) -> None:
        for device in devices:
            for event in self._waiting.get(device, ()):
                event.set()

    def ring_all(self) -> None:
        self.ring(list(self._waiting))

    def listen(self, device: str) -> asyncio.Event:
        event = asyncio.Event()
        self._waiting.setdefault(device, set()).add(event)
        return event

    def leave(self, device: str, event: asyncio.Event) -> None:
        listening = self._waiting.get(device, set())
        listening.discard(event)
        if not listening:
            self._waiting.pop(device, None)

    @property
    def listeners(self) -> int:
        return sum(map(len, self._waiting.values()))


class Stream:
    """Serves one WebSocket until the device leaves, its session ends, or the server stops."""

    def __init__(self, bell: Bell, page: Page, tasks: Tasks) -> None:
        self._bell = bell
        self._page = page
        self._tasks = tasks

    async def serve(self, socket: WebSocket, device: str, after: int, valid: Callable[[], None]) -> None:
        """Push every event after a number; `valid` raises once the session may no longer be served."""
        news = self._bell.listen(device)
        reader = self._tasks.start(f"stream {device}", _until_closed(socket))
        try:
            while not reader.done():
                news.clear()
                after = await self._push(socket, device, after)
                await _either(news, reader)
                valid()
        except JinshuError as error:
            await _close(socket, error.code.value)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the other side is gone; what it missed stays in its log
        finally:
            self._bell.leave(device, news)
            reader.cancel()

    async def _push(self, socket: WebSocket, device: str, after: int) -> int:
        while True:
            events, latest = await self._page(device, after, _PAGE)
            for event in events:
                await socket.send_text(event.model_dump_json())
                after = event.n
            if not events or after >= latest:
                return after


async def _until_closed(socket: WebSocket) -> None:
    try:
        while (await socket.receive())["type"] != "websocket.disconnect":
            # The channel only pushes (D3): whatever else a client sends ends it.
            await _close(socket, "wire.malformed")
            return
    except (WebSocketDisconnect, RuntimeError):
        return


async def _either(news: asyncio.Event, reader: asyncio.Task[None]) -> None:
    waiter = asyncio.ensure_future(news.wait())  # noqa: TID251  awaited two lines below, never left behind
    try:
        await asyncio.wait({waiter, reader}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiter.cancel()


async def _close(socket: WebSocket, code: str) -> None:
    try:
        await socket.close(4000, code)
    except RuntimeError:
        return
