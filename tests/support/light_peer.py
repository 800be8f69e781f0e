"""A participant without codecs: real ICE, DTLS, SRTP and channel, and packets of which a test knows every byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtp import AnyRtcpPacket, RtcpRrPacket, RtpPacket, unwrap_rtx

from client.core.clock import SystemClock
from client.core.tasks import TaskSupervisor
from client.media.camera import packetize
from client.media.connection import accept, add_lines, new_connection, offer_of
from client.media.outbound import Outbound
from client.media.seams import replace_sender, ssrcs_of, wire_of
from protocol.crypto.frames import Stream
from protocol.meetings.slots import AUDIO_SLOTS, CHANNEL_LABEL, SENT, VIDEO_SLOTS

KEY_FRAME = b"\x10\x02\x00\x9d\x01\x2a\x80\x02\x68\x01"
DELTA_FRAME = b"\x31\x02\x00"


class Inbox:
    """A slot that keeps what comes."""

    def __init__(self) -> None:
        self.packets: list[RtpPacket] = []
        self.retransmitted = 0
        self._ssrc = 0
        self._payload_type = 0

    @property
    def payloads(self) -> list[bytes]:
        return [packet.payload for packet in self.packets]

    def configure(self, parameters: RTCRtpReceiveParameters) -> None:
        self._ssrc = parameters.encodings[0].ssrc
        self._payload_type = parameters.encodings[0].payloadType

    def on_rtp(self, packet: RtpPacket) -> None:
        if packet.payload_type != self._payload_type:
            self.retransmitted += 1
            packet = unwrap_rtx(packet, payload_type=self._payload_type, ssrc=self._ssrc)
        assert packet.ssrc == self._ssrc
        self.packets.append(packet)

    def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        pass


class Out(Outbound):
    """Counts what is reported about it."""

    reports = 0

    async def on_feedback(self, packet: AnyRtcpPacket) -> None:
        self.reports += isinstance(packet, RtcpRrPacket)
        await super().on_feedback(packet)


class LightPeer:
    """`offer`, `answer`, then `send`; `said` is what came on the channel."""

    def __init__(self, name: str, address: str = "127.0.0.1") -> None:
        self.name = name
        self.connection = new_connection()
        audio, video = [Inbox() for _ in range(AUDIO_SLOTS)], [Inbox() for _ in range(VIDEO_SLOTS)]
        lines = add_lines(self.connection, audio, video, [address])
        self.slots = {str(len(SENT) + index): slot for index, slot in enumerate([*audio, *video])}
        self.wire = wire_of(self.connection)
        self.outbound = {stream: Out(*ssrcs_of(lines[stream]), self.wire, SystemClock()) for stream in SENT}
        for stream, sender in self.outbound.items():
            replace_sender(lines[stream], sender)
        self.channel = self.connection.createDataChannel(CHANNEL_LABEL)
        self.channel.on("message", lambda text: self.said.append(json.loads(text)))
        self.said: list[dict[str, Any]] = []
        self._tasks = TaskSupervisor()
        self._pictures = 0

    @property
    def reports(self) -> int:
        """Of the SFU, about what we sent."""
        return sum(outbound.reports for outbound in self.outbound.values())

    @property
    def open(self) -> bool:
        return self.channel.readyState == "open"

    @property
    def map(self) -> list[dict[str, Any] | None]:
        """Of the newest map; empty before the first."""
        return next((said["slots"] for said in reversed(self.said) if said["t"] == "map"), [])

    def slot_of(self, sender: str, stream: Stream) -> str | None:
        return next(
            (s["mid"] for s in self.map if s and (s["sender"], s["stream"]) == (sender, stream)), None
        )

    async def offer(self) -> str:
        return await offer_of(self.connection)

    async def answer(self, sdp: str) -> None:
        await accept(self.connection, sdp)
        self._tasks.start("reports", self._report())

    def say(self, text: str | bytes) -> None:
        self.channel.send(text)

    def publish(self, streams: Sequence[Stream]) -> None:
        self.say(json.dumps({"t": "publish", "streams": [int(stream) for stream in streams]}))

    async def send_frame(self, stream: Stream, frame: bytes, at: int) -> list[bytes]:
        """Answers its payloads as they are sent."""
        payloads = packetize(frame, self._pictures)
        self._pictures += 1
        await self.outbound[stream].send(payloads, at)
        return payloads

    async def send_sound(self, payload: bytes, at: int, level: int = 20) -> None:
        await self.outbound[Stream.AUDIO].send([payload], at, level)

    def vanish(self) -> None:
        """As when the process dies: the socket is gone, and nobody is told."""
        ice = self.connection.getTransceivers()[0].receiver.transport.transport._connection
        for protocol in ice._protocols:
            protocol.transport.abort()

    async def close(self) -> None:
        await self._tasks.stop()
        await self.connection.close()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            for outbound in self.outbound.values():
                await self.wire.send(outbound.report())
