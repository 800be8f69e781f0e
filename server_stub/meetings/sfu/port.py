"""The one UDP port of a worker: reads what came in bursts, finds out whose it is, and lets nothing out of the datagram path."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from aioice import stun

from server_stub.clock import Clock
from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.demux import KINDS, Address, Bindings, Kind
from server_stub.meetings.sfu.postbox import Postbox
from server_stub.meetings.sfu.srtp import ROOM, Arena

_log = logging.getLogger(__name__)

_BURST: Final = 64
_BUFFER_BYTES: Final = 4 << 20
# Checks from addresses not known yet: twenty participants who come in one second need half of it.
_STRANGERS_RATE: Final = 500
# What parsers of aioice raise over bytes of a stranger.
_UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError, struct.error)


class Connected(Protocol):
    """A participant's connection, as its port knows it."""

    ufrag: str

    def believes(self, message: stun.Message) -> bool:
        """Whether the sender of a check knows our password and is who we expect."""
        ...

    def on_check(self, message: stun.Message, address: Address, now: float) -> None: ...

    def on_answer(self, message: stun.Message, address: Address, now: float) -> None: ...

    def on_dtls(self, datagram: bytes, now: float) -> None: ...

    def on_media(self, arena: Arena, size: int, now: float) -> None: ...


class MediaPort:
    """Bound on construction; reads from `open` until `close`.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, addresses: Sequence[str], port: int, clock: Clock) -> None:
        self.addresses = tuple(addresses)
        self._clock = clock
        self._sock = _bound(self.addresses, port)
        self.number: int = self._sock.getsockname()[1]
        self.postbox = Postbox(self._sock, clock)
        self.bindings: Bindings[Connected] = Bindings()
        self._arena = Arena(1)
        self._strangers = Bucket(_STRANGERS_RATE, _STRANGERS_RATE)
        self._loop = asyncio.get_running_loop()
        self._settle: Callable[[], None] = _nothing
        self.received = 0
        self.refused = 0
        self.faults = 0

    def open(self, settle: Callable[[], None]) -> None:
        """`settle` is called after each burst of datagrams, before what they left in the postbox is sent."""
        self._settle = settle
        self._loop.add_reader(self._sock, self._on_readable)

    def close(self) -> None:
        self._loop.remove_reader(self._sock)
        self._sock.close()

    def _on_readable(self) -> None:
        now = self._clock.monotonic()
        receive, view = self._sock.recvfrom_into, self._arena.view
        for _ in range(_BURST):
            try:
                size, sender = receive(view)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                # An ICMP message about somebody who is gone; the next datagram is another's.
                continue
            self.received += 1
            try:
                self._dispatch(size, sender if len(sender) == 2 else sender[:2], now)
            except Exception:
                # A stranger's bytes found a fault of ours: it costs this datagram and nobody else's.
                self._fault()
        try:
            self._settle()
        except Exception:
            self._fault()
        self._flush()

    def _flush(self) -> None:
        while True:
            try:
                return self.postbox.flush()
            except Exception:
                # It cost this one burst.
                self._fault()

    def _fault(self) -> None:
        self.faults += 1
        _log.info("a datagram could not be handled", exc_info=True)

    def _dispatch(self, size: int, sender: Address, now: float) -> None:
        if size == 0 or size >= ROOM:
            self.refused += 1
            return
        kind = KINDS[self._arena.view[0]]
        connection = None if kind is Kind.NONE else self.bindings.by_address(sender)
        if kind is Kind.STUN:
            if connection is None and not self._strangers.take(now):
                self.refused += 1
                return
            self._on_stun(bytes(self._arena.view[:size]), sender, now)
        elif connection is None:
            self.refused += 1
        elif kind is Kind.MEDIA:
            connection.on_media(self._arena, size, now)
        else:
            connection.on_dtls(bytes(self._arena.view[:size]), now)

    def _on_stun(self, datagram: bytes, sender: Address, now: float) -> None:
        try:
            message = stun.parse_message(datagram)
        except _UNREADABLE:
            self.refused += 1
            return
        if message.message_class is stun.Class.REQUEST:
            connection = self.bindings.by_username(str(message.attributes.get("USERNAME", "")))
            # Whoever does not know the password gets no answer at all: a forged sender would get it.
            if (
                connection is not None
                and connection.believes(message)
                and self.bindings.bind(connection.ufrag, sender)
            ):
                connection.on_check(message, sender, now)
                return
        else:
            connection = self.bindings.by_address(sender)
            if connection is not None:
                connection.on_answer(message, sender, now)
                return
        self.refused += 1


def _nothing() -> None:
    """Nobody has anything to settle."""


def _bound(addresses: Sequence[str], port: int) -> socket.socket:
    """To the one address told if it is this machine's own, else to all: clients may know us by an address of a router."""
    version = ipaddress.ip_address(addresses[0]).version
    family, everywhere = (socket.AF_INET, "0.0.0.0") if version == 4 else (socket.AF_INET6, "::")
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        if len(addresses) == 1:
            try:
                sock.bind((addresses[0], port))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:
                    raise
            else:
                return sock
        sock.bind((everywhere, port))
    except OSError:
        sock.close()
        raise
    return sock
