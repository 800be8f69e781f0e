"""What every receiving slot does with packets before it looks inside: codec, retransmissions, reports."""

from __future__ import annotations

from typing import Final

from aiortc.codecs import is_rtx
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import AnyRtcpPacket, RtcpReceiverInfo, RtcpSrPacket, RtpPacket, unwrap_rtx

from client.core.clock import Clock

_DLSR_LIMIT_SECONDS: Final = 65_536


class Inbound:
    """One slot's stream (fixed SSRC, C24), and what a receiver report says of it (RFC 3550 §6.4)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codecs: dict[int, RTCRtpCodecParameters] = {}
        self._rtx: dict[int, int] = {}
        self._statistics: StreamStatistics | None = None
        self._last_report: tuple[int, float] | None = None
        self.ssrc: int | None = None
        self.packets = 0

    def configure(self, parameters: RTCRtpReceiveParameters) -> None:
        self._codecs = {
            codec.payloadType: codec for codec in parameters.codecs if codec.payloadType is not None
        }
        for encoding in parameters.encodings:
            self.ssrc = encoding.ssrc
            if encoding.rtx:
                self._rtx[encoding.rtx.ssrc] = encoding.ssrc

    def accept(self, packet: RtpPacket) -> RtpPacket | None:
        """The packet to read, unwrapped if it was sent again; None for one that is nothing to us."""
        codec = self._codecs.get(packet.payload_type)
        if codec is None:
            return None
        if is_rtx(codec):
            return self._unwrap(packet, codec)
        self.packets += 1
        if self._statistics is None or self.ssrc != packet.ssrc:
            self._statistics, self.ssrc = StreamStatistics(codec.clockRate), packet.ssrc
        self._statistics.add(packet)
        return packet

    def _unwrap(self, packet: RtpPacket, codec: RTCRtpCodecParameters) -> RtpPacket | None:
        original, apt = self._rtx.get(packet.ssrc), codec.parameters.get("apt")
        if original is None or not isinstance(apt, int) or len(packet.payload) < 2 or apt not in self._codecs:
            return None
        return unwrap_rtx(packet, payload_type=apt, ssrc=original)

    def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpSrPacket):
            self._last_report = (
                (packet.sender_info.ntp_timestamp >> 16) & 0xFFFFFFFF,
                self._clock.monotonic(),
            )

    def report(self) -> RtcpReceiverInfo | None:
        """The block about this stream since the last one; None before its first packet."""
        seen = self._statistics
        if seen is None or self.ssrc is None:
            return None
        lsr, dlsr = 0, 0
        if self._last_report is not None:
            lsr, at = self._last_report
            delay = self._clock.monotonic() - at
            dlsr = int(delay * 65_536) if delay < _DLSR_LIMIT_SECONDS else 0
        return RtcpReceiverInfo(
            ssrc=self.ssrc,
            fraction_lost=seen.fraction_lost,
            packets_lost=seen.packets_lost,
            highest_sequence=(seen.cycles + (seen.max_seq or 0)) & 0xFFFFFFFF,
            jitter=seen.jitter,
            lsr=lsr,
            dlsr=dlsr,
        )
