"""The transports under a participant's `Link`: aioice's checks, aiortc's DTLS and SCTP, over the worker's one port. They are I/O:
they send for themselves and keep time and tasks of their own. What is decided about a connection is asked of the `Link`. The only
file that reaches into these libraries (aiortc 1.16, aioice 0.13).

There is no RTCPeerConnection: its receivers would each hold a bandwidth estimator and start a thread that decodes. What it does
besides is to read and write SDP, and to start the transports in their order, which is done here.
"""

# ruff: noqa: SLF001  (the seams are private there; every use of one stands in this file)

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, cast

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

from server_stub.clock import Clock
from server_stub.meetings.sfu.demux import Address
from server_stub.meetings.sfu.link import Link
from server_stub.meetings.sfu.offers import Offer
from server_stub.meetings.sfu.outlet import Outlet
from server_stub.meetings.sfu.port import MediaPort
from server_stub.meetings.sfu.srtp import handle_of
from server_stub.tasks import Tasks

_log = logging.getLogger(__name__)

_MOST_BUFFERED: Final = 256 * 1024


class Transports:
    """Known to the port from `open` until `close`. `settle` is called after each input to the link that did not come by the port: its outputs
    are to be carried out."""

    def __init__(
        self,
        link: Link,
        offer: Offer,
        port: MediaPort,
        tasks: Tasks,
        clock: Clock,
        settle: Callable[[], None],
    ) -> None:
        self.ufrag = link.ufrag
        self.believes = link.believes
        # The link's own: a call less for every packet.
        self.on_media = link.on_media
        self._link = link
        self._port = port
        self._offer = offer
        self._tasks = tasks
        self._clock = clock
        self._settle = settle
        gatherer = RTCIceGatherer(iceServers=[], local_username=link.ufrag, local_password=link.password)
        self._ice = RTCIceTransport(gatherer)
        self._checks = gatherer._connection
        self._protocol = StunProtocol(self._checks)
        self._protocol.local_candidate = Candidate("1", 1, "udp", 1, port.addresses[0], port.number, "host")
        self._protocol.connection_made(_SharedTransport(port, self._protocol, asyncio.get_running_loop()))
        self._checks._protocols.append(self._protocol)
        self._checks._local_candidates.append(self._protocol.local_candidate)
        self._checks._local_candidates_end = True
        self._dtls = RTCDtlsTransport(self._ice, [RTCCertificate.generateCertificate()])
        self._sctp = RTCSctpTransport(self._dtls)
        self._sctp.on("datachannel", self._on_channel)
        self._channel: RTCDataChannel | None = None
        self._run: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def fingerprints(self) -> list[RTCDtlsFingerprint]:
        return self._dtls.getLocalParameters().fingerprints

    @property
    def sctp_port(self) -> int:
        return self._sctp.port

    def open(self) -> None:
        """Datagrams find us from now on."""
        self._port.bindings.add(self.ufrag, self)

    # What the port brings

    def on_check(self, message: stun.Message, address: Address, now: float) -> None:
        known = any(
            (each._network_host, each.port) == address for each in self._checks._remote_candidates
        ) or any(each[1] == address for each in self._checks._early_checks)
        if not self._link.on_check(known, now):
            return
        self._checks.request_received(message, address, self._protocol)
        if self._link.begin():
            self._run = self._tasks.start("meeting connection", self._connect())

    def on_answer(self, message: stun.Message, address: Address, now: float) -> None:
        transaction = self._protocol.transactions.get(message.transaction_id)
        if transaction is not None:
            transaction.response_received(message, address)
            self._link.on_answer(now)

    def on_dtls(self, datagram: bytes, now: float) -> None:
        if self._link.on_record(self._checks._queue.qsize(), now):
            self._checks.data_received(datagram, 1)

    # What the exchange asks for

    def send(self, text: str) -> bool:
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

    def follow(self) -> None:
        """Tell the link when the client nominated another address."""
        pair, outlet = self._checks._nominated.get(1), self._link.outlet
        if outlet is not None and pair is not None and pair.remote_addr != outlet.receiver.address:
            self._link.on_moved(Outlet(outlet.session, pair.remote_addr))

    async def close(self) -> None:
        """End the connection, telling the client if it can be told. Safe to call twice."""
        if self._closing:
            return
        self._closing = True
        self._link.close()
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
                capabilities = RTCSctpCapabilities(maxMessageSize=self._offer.most_message_bytes)
                await self._sctp.start(capabilities, self._offer.sctp_port)
                self._dtls._data_receiver = _Bounded(self._sctp, self._on_association, self._end)
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
        outlet = Outlet(self._dtls._tx_srtp, pair.remote_addr)
        self._link.on_secured(handle_of(self._dtls._rx_srtp), outlet, self._clock.monotonic())
        self._settle()
        return True

    # What the libraries tell

    def _on_dtls_state(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._end()

    def _end(self) -> None:
        self._link.on_ended(self._clock.monotonic())
        self._settle()

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if self._link.accepts(channel.label):
            self._channel = channel
            channel.on("message", self._on_message)
            self._link.on_channel(self._clock.monotonic())
            self._settle()

    def _on_message(self, message: str | bytes) -> None:
        self._link.on_message(message, self._clock.monotonic())
        self._settle()

    def _on_association(self, streams: int, channels: int, pieces: int) -> None:
        self._link.on_association(streams, channels, pieces, self._clock.monotonic())
        self._settle()


class _Bounded:
    """Between DTLS and SCTP: aiortc bounds neither streams nor what it keeps of unfinished messages. `told` gets the numbers of
    streams, channels and pieces of messages."""

    def __init__(
        self, sctp: RTCSctpTransport, told: Callable[[int, int, int], None], end: Callable[[], None]
    ) -> None:
        self._sctp = sctp
        self._told = told
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
        self._told(len(sctp._inbound_streams), len(sctp._data_channels), pieces)


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


def _retrieve(pump: asyncio.Future[None]) -> None:
    """Its error was told by the state; an error that nobody looks at would be logged as one of ours."""
    if not pump.cancelled():
        pump.exception()
