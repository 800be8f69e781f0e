"""uvicorn over TLS 1.3 and nothing older, per-message compression off (C19)."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import uvicorn
from aioice.ice import get_host_addresses
from starlette.types import ASGIApp

from server_stub.app import create_app
from server_stub.clock import SystemClock
from server_stub.config import Config
from server_stub.connections import BoundedHttp
from server_stub.meetings.backend import MeetingBackend
from server_stub.meetings.sfu.embedded import EmbeddedSfu
from server_stub.tasks import Tasks

_SWITCH_SECONDS: Final = 0.0005
_KEEP_ALIVE_SECONDS: Final = 60


def tls_context(folder: Path) -> ssl.SSLContext:
    """TLS 1.3 with the server's certificate and the issuing CA's behind it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "chain.pem", folder / "server.key")
    return context


def write_chain(folder: Path) -> None:
    """Put leaf and issuing certificate into the one file TLS wants."""
    chain = (folder / "server.pem").read_text("ascii") + (folder / "issuing.pem").read_text("ascii")
    (folder / "chain.pem").write_text(chain, "ascii")


def media_addresses(config: Config) -> tuple[str, ...]:
    """Where clients reach media: as configured, else where this server listens."""
    if config.media_addresses:
        return config.media_addresses
    host = ipaddress.ip_address(config.host) if _is_address(config.host) else None
    if host is not None and host.is_unspecified:
        # Listening everywhere: on every address this machine has.
        return tuple(get_host_addresses(use_ipv4=True, use_ipv6=host.version == 6))
    return (config.host if host is not None else socket.gethostbyname(config.host),)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, started: Callable[[int], None]) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._started(int(self.servers[0].sockets[0].getsockname()[1]))


def listening(app: ASGIApp, config: Config, port: int, **more: Any) -> uvicorn.Config:
    """How uvicorn is to serve the application."""
    return uvicorn.Config(
        app,
        host=config.host,
        port=port,
        http=BoundedHttp,
        log_config=None,
        # Paths hold ids, and who asks for what is nobody's business: the audit trail says what must be known.
        access_log=False,
        ws_per_message_deflate=False,
        ws_max_size=1 << 16,
        server_header=False,
        ssl_certfile=str(config.tls / "chain.pem"),
        ssl_keyfile=str(config.tls / "server.key"),
        ssl_context_factory=lambda _config, _default: tls_context(config.tls),
        # Longer than any client keeps an idle connection: it must never send into one that is just being closed.
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        **more,
    )


def serve(config: Config, port: int, port_file: Path | None, *, make: Callable[..., Any] = create_app) -> int:
    """Serve until SIGTERM or SIGINT; returns an exit code, which is not 0 when the server ended itself: who supervises it
    starts it again."""
    # The writer and reader threads must not hold the loop back for the interpreter's usual 5 ms (D2).
    sys.setswitchinterval(_SWITCH_SECONDS)
    write_chain(config.tls)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")

    def started(bound: int) -> None:
        if port_file is not None:
            waiting = port_file.with_suffix(".new")
            waiting.write_text(f"{bound}\n", "ascii")
            os.replace(waiting, port_file)
        logging.getLogger(__name__).info("listening on %s port %d", config.host, bound)

    def media(tasks: Tasks) -> MeetingBackend:
        # Whoever asks for any free port for HTTPS has none to spare for media either.
        first = config.media_port if port else 0
        return EmbeddedSfu(media_addresses(config), first, config.media_workers, tasks, SystemClock())

    broken = threading.Event()

    def end() -> None:
        broken.set()
        server.should_exit = True

    settings = listening(make(config, media=media, broken=end), config, port, timeout_graceful_shutdown=3)
    server = _Server(settings, started)
    asyncio.run(server.serve())
    return 1 if broken.is_set() else 0
