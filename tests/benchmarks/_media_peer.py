"""A generator's participant: a real connection by ICE, DTLS and SRTP, with synthetic streams and counted packets (no codec)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from aioice import ice
from aiortc import RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtp import AnyRtcpPacket, RtcpRrPacket, RtpPacket

from client.media import channel as words
from client.media.connection import accept, add_lines, new_connection, offer_of
from client.media.seams import gather_only, replace_receiver, replace_sender, ssrcs_of
from protocol.crypto.frames import Stream
from protocol.meetings.slots import AUDIO_SLOTS, CHANNEL_LABEL, SENT, VIDEO_SLOTS
from tests.benchmarks._media_packets import SentStream, Shape, audio
from tests.benchmarks._media_wire import Heard, Wire

_CONNECT_SECONDS: Final = 20


def local_address() -> str | None:
    """An IPv4 address of this machine that is not loopback, which Janus never offers; packets between its programs stay inside."""
    return next(iter(ice.get_host_addresses(use_ipv4=True, use_ipv6=False)), None)


class _Line:
    """A receiving line; its packets are taken before aiortc sees them."""

    def configure(self, parameters: RTCRtpReceiveParameters) -> None:
        pass

    def on_rtp(self, packet: RtpPacket) -> None:
        pass

    def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        pass


class Participant:
    """`join` one way or another, then `send_frame` on its streams, and `report` once a second."""

    def __init__(self, number: int, shapes: Mapping[Stream, Shape], heard: Heard, level: int = 20) -> None:
        self.number = number
        self.name = f"participant-{number}"
        self.connection: RTCPeerConnection = new_connection()
        self.streams: dict[Stream, SentStream] = {}
        self.shapes = shapes
        self._silent: list[SentStream] = []
        self._heard = heard
        self._level = level
        self._connected = asyncio.Event()
        self._wire: Wire | None = None
        self.connection.on("connectionstatechange", self._on_state)

    @property
    def wire(self) -> Wire:
        assert self._wire is not None, "connected"
        return self._wire

    async def join(
        self, ask: Callable[[str, Sequence[str]], Awaitable[Sequence[str]]], address: str, view: str
    ) -> None:
        """Into a meeting of the embedded SFU, by an offer of the agreed form (C24)."""
        lines = add_lines(self.connection, [_Line()] * AUDIO_SLOTS, [_Line()] * VIDEO_SLOTS, [address])
        for stream in SENT:
            self._take_sender(stream, lines[stream])
        channel = self.connection.createDataChannel(CHANNEL_LABEL)
        opened = asyncio.Event()
        channel.on("open", opened.set)
        (answer,) = await ask(self.name, [await offer_of(self.connection)])
        await accept(self.connection, answer)
        await self._connect()
        await asyncio.wait_for(opened.wait(), _CONNECT_SECONDS)
        channel.send(words.say_publish(frozenset(self.shapes)))
        channel.send(view)

    async def publish(self, ask: Callable[[str], Awaitable[str]], address: str) -> None:
        """By an offer of sending lines alone."""
        for stream in self.shapes:
            kind = "audio" if stream is Stream.AUDIO else "video"
            line = self.connection.addTransceiver(kind, direction="sendonly")
            self._take_sender(stream, line)
        gather_only(self.connection, [address])
        await accept(self.connection, await ask(await offer_of(self.connection)))
        await self._connect()

    async def answer(self, offer: str, address: str) -> str:
        """To an offer of lines that we shall receive; `settled` afterwards."""
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        gather_only(self.connection, [address])
        for line in self.connection.getTransceivers():
            replace_receiver(line, _Line())
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return str(self.connection.localDescription.sdp)

    async def settled(self) -> None:
        await self._connect()

    async def report(self) -> None:
        """Sender reports and receiver reports, as the product's client sends them each second."""
        transport = self.wire.transport
        if transport.state != "connected":
            return
        sent = [*self.streams.values(), *self._silent]
        for stream in sent:
            await transport._send_rtp(stream.report())
        if blocks := self.wire.reports():
            ssrc = sent[0].ssrc if sent else 1
            await transport._send_rtp(bytes(RtcpRrPacket(ssrc=ssrc, reports=blocks)))

    async def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
        await self.connection.close()

    def _take_sender(self, stream: Stream, line: RTCRtpTransceiver) -> None:
        ssrc, _ = ssrcs_of(line)
        shape = self.shapes.get(stream)
        sent = SentStream(self.number, stream, ssrc, shape or audio(), self._level)
        if shape is None:
            self._silent.append(sent)
        else:
            self.streams[stream] = sent
        replace_sender(line, sent)

    async def _connect(self) -> None:
        await asyncio.wait_for(self._connected.wait(), _CONNECT_SECONDS)
        self._wire = Wire(self.connection, self._heard)

    def _on_state(self) -> None:
        if self.connection.connectionState == "connected":
            self._connected.set()
