"""One stream we send, as packets: numbering, header extensions, retransmission, sender reports."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from aiortc.codecs import is_rtx
from aiortc.rtcrtpparameters import RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    HeaderExtensionsMap,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    RtpPacket,
    wrap_rtx,
)
from aiortc.utils import uint16_add, uint32_add

from client.core.clock import Clock
from client.media.seams import Wire, extensions_of

# At 1.5 Mbit/s these are three seconds of video: as long as any receiver still asks.
_HISTORY: Final = 512
_NTP_1970_MS: Final = 2_208_988_800_000


class Outbound:
    """All on the core's thread. Silent until the connection is negotiated."""

    def __init__(self, ssrc: int, rtx_ssrc: int, wire: Wire, clock: Clock) -> None:
        self.ssrc = ssrc
        self._rtx_ssrc = rtx_ssrc
        self._wire = wire
        self._clock = clock
        self._extensions: HeaderExtensionsMap | None = None
        self._mid = ""
        self._cname = ""
        self._payload_type = 0
        self._rtx_payload_type: int | None = None
        # The lower half: a wrap soon after the start would break SRTP's guess of the roll-over counter.
        self._number = secrets.randbelow(0x8000)
        self._rtx_number = secrets.randbelow(0x8000)
        self._origin = secrets.randbits(32)
        self._history: dict[int, RtpPacket] = {}
        self._last_ntp = 0
        self._last_timestamp = self._origin
        self.packets = 0
        self.octets = 0
        self.retransmitted = 0
        self.fraction_lost = 0.0
        self.key_wanted = False
        self._listener: Callable[[], None] | None = None

    def listen(self, listener: Callable[[], None]) -> None:
        """Call this when a key frame is asked for: a picture at rest would not come by itself."""
        self._listener = listener

    def configure(self, parameters: RTCRtpSendParameters) -> None:
        codec = parameters.codecs[0]
        assert codec.payloadType is not None, "negotiated"
        self._payload_type = codec.payloadType
        self._mid, self._cname = parameters.muxId, parameters.rtcp.cname or ""
        for other in parameters.codecs:
            if is_rtx(other) and other.parameters.get("apt") == codec.payloadType:
                self._rtx_payload_type = other.payloadType
        self._extensions = extensions_of(parameters)

    @property
    def ready(self) -> bool:
        return self._extensions is not None and self._wire.open

    async def send(self, payloads: Sequence[bytes], at: int, level: int | None = None) -> None:
        """One frame, cut into `payloads`; `at` in the codec's clock; `level` for sound (0 to 127, 127 is silence)."""
        if self._extensions is None:
            return
        timestamp = uint32_add(self._origin, at & 0xFFFFFFFF)
        for index, payload in enumerate(payloads):
            packet = RtpPacket(
                payload_type=self._payload_type,
                sequence_number=self._number,
                timestamp=timestamp,
                ssrc=self.ssrc,
                marker=int(index == len(payloads) - 1),
                payload=payload,
            )
            packet.extensions.mid = self._mid
            packet.extensions.abs_send_time = self._send_time()
            if level is not None:
                packet.extensions.audio_level = (level < 127, level)
            self._history[self._number % _HISTORY] = packet
            self._number = uint16_add(self._number, 1)
            self.packets += 1
            self.octets += len(payload)
            await self._wire.send(packet.serialize(self._extensions))
        self._last_ntp, self._last_timestamp = self._ntp(), timestamp

    async def on_feedback(self, packet: AnyRtcpPacket) -> None:
        """Lost packets are sent again; a key frame, when asked for, is the encoder's next (`key_wanted`)."""
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            for number in packet.lost:
                await self._again(number)
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            self.key_wanted = True
            if self._listener is not None:
                self._listener()
        elif isinstance(packet, (RtcpRrPacket, RtcpSrPacket)):
            self._read_reports(packet.reports)

    def report(self) -> bytes:
        """Sender report and name (RFC 3550 §6.4.1): also the sign of life of a participant who sends no media."""
        sender = RtcpSenderInfo(
            ntp_timestamp=self._last_ntp or self._ntp(),
            rtp_timestamp=self._last_timestamp,
            packet_count=self.packets & 0xFFFFFFFF,
            octet_count=self.octets & 0xFFFFFFFF,
        )
        name = RtcpSdesPacket(chunks=[RtcpSourceInfo(ssrc=self.ssrc, items=[(1, self._cname.encode())])])
        return bytes(RtcpSrPacket(ssrc=self.ssrc, sender_info=sender)) + bytes(name)

    def _send_time(self) -> int:
        """Now as 24 bits of 6.18 fixed point: receivers compare how far apart packets left, never when."""
        return int(self._clock.monotonic() * (1 << 18)) & 0xFFFFFF

    def _ntp(self) -> int:
        """Now as 64 bits of 32.32 fixed point since 1900 (RFC 3550 §4)."""
        return (self._clock.now_ms() + _NTP_1970_MS << 32) // 1000

    async def _again(self, number: int) -> None:
        packet = self._history.get(number % _HISTORY)
        if packet is None or packet.sequence_number != number or self._extensions is None:
            return
        if self._rtx_payload_type is not None:
            packet = wrap_rtx(
                packet,
                payload_type=self._rtx_payload_type,
                sequence_number=self._rtx_number,
                ssrc=self._rtx_ssrc,
            )
            self._rtx_number = uint16_add(self._rtx_number, 1)
        self.retransmitted += 1
        await self._wire.send(packet.serialize(self._extensions))

    def _read_reports(self, reports: Sequence[RtcpReceiverInfo]) -> None:
        for report in reports:
            if report.ssrc == self.ssrc:
                self.fraction_lost = report.fraction_lost / 256
