"""The only file that reaches into aiortc: our receivers, senders and addresses take the place of its own, per connection.

aiortc keeps ICE, DTLS, SRTP, SDP and packet formats. A method replaced on the instance changes one connection and no other;
nothing global is touched. Written against aiortc 1.16 and aioice 0.13.
"""

# ruff: noqa: SLF001  (the seams are private there; every use of one stands in this file)

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, cast

from aiortc import RTCDtlsTransport, RTCPeerConnection, RTCRtpTransceiver
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters, RTCRtpSendParameters
from aiortc.rtp import AnyRtcpPacket, HeaderExtensionsMap, RtpPacket
from aiortc.stats import RTCTransportStats


class Receives(Protocol):
    """One of our receivers."""

    def configure(self, parameters: RTCRtpReceiveParameters) -> None: ...

    def on_rtp(self, packet: RtpPacket) -> None: ...

    def on_rtcp(self, packet: AnyRtcpPacket) -> None: ...


class Sends(Protocol):
    """One of our senders."""

    def configure(self, parameters: RTCRtpSendParameters) -> None: ...

    async def on_feedback(self, packet: AnyRtcpPacket) -> None: ...


class _Receiver:
    """What aiortc's router calls. No decoder thread, no task; a BYE ends nothing, as only the map says who is gone."""

    def __init__(self, transport: RTCDtlsTransport, mine: Receives) -> None:
        self._transport = transport
        self._mine = mine
        self._registered = False

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        if not self._registered:
            self._registered = True
            self._mine.configure(parameters)
            self._transport._register_rtp_receiver(self, parameters)
            for encoding in parameters.encodings:
                if encoding.rtx:
                    # aiortc forgets these and would guess by payload type, which all slots share.
                    self._transport._rtp_router.ssrc_table[encoding.rtx.ssrc] = self

    def _handle_disconnect(self) -> None:
        pass

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self._mine.on_rtp(packet)

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        self._mine.on_rtcp(packet)


class _Sender:
    """What aiortc's router calls for feedback about one of our streams."""

    def __init__(self, transport: RTCDtlsTransport, ssrc: int, mine: Sends) -> None:
        self._transport = transport
        self._ssrc = ssrc
        self._mine = mine
        self._registered = False

    async def send(self, parameters: RTCRtpSendParameters) -> None:
        if not self._registered:
            self._registered = True
            self._mine.configure(parameters)
            self._transport._register_rtp_sender(self, parameters)

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        await self._mine.on_feedback(packet)


def replace_receiver(transceiver: RTCRtpTransceiver, mine: Receives) -> None:
    """Before the connection is made; aiortc's own receiver then never starts, and its `stop` has nothing to do."""
    receiver = transceiver.receiver
    receiver.receive = _Receiver(receiver.transport, mine).receive  # type: ignore[method-assign]


def replace_sender(transceiver: RTCRtpTransceiver, mine: Sends) -> None:
    """Before the connection is made; aiortc's own sender then never starts, and never says BYE."""
    sender = transceiver.sender
    sender.send = _Sender(sender.transport, sender._ssrc, mine).send  # type: ignore[method-assign]


def ssrcs_of(transceiver: RTCRtpTransceiver) -> tuple[int, int]:
    """The stream's own SSRC and that of its retransmissions, as the offer names them."""
    return transceiver.sender._ssrc, transceiver.sender._rtx_ssrc


def extensions_of(parameters: RTCRtpSendParameters) -> HeaderExtensionsMap:
    """The ids of header extensions, as negotiated."""
    extensions = HeaderExtensionsMap()
    extensions.configure(parameters)
    return extensions


async def close_connection(connection: RTCPeerConnection) -> None:
    """To its end, even when cancelled meanwhile: aiortc closes by itself when DTLS does, and whoever is cancelled while he waits
    for that cancels what aiortc waits for."""
    closing = asyncio.gather(connection.close())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await closing
        raise


def wire_of(connection: RTCPeerConnection) -> Wire:
    """The one transport of a connection with max-bundle."""
    return Wire(connection.getTransceivers()[0].receiver.transport)


class Wire:
    """Sends protected packets and knows what came in."""

    def __init__(self, transport: RTCDtlsTransport) -> None:
        self._transport = transport

    @property
    def open(self) -> bool:
        return self._transport.state == "connected"

    async def send(self, packet: bytes) -> None:
        """RTP or RTCP in the clear; what cannot be sent now is lost like any packet."""
        if not self.open:
            return
        try:
            await self._transport._send_rtp(packet)
        except (ConnectionError, AttributeError):
            # asyncio lets go of a socket that failed and then sends on None, before ICE has noticed.
            return

    def packets_received(self) -> int:
        """Datagrams of media, feedback and data so far; connectivity checks are not among them."""
        for stats in self._transport._get_stats().values():
            if isinstance(stats, RTCTransportStats):
                return stats.packetsReceived
        return 0


def gather_only(connection: RTCPeerConnection, addresses: Sequence[str]) -> None:
    """Offer candidates of these local addresses alone, 127.0.0.1 included, which aioice never offers by itself."""
    ice = connection.getTransceivers()[0].receiver.transport.transport.iceGatherer._connection
    gather = cast(Callable[..., Awaitable[list[object]]], ice.get_component_candidates)

    async def chosen(component: int, addresses: Sequence[str]) -> list[object]:
        return await gather(component=component, addresses=mine)

    mine = list(addresses)
    ice.get_component_candidates = chosen  # type: ignore[method-assign,assignment]
