"""An answering end for the media engine: real ICE, DTLS and SRTP on loopback, and packets carried where a test routes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiortc import RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtpPacket,
)

from client.core.clock import SystemClock
from client.core.tasks import TaskSupervisor
from client.media.connection import new_connection
from client.media.outbound import Outbound
from client.media.seams import Wire, gather_only, replace_receiver, replace_sender, ssrcs_of, wire_of
from protocol.crypto.frames import Stream


class _In:
    """A stream some participant sends us."""

    def __init__(self) -> None:
        self.ssrc = 0
        self.highest = 0
        self.packets = 0
        self.payloads: list[bytes] = []
        self.outs: list[_Out] = []
        self.queue: asyncio.Queue[tuple[_Out, RtpPacket]] | None = None

    def configure(self, parameters: RTCRtpReceiveParameters) -> None:
        self.ssrc = parameters.encodings[0].ssrc

    def on_rtp(self, packet: RtpPacket) -> None:
        if packet.ssrc != self.ssrc:
            return
        self.packets += 1
        self.highest = packet.sequence_number
        self.payloads.append(packet.payload)
        del self.payloads[:-200]
        assert self.queue is not None
        for out in self.outs:
            self.queue.put_nowait((out, packet))

    def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        pass


class _Out(Outbound):
    """One slot of a participant: numbers and times go on evenly over a change of the source."""

    def __init__(self, ssrc: int, rtx: int, wire: Wire, key_wanted: Callable[[], None]) -> None:
        super().__init__(ssrc, rtx, wire, SystemClock())
        self._sfu_wire = wire
        self._ask = key_wanted
        self._source: int | None = None
        self._offset = 0
        self._time_offset = 0
        self._last = (1000, 1000)
        self._sent: dict[int, RtpPacket] = {}
        self.drop: Callable[[int], bool] = lambda _count: False
        self.damage: Callable[[bytes], bytes] = lambda payload: payload
        self.count = 0

    async def carry(self, packet: RtpPacket) -> None:
        if packet.ssrc != self._source:
            self._source = packet.ssrc
            self._offset = self._last[0] + 1 - packet.sequence_number
            self._time_offset = self._last[1] + 3000 - packet.timestamp
        copy = RtpPacket(
            payload_type=self._payload_type,
            marker=packet.marker,
            sequence_number=(packet.sequence_number + self._offset) & 0xFFFF,
            timestamp=(packet.timestamp + self._time_offset) & 0xFFFFFFFF,
            ssrc=self.ssrc,
            payload=self.damage(packet.payload),
        )
        copy.extensions.mid = self._mid
        self._last = (copy.sequence_number, copy.timestamp)
        self._sent[copy.sequence_number] = copy
        self.count += 1
        if not self.drop(self.count):
            await self._send(copy)

    async def on_feedback(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_PLI:
            self._ask()
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            for number in packet.lost:
                if number in self._sent:
                    self.retransmitted += 1
                    await self._send(self._sent[number])

    async def say_bye(self) -> None:
        await self._sfu_wire.send(bytes(RtcpByePacket(sources=[self.ssrc])))

    async def _send(self, packet: RtpPacket) -> None:
        assert self._extensions is not None
        await self._sfu_wire.send(packet.serialize(self._extensions))


class Seat:
    """One participant at the SFU."""

    def __init__(self, connection: RTCPeerConnection) -> None:
        self.connection = connection
        self.ins: dict[Stream, _In] = {}
        self.outs: dict[str, _Out] = {}
        self.heard: list[dict[str, Any]] = []
        self.channel: RTCDataChannel | None = None
        self.plis = 0
        self.keys_asked = 0
        self.wire: Wire | None = None
        self.silent = False

    def say(self, message: dict[str, Any]) -> None:
        assert self.channel is not None
        self.channel.send(json.dumps(message))


class SmallSfu:
    """`join` answers an offer, `route` carries a stream into a slot, `close` ends it."""

    def __init__(self) -> None:
        self.seats: dict[str, Seat] = {}
        self._tasks = TaskSupervisor()
        self._queue: asyncio.Queue[tuple[_Out, RtpPacket]] = asyncio.Queue()
        self._tasks.start("carry", self._carry())
        self._tasks.start("reports", self._report())

    async def join(self, name: str, offer: str) -> str:
        connection = new_connection()
        seat = self.seats[name] = Seat(connection)

        @connection.on("datachannel")
        def on_channel(channel: RTCDataChannel) -> None:
            seat.channel = channel
            channel.on("message", lambda text: seat.heard.append(json.loads(text)))

        await connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        seat.wire = wire_of(connection)
        gather_only(connection, ["127.0.0.1"])
        for line in connection.getTransceivers():
            assert line.mid is not None
            if line.receiver.track is None:
                line.direction = "sendonly"
                out = seat.outs[line.mid] = _Out(*ssrcs_of(line), seat.wire, self._asker(seat, line.mid))
                replace_sender(line, out)
            else:
                stream = Stream(int(line.mid))
                incoming = seat.ins[stream] = _In()
                incoming.queue = self._queue
                replace_receiver(line, incoming)
        await connection.setLocalDescription(await connection.createAnswer())
        return str(connection.localDescription.sdp)

    def route(self, sender: str, stream: Stream, receiver: str, mid: str) -> None:
        """From now on the slot shows this stream, from its next key frame's first packet on when it is video."""
        out = self.seats[receiver].outs[mid]
        for seat in self.seats.values():
            for incoming in seat.ins.values():
                if out in incoming.outs:
                    incoming.outs.remove(out)
        self.seats[sender].ins[stream].outs.append(out)
        self._tasks.start("key", self._ask(self.seats[sender], stream))

    async def close(self) -> None:
        await self._tasks.stop()
        for seat in self.seats.values():
            await seat.connection.close()

    def _asker(self, seat: Seat, mid: str) -> Callable[[], None]:
        def ask() -> None:
            seat.plis += 1
            for other in self.seats.values():
                for stream, incoming in other.ins.items():
                    if seat.outs[mid] in incoming.outs:
                        self._tasks.start("key", self._ask(other, stream))

        return ask

    async def _ask(self, seat: Seat, stream: Stream) -> None:
        seat.keys_asked += 1
        assert seat.wire is not None
        if seat.ins[stream].ssrc:
            await seat.wire.send(
                bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=seat.ins[stream].ssrc))
            )

    async def _carry(self) -> None:
        while True:
            out, packet = await self._queue.get()
            await out.carry(packet)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            for seat in self.seats.values():
                if seat.wire is None or seat.silent:
                    continue
                for incoming in seat.ins.values():
                    block = RtcpReceiverInfo(incoming.ssrc, 0, 0, incoming.highest, 0, 0, 0)
                    await seat.wire.send(bytes(RtcpRrPacket(ssrc=1, reports=[block])))
