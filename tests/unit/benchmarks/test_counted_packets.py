"""The benchmarks' own measure: a packet that is lost, sent twice or late is seen, and synthetic packets are what they say."""

from __future__ import annotations

import time

from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtcrtpparameters import (
    RTCRtpCodecParameters,
    RTCRtpHeaderExtensionParameters,
    RTCRtpSendParameters,
)
from aiortc.rtp import HeaderExtensionsMap, RtpPacket

from protocol.crypto.frames import Stream
from tests.benchmarks._media_packets import MID, SEND_TIME, TAG, SentStream, video
from tests.benchmarks._media_tally import Census, Slots


class Drain:
    """Keeps what a stream sends."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def send(self, header: bytearray, payload: bytearray) -> None:
        self.packets.append(bytes(header + payload))


def frames(count: int) -> list[bytes]:
    stream, drain = SentStream(3, Stream.VIDEO_HIGH, 77, video(30, 5)), Drain()
    for _ in range(count):
        stream.send_frame(drain)
    return drain.packets


def test_a_census_tells_lost_from_doubled() -> None:
    census, packets = Census(), frames(4)
    for packet in [*packets[:7], *packets[8:], packets[2]]:
        census.heard(77, packet, len(packet))
    assert census.count((3, Stream.VIDEO_HIGH), 0, 20) == (19, 1, 1)
    assert census.count((3, Stream.VIDEO_HIGH), 8, 20) == (12, 0, 0)


def test_a_slot_misses_packets_within_a_turn_and_none_between_turns() -> None:
    slots, packets = Slots(), frames(4)
    other = bytearray(packets[0])
    TAG.pack_into(
        other,
        len(other) - TAG.size,
        *TAG.unpack_from(other, len(other) - TAG.size)[:1],
        9,
        1,
        500,
        time.monotonic_ns(),
    )
    for packet in [*packets[:3], *packets[5:7], bytes(other), *packets[15:18], packets[16]]:
        slots.heard(77, packet, len(packet))
    assert (slots.lost, slots.duplicated, slots.turns, slots.received) == (2, 1, 2, 10)


def test_a_packet_that_comes_after_the_next_is_not_lost() -> None:
    slots, packets = Slots(), frames(2)
    for at in (0, 1, 3, 2, 4):
        slots.heard(77, packets[at], len(packets[at]))
    assert (slots.lost, slots.duplicated) == (0, 0)


def test_synthetic_packets_are_vp8_with_a_key_frame_first() -> None:
    parameters = RTCRtpSendParameters(
        codecs=[RTCRtpCodecParameters("video/VP8", 90_000, payloadType=97)],
        headerExtensions=[
            RTCRtpHeaderExtensionParameters(1, MID),
            RTCRtpHeaderExtensionParameters(3, SEND_TIME),
        ],
        muxId="11",
    )
    stream, drain = SentStream(3, Stream.VIDEO_HIGH, 77, video(30, 5)), Drain()
    stream.configure(parameters)
    stream.send_frame(drain)
    stream.send_frame(drain)
    extensions = HeaderExtensionsMap()
    extensions.configure(parameters)
    packets = [RtpPacket.parse(data, extensions) for data in drain.packets]
    assert {packet.extensions.mid for packet in packets} == {"11"}
    assert all(packet.extensions.abs_send_time for packet in packets)
    assert [packet.marker for packet in packets] == [0, 0, 0, 0, 1] * 2
    assert [packet.sequence_number - packets[0].sequence_number for packet in packets] == list(range(10))
    assert {packet.timestamp - packets[0].timestamp for packet in packets} == {0, 3000}
    described = [VpxPayloadDescriptor.parse(packet.payload) for packet in packets]
    assert [each.picture_id for each, _ in described] == [0] * 5 + [1] * 5
    assert [each.partition_start for each, _ in described] == [1, 0, 0, 0, 0] * 2
    # The first bit of a VP8 frame is 0 in a key frame (RFC 6386 §9.1).
    assert (described[0][1][0] & 1, described[5][1][0] & 1) == (0, 1)
    assert described[0][1][3:6] == b"\x9d\x01\x2a"
