"""A participant's connection: aioice's checks, aiortc's DTLS and SCTP, over the worker's one port. The only file that reaches
into these libraries (aiortc 1.16, aioice 0.13).

There is no RTCPeerConnection: its receivers would each hold a bandwidth estimator and start a thread that decodes. What it does
besides is to read and write SDP, and to start the transports in their order, which is done here.
"""

# ruff: noqa: SLF001  (the seams are private there; every use of one stands in this file)

from __future__ import annotations

import asyncio
import logging
import secrets
import string
from typing import Any, Final, Protocol, cast

from aioice import Candidate, stun
from aioice.ice import StunProtocol
from aiortc import (
    RTCCertificate,
    RTCDataChannel,
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCIceTransport,
    RTCSctpTransport,
)
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceParameters
from aiortc.rtcsctptransport import RTCSctpCapabilities

from protocol.meetings.slots import CHANNEL_LABEL
from server_stub.clock import Clock
from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.demux import Address
from server_stub.meetings.sfu.offers import Offer
from server_stub.meetings.sfu.port import MediaPort
from server_stub.meetings.sfu.postbox import Outlet
from server_stub.meetings.sfu.srtp import Arena, handle_of
from server_stub.tasks import Tasks

_log = logging.getLogger(__name__)

_LETTERS: Final = string.ascii_letters + string.digits
_UFRAG_LETTERS: Final = 12
_PASSWORD_LETTERS: Final = 32
# Datagrams of a handshake or of the channel that wait for the loop; more of them is a flood.
_MOST_WAITING: Final = 128
# What a client that keeps to our words never reaches: streams, channels, and pieces of messages at once.
_MOST_STREAMS: Final = 16
_MOST_CHANNELS: Final = 2
_MOST_PIECES: Final = 256
_MOST_BUFFERED: Final = 256 * 1024
# Three times what all streams of a client need. Whoever sends more loses it, before it costs the others their time.
_MEDIA_RATE: Final = 3000
_RECORD_RATE: Final = 300


class LinkOwner(Protocol):
    """Whose connection it is; called on the loop."""

    def on_connected(self) -> None: ...

    def on_channel(self) -> None: ...

    def on_message(self, text: str) -> None: ...

    def on_rtp(self, packet: bytes, now: float) -> None: ...

    def on_rtcp(self, packet: bytes, now: float) -> None: ...

    def on_ended(self) -> None:
        """The connection is over, by the other side or by a failure; more than once at times."""


