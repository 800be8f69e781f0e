"""Synthetic media: packets that an SFU takes for VP8 and Opus, each with a tag in its payload that says which one it is."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from aiortc import clock as ntp
from aiortc.rtcrtpparameters import RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
)

# Magic, publisher, stream, serial number, monotonic nanoseconds: the last bytes of every payload.
TAG: Final = struct.Struct(">IHHIQ")
MAGIC: Final = 0x4A53_4257
_HEAD: Final = struct.Struct(">BBHII")
MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
# Where abs-send-time stands: it is written first, after the header, the profile word and its own id.
_SEND_TIME_AT: Final = 17


@dataclass(frozen=True, slots=True)
class Shape:
    """What a stream sends: `fps` frames a second of `packets` payloads of `size` bytes each."""

    fps: float
    packets: int
    size: int
    clock: int
    video: bool


def video(fps: float, packets: int, size: int = 1000) -> Shape:
    return Shape(fps, packets, size, 90_000, True)


def audio(fps: float = 50, size: int = 100) -> Shape:
    return Shape(fps, 1, size, 48_000, False)


class Sender(Protocol):
    """What carries packets: protects and sends header ‖ payload."""

    def send(self, header: bytearray, payload: bytearray) -> None: ...


class SentStream:
    """One stream of one publisher. Takes the place of an aiortc sender (`seams.Sends`)."""

    def __init__(self, publisher: int, stream: int, ssrc: int, shape: Shape, level: int = 20) -> None:
        self.publisher, self.stream, self.ssrc, self.shape = publisher, stream, ssrc, shape
        self.serial = 0
        self.octets = 0
        self.keys = 0
        self._level = level
        self._level_at = 0
        self._timed = False
        self._frames = 0
        self._origin = int.from_bytes(os.urandom(4), "big")
        self._number = int.from_bytes(os.urandom(2), "big") & 0x7FFF
        self._header = bytearray(_HEAD.size)
        self._payload_type = 0
        self._cname = ""
        self._key_wanted = True
        self._delta = _frame(shape, key=False)
        self._key = _frame(shape, key=True)

    def speak(self, level: int) -> None:
        """How loud the following packets say they are: 0 is the loudest, 127 silence (RFC 6464)."""
        self._level = level
        if self._level_at:
            self._header[self._level_at] = 0x80 | level

    def configure(self, parameters: RTCRtpSendParameters) -> None:
        payload_type = parameters.codecs[0].payloadType
        assert payload_type is not None, "negotiated"
        self._payload_type, self._cname = payload_type, parameters.rtcp.cname or ""
        ids = {each.uri: each.id for each in parameters.headerExtensions}
        words = bytearray()
        if SEND_TIME in ids:
            words += bytes((ids[SEND_TIME] << 4 | 2, 0, 0, 0))
        if MID in ids:
            mid = parameters.muxId.encode()
            words += bytes((ids[MID] << 4 | len(mid) - 1,)) + mid
        if _LEVEL in ids and not self.shape.video:
            self._level_at = _HEAD.size + 4 + len(words) + 1
            words += bytes((ids[_LEVEL] << 4, 0x80 | self._level))
        words += bytes(-len(words) % 4)
        self._timed = SEND_TIME in ids
        self._header = bytearray(_HEAD.size) + struct.pack(">HH", 0xBEDE, len(words) // 4) + words

    async def on_feedback(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            self._key_wanted = True

    def send_frame(self, wire: Sender) -> None:
        """The next frame, in one burst as an encoder's packets leave."""
        payloads = self._delta
        if self.shape.video and self._key_wanted:
            self._key_wanted = False
            self.keys += 1
            payloads = self._key
        if self.shape.video:
            for payload in payloads:
                struct.pack_into(">H", payload, 2, 0x8000 | self._frames & 0x7FFF)
        timestamp = self._timestamp()
        self._frames += 1
        header = self._header
        if self._timed:
            sent_at = (ntp.current_ntp_time() >> 14) & 0xFFFFFF
            header[_SEND_TIME_AT : _SEND_TIME_AT + 3] = sent_at.to_bytes(3, "big")
        last = payloads[-1]
        for payload in payloads:
            marked = self._payload_type | (0x80 if payload is last else 0)
            _HEAD.pack_into(header, 0, 0x90, marked, self._number, timestamp, self.ssrc)
            TAG.pack_into(
                payload,
                len(payload) - TAG.size,
                MAGIC,
                self.publisher,
                self.stream,
                self.serial,
                time.monotonic_ns(),
            )
            self._number = (self._number + 1) & 0xFFFF
            self.serial += 1
            self.octets += len(payload)
            wire.send(header, payload)

    def report(self) -> bytes:
        """Sender report and name (RFC 3550 §6.4.1)."""
        sender = RtcpSenderInfo(ntp.current_ntp_time(), self._timestamp(), self.serial, self.octets)
        name = RtcpSdesPacket(chunks=[RtcpSourceInfo(self.ssrc, [(1, self._cname.encode())])])
        return bytes(RtcpSrPacket(self.ssrc, sender)) + bytes(name)

    def _timestamp(self) -> int:
        return (self._origin + int(self._frames * self.shape.clock / self.shape.fps)) & 0xFFFFFFFF


def _frame(shape: Shape, *, key: bool) -> Sequence[bytearray]:
    """Payloads of a frame: for video a descriptor (RFC 7741 §4.2), a VP8 header (RFC 6386 §9.1), and noise."""
    payloads = []
    for index in range(shape.packets):
        payload = bytearray(os.urandom(shape.size))
        if shape.video:
            payload[:4] = bytes((0x90 if index == 0 else 0x80, 0x80, 0x80, 0))
            if index == 0:
                payload[4:14] = _vp8_header(shape, key=key)
        payloads.append(payload)
    return payloads


def _vp8_header(shape: Shape, *, key: bool) -> bytes:
    """Frame tag; a key frame goes on with its start code and 640×360."""
    tag = (0 if key else 1) | 1 << 4 | min(shape.packets * shape.size, 0x7FFFF) << 5
    rest = b"\x9d\x01\x2a" + struct.pack("<HH", 640, 360) if key else os.urandom(7)
    return tag.to_bytes(3, "little") + rest
