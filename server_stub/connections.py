"""HTTP connections that nobody can hold open by saying little: uvicorn waits for ever for the end of a header or of a body."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS: Final = 10.0
HEAD_BYTES: Final = 32 << 10
PAUSE_SECONDS: Final = 30.0  # between two pieces of a body
REQUEST_SECONDS: Final = 600.0  # a piece of a blob, 8 MiB, at 14 KiB a second


class BoundedHttp(HttpToolsProtocol):
    """Cuts a connection whose request line and headers are not whole after ten seconds or 32 KiB, whose body pauses for thirty
    seconds, or whose request takes ten minutes. Between requests uvicorn's own keep-alive time counts."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._watch: asyncio.TimerHandle | None = None
        self._in_body = False
        self._head_bytes = 0
        self._begun_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        if self._watch is None:
            self._expect_head()
        if self._in_body:
            self._rearm(min(PAUSE_SECONDS, self._left))
        else:
            self._head_bytes += len(data)
        super().data_received(data)
        # A head that ended within this piece left the rest to its body.
        if self._watch is not None and not self._in_body and self._head_bytes > HEAD_BYTES:
            self._cut()

    def on_message_begin(self) -> None:
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_body, self._head_bytes = True, 0
        self._rearm(PAUSE_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body = False
        self._rest()

    def handle_websocket_upgrade(self) -> None:
        self._rest()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    @property
    def _left(self) -> float:
        return max(0.0, self._begun_at + REQUEST_SECONDS - self.loop.time())

    def _expect_head(self) -> None:
        self._in_body, self._head_bytes, self._begun_at = False, 0, self.loop.time()
        self._rearm(HEAD_SECONDS)

    def _rearm(self, seconds: float) -> None:
        self._rest()
        self._watch = self.loop.call_later(seconds, self._late)

    def _rest(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _late(self) -> None:
        self._watch = None
        # While we ourselves do not read, it is not the client who pauses.
        if self._in_body and self.flow.read_paused and self._left > 0:
            self._rearm(PAUSE_SECONDS)
        else:
            self._cut()

    def _cut(self) -> None:
        self._rest()
        if not self.transport.is_closing():
            self.transport.close()