class Link:
    """From the answer to the end. Nothing is sent to an address from which our password was not proved."""

    def __init__(self, port: MediaPort, offer: Offer, owner: LinkOwner, tasks: Tasks, clock: Clock) -> None:
        self.ufrag = _random(_UFRAG_LETTERS)
        self.password = _random(_PASSWORD_LETTERS)
        self._port = port
        self._offer = offer
        self._owner = owner
        self._tasks = tasks
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        gatherer = RTCIceGatherer(iceServers=[], local_username=self.ufrag, local_password=self.password)
        self._ice = RTCIceTransport(gatherer)
        self._checks = gatherer._connection
        self._protocol = StunProtocol(self._checks)
        self._protocol.local_candidate = Candidate("1", 1, "udp", 1, port.addresses[0], port.number, "host")
        self._protocol.connection_made(_SharedTransport(port, self._protocol, self._loop))
        self._checks._protocols.append(self._protocol)
        self._checks._local_candidates.append(self._protocol.local_candidate)
        self._checks._local_candidates_end = True
        self._dtls = RTCDtlsTransport(self._ice, [RTCCertificate.generateCertificate()])
        self._sctp = RTCSctpTransport(self._dtls)
        self._sctp.on("datachannel", self._on_channel)
        self._channel: RTCDataChannel | None = None
        self._run: asyncio.Task[None] | None = None
        self._new_addresses = Bucket(8, 0.1)
        self._media = Bucket(_MEDIA_RATE, _MEDIA_RATE)
        self._records = Bucket(_RECORD_RATE, _RECORD_RATE)
        self._receives: Any = None
        self._usable: frozenset[int] = frozenset()
        self._closed = False
        self.outlet: Outlet | None = None
        self.heard_at = clock.monotonic()
        port.bindings.add(self.ufrag, self)

    @property
    def fingerprints(self) -> list[RTCDtlsFingerprint]:
        return self._dtls.getLocalParameters().fingerprints

    @property
    def sctp_port(self) -> int:
        return self._sctp.port

    def allow(self, sources: frozenset[int]) -> None:
        """The SSRCs of packets that may come: libsrtp keeps something for every one it ever sees."""
        self._usable = sources

    # What the port brings

    def believes(self, message: stun.Message) -> bool:
        """A check of the client we expect, complete and under our password."""
        said = message.attributes
        return (
            not self._closed
            and message.message_method is stun.Method.BINDING
            and said.get("USERNAME") == f"{self.ufrag}:{self._offer.ufrag}"
            and "PRIORITY" in said
            and message.check_message_integrity(self.password.encode())
        )

    def on_check(self, message: stun.Message, address: Address) -> None:
        known = any(
            (each._network_host, each.port) == address for each in self._checks._remote_candidates
        ) or any(each[1] == address for each in self._checks._early_checks)
        if not known and not self._new_addresses.take(self._clock.monotonic()):
            return
        self.heard_at = self._clock.monotonic()
        self._checks.request_received(message, address, self._protocol)
        if self._run is None and not self._closed:
            self._run = self._tasks.start("meeting connection", self._connect())

    def on_answer(self, message: stun.Message, address: Address) -> None:
        transaction = self._protocol.transactions.get(message.transaction_id)
        if transaction is not None:
            transaction.response_received(message, address)
            self.heard_at = self._clock.monotonic()

    def on_dtls(self, datagram: bytes) -> None:
        now = self._clock.monotonic()
        if self._closed or self._checks._queue.qsize() >= _MOST_WAITING or not self._records.take(now):
            return
        self._checks.data_received(datagram, 1)
        self.heard_at = now

    def on_media(self, arena: Arena, size: int, now: float) -> None:
        if self._receives is None or size < 12 or not self._media.take(now):
            return
        view = arena.view
        if 192 <= view[1] < 224:
            opened = arena.open_rtcp(self._receives, size) if self._allowed(view[4:8]) else None
            deliver = self._owner.on_rtcp
        else:
            opened = arena.open_rtp(self._receives, size) if self._allowed(view[8:12]) else None
            deliver = self._owner.on_rtp
        if opened is not None:
            self.heard_at = now
            deliver(opened, now)

    def _allowed(self, ssrc: memoryview) -> bool:
        return int.from_bytes(ssrc, "big") in self._usable

    # What the owner asks for

    def say(self, text: str) -> bool:
        """On the channel; False when it is not open or does not get emptied."""
        channel = self._channel
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > _MOST_BUFFERED:
            return False
        try:
            channel.send(text)
        except ValueError:
            # More than the client said it would take.
            return False
        return True

    def refresh(self) -> None:
        """Follow the client to the address it nominated last."""
        pair = self._checks._nominated.get(1)
        if self.outlet is not None and pair is not None:
            address = pair.remote_addr
            if address != self.outlet.receiver.address:
                self.outlet = Outlet(self.outlet.session, address)

    async def close(self) -> None:
        """End the connection, telling the client if it can be told. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._receives = self.outlet = None
        self._port.bindings.remove(self.ufrag)
        run = self._run
        if run is not None and run is not asyncio.current_task():
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)
        self._dtls.remove_all_listeners()
        self._sctp.remove_all_listeners()
        await self._sctp.stop()
        pump = self._dtls._task
        await self._dtls.stop()
        if pump is not None:
            await asyncio.gather(pump, return_exceptions=True)
        await self._ice.stop()

    # Connecting

    async def _connect(self) -> None:
        """Begun by the first check that was believed; whatever goes wrong is the end of this connection alone."""
        try:
            if await self._secure():
                self._owner.on_connected()
                capabilities = RTCSctpCapabilities(maxMessageSize=self._offer.most_message_bytes)
                await self._sctp.start(capabilities, self._offer.sctp_port)
                self._dtls._data_receiver = _Guarded(self._sctp, self._end)
                return
        except Exception:
            # A stranger's handshake may find any fault of three libraries.
            _log.info("a connection could not be made", exc_info=True)
        self._end()

    async def _secure(self) -> bool:
        remote = RTCIceParameters(usernameFragment=self._offer.ufrag, password=self._offer.password)
        await self._ice.start(remote)
        if self._ice.state != "completed":
            return False
        await self._dtls.start(RTCDtlsParameters(fingerprints=[self._offer.fingerprint], role="auto"))
        pair = self._checks._nominated.get(1)
        if self._dtls.state != "connected" or pair is None:
            return False
        assert self._dtls._task is not None, "started with the state"
        self._dtls._task.add_done_callback(_retrieve)
        self._dtls.on("statechange", self._on_dtls_state)
        self._receives = handle_of(self._dtls._rx_srtp)
        self.outlet = Outlet(self._dtls._tx_srtp, pair.remote_addr)
        return True

    def _on_dtls_state(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._end()

    def _end(self) -> None:
        if not self._closed:
            self._owner.on_ended()

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if channel.label != CHANNEL_LABEL or self._channel is not None:
            return
        self._channel = channel
        channel.on("message", self._on_message)
        self._owner.on_channel()

    def _on_message(self, message: str | bytes) -> None:
        if not self._closed:
            # What is not text is none of our words either.
            self._owner.on_message(message if isinstance(message, str) else "")


class _Guarded:
    """Between DTLS and SCTP: aiortc bounds neither streams nor what it keeps of unfinished messages."""

    def __init__(self, sctp: RTCSctpTransport, end: Any) -> None:
        self._sctp = sctp
        self._end = end

    async def _handle_data(self, data: bytes) -> None:
        sctp = self._sctp
        try:
            await sctp._handle_data(data)
        except ConnectionError:
            raise
        except Exception:
            _log.info("a participant's channel was broken", exc_info=True)
            self._end()
            return
        pieces = sum(len(stream.reassembly) for stream in sctp._inbound_streams.values())
        if (
            len(sctp._inbound_streams) > _MOST_STREAMS
            or len(sctp._data_channels) > _MOST_CHANNELS
            or pieces > _MOST_PIECES
        ):
            self._end()


class _SharedTransport(asyncio.DatagramTransport):
    """What a StunProtocol believes to be its own socket."""

    def __init__(self, port: MediaPort, protocol: StunProtocol, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._port = port
        self._protocol = protocol
        self._loop = loop

    def sendto(self, data: Any, addr: Any = None) -> None:
        self._port.postbox.send(bytes(data), cast(Address, addr))

    def close(self) -> None:
        self._loop.call_soon(self._protocol.connection_lost, None)


def _random(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))


def _retrieve(pump: asyncio.Future[None]) -> None:
    """Its error was told by the state; an error that nobody looks at would be logged as one of ours."""
    if not pump.cancelled():
        pump.exception()
