"""Push: one loop a device, which sends what its log has and then waits for more; it never reads but to notice the end.

Signals (C20) go the same way, unnumbered, to whoever listens at that moment; they are never stored.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from fastapi import WebSocket, WebSocketDisconnect

from protocol.errors import ErrorCode, JinshuError
from protocol.wire.events import WireEvent
from server_stub.tasks import Tasks

_PAGE: Final = 100
# A client has one socket, and for a moment two when its network changed.
MOST_SOCKETS: Final = 4
# A listener that does not keep up loses the oldest signals, which concern moments that have passed.
_SIGNALS: Final = 512
Page = Callable[[str, int, int], Awaitable[tuple[list[WireEvent], int]]]


class Listener:
    """One loop that waits: woken by news in its device's log, and given signals."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.displaced = False
        self._signals: deque[WireEvent] = deque(maxlen=_SIGNALS)

    def signal(self, event: WireEvent) -> None:
        self._signals.append(event)
        self.news.set()

    def displace(self) -> None:
        """Another took its place: its socket is to be closed."""
        self.displaced = True
        self.news.set()

    def take_signals(self) -> list[WireEvent]:
        taken = list(self._signals)
        self._signals.clear()
        return taken


class Bell:
    """Wakes the loops of devices that have news. Lives on the event loop."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Listener]] = {}  # the newest last

    def ring(self, devices: Iterable[str]) -> None:
        for device in devices:
            for listener in self._waiting.get(device, ()):
                listener.news.set()

    def signal(self, devices: Iterable[str], kind: str, body: dict[str, Any]) -> None:
        """Tell devices something now; whoever does not listen never hears of it."""
        event = WireEvent(n=0, kind=kind, body=body)
        for device in devices:
            for listener in self._waiting.get(device, ()):
                listener.signal(event)

    def listen(self, device: str) -> Listener:
        listener, listening = Listener(), self._waiting.setdefault(device, [])
        for oldest in listening[: max(0, len(listening) + 1 - MOST_SOCKETS)]:
            oldest.displace()
            listening.remove(oldest)
        listening.append(listener)
        return listener

    def leave(self, device: str, listener: Listener) -> None:
        listening = self._waiting.get(device, [])
        if listener in listening:
            listening.remove(listener)
        if not listening:
            self._waiting.pop(device, None)

    @property
    def listeners(self) -> int:
        return sum(map(len, self._waiting.values()))


class Stream:
    """Serves one WebSocket until the device leaves, its session ends, newer sockets of it take its place, or the server stops."""

    def __init__(self, bell: Bell, page: Page, tasks: Tasks) -> None:
        self._bell = bell
        self._page = page
        self._tasks = tasks

    async def serve(self, socket: WebSocket, device: str, after: int, valid: Callable[[], None]) -> None:
        """Push every event after a number; `valid` raises once the session may no longer be served."""
        listener = self._bell.listen(device)
        reader = self._tasks.start(f"stream {device}", _until_closed(socket))
        try:
            while not reader.done():
                listener.news.clear()
                # A signal may follow from what is in the log: whoever was admitted comes in. So the log is told first.
                signals = listener.take_signals()
                after = await self._push(socket, device, after)
                for signal in signals:
                    await socket.send_text(signal.model_dump_json())
                await _either(listener.news, reader)
                if listener.displaced:
                    raise JinshuError(ErrorCode.REQUEST_RATE_LIMITED)
                valid()
        except JinshuError as error:
            await _close(socket, error.code.value)
        except (WebSocketDisconnect, RuntimeError):
            pass  # the other side is gone; what it missed stays in its log
        finally:
            self._bell.leave(device, listener)
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
