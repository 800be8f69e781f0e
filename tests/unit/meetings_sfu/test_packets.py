"""Headers, extensions and VP8 descriptors, beside aiortc's own reading of them, and over any bytes at all."""

from __future__ import annotations

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket
from hypothesis import given
from hypothesis import strategies as some

from server_stub.meetings.sfu.burst import Packet
from server_stub.meetings.sfu.extensions import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    MID,
    Ids,
    block,
    level_of,
    send_time,
)
from server_stub.meetings.sfu.history import History
from server_stub.meetings.sfu.packets import distance, read_head
from server_stub.meetings.sfu.vp8 import Vp8, read_vp8

KEY = b"\x10\x02\x00\x9d\x01\x2a\x80\x02\x68\x01"


def mapping(mid: int, level: int, send: int) -> HeaderExtensionsMap:
    made = HeaderExtensionsMap()
    pairs = ((mid, MID), (level, AUDIO_LEVEL), (send, ABS_SEND_TIME))
    made.configure(
        RTCRtpParameters(headerExtensions=[RTCRtpHeaderExtensionParameters(id=i, uri=u) for i, u in pairs])
    )
    return made


numbers = some.integers(0, 0xFFFF)


@given(
    marker=some.integers(0, 1),
    sequence=numbers,
    timestamp=some.integers(0, 0xFFFFFFFF),
    csrc=some.lists(some.integers(0, 0xFFFFFFFF), max_size=15),
    payload=some.binary(max_size=50),
    padding=some.integers(0, 20),
    level=some.none() | some.integers(0, 127),
)
def test_a_head_is_read_as_aiortc_wrote_it(  # type: ignore[no-untyped-def]
    marker, sequence, timestamp, csrc, payload, padding, level
) -> None:
    packet = RtpPacket(
        payload_type=96, marker=marker, sequence_number=sequence, timestamp=timestamp, ssrc=7, payload=payload
    )
    packet.csrc, packet.padding_size = csrc, padding
    packet.extensions.mid = "0"
    if level is not None:
        packet.extensions.audio_level = (True, level)
    data = packet.serialize(mapping(1, 2, 3))
    head = read_head(data)
    assert head is not None
    assert (head.payload_type, head.sequence, head.timestamp, head.ssrc) == (96, sequence, timestamp, 7)
    assert bool(head.marker) == bool(marker)
    assert data[head.start : head.end] == payload
    assert level_of(data, head, 2) == level
    assert level_of(data, head, 0) is None


@given(some.binary(max_size=80), some.integers(0, 14))
def test_any_bytes_are_read_or_refused(data: bytes, wanted: int) -> None:
    for packet in (data, b"\x90\x60" + data, b"\xb0\x60" + data):
        head = read_head(packet)
        if head is not None:
            assert 12 <= head.start <= head.end <= len(packet)
            level = level_of(packet, head, wanted)
            assert level is None or 0 <= level <= 127
            vp8 = read_vp8(packet, head)
            assert vp8 is None or vp8.picture_at + 2 * bool(vp8.picture_at) <= head.end - head.start


@given(some.integers(1, 14), some.integers(0, 127), some.integers(0, (1 << 24) - 1), some.integers(0, 14))
def test_a_block_says_to_a_receiver_what_was_meant_and_no_mid(
    level_id: int, level: int, at: int, send: int
) -> None:
    ids = Ids(send if send != level_id else 0, level_id)
    header = b"\x90\x60" + bytes(10)
    packet = RtpPacket.parse(header + block(ids, at, level) + b"payload", mapping(0, *ids[::-1]))
    assert packet.payload == b"payload"
    assert packet.extensions.audio_level == (level < 127, level)
    assert packet.extensions.abs_send_time == (at if ids.abs_send_time else None)
    assert packet.extensions.mid is None


def test_nothing_to_say_is_no_block() -> None:
    assert block(Ids(), 5, 5) == b""
    assert block(Ids(0, 3), 5, None) == b""


def test_send_time_is_six_bits_of_seconds_and_eighteen_of_their_parts() -> None:
    # 1970 is 2 208 988 800 s after 1900: 0 modulo 64.
    assert send_time(0.0) == 2_208_988_800 % 64 << 18
    assert send_time(1.5) - send_time(0.0) == 3 << 17
    assert send_time(64.0) == send_time(0.0)


def vp8_of(payload: bytes) -> Vp8 | None:
    packet = b"\x80\x60" + bytes(10) + payload
    head = read_head(packet)
    assert head is not None
    return read_vp8(packet, head)


@given(
    first=some.integers(0, 1),
    partition=some.integers(0, 7),
    picture=some.none() | some.integers(0, 0x7FFF),
    tl0=some.none() | some.integers(0, 255),
    tid=some.none() | some.tuples(some.integers(0, 3), some.integers(0, 1)),
    key=some.booleans(),
)
def test_a_descriptor_is_read_as_aiortc_wrote_it(first, partition, picture, tl0, tid, key) -> None:  # type: ignore[no-untyped-def]
    descriptor = bytes(
        VpxPayloadDescriptor(
            partition_start=first, partition_id=partition, picture_id=picture, tl0picidx=tl0, tid=tid
        )
    )
    vp8 = vp8_of(descriptor + (KEY if key else b"\x11" + KEY[1:]))
    assert vp8 is not None
    assert vp8.key is (key and first == 1 and partition == 0)
    assert (vp8.picture_at, vp8.picture) == ((2, picture) if picture is not None else (0, 0))


def test_a_picture_id_of_seven_bits_stays_as_it_is() -> None:
    assert vp8_of(b"\x90\x80\x05" + KEY) == Vp8(0, 0, True)


def test_what_only_looks_like_a_key_frame_is_none() -> None:
    start = b"\x10"
    assert vp8_of(start + KEY) == Vp8(0, 0, True)
    for frame in (KEY[:9], b"\x11" + KEY[1:], KEY[:3] + b"\x9d\x01\x2b" + KEY[6:], b""):
        assert vp8_of(start + frame) == Vp8(0, 0, False)


@pytest.mark.parametrize("payload", [b"\x80", b"\x80\x80", b"\x80\x80\x80", b"\x80\x40", b"\x80\x20"])
def test_a_descriptor_that_ends_too_soon_is_none(payload: bytes) -> None:
    assert vp8_of(payload) is None


def test_distance_is_the_shorter_way_round() -> None:
    assert distance(1, 65_535) == 2
    assert distance(65_535, 1) == -2
    assert (distance(0x8000, 0), distance(0, 0x8000)) == (-0x8000, -0x8000)


def test_history_knows_the_last_512() -> None:
    history = History()
    for number in range(600):
        history.keep(Packet(number, 0, 0, b""))
    assert history.find(87) is None
    assert history.find(88) == Packet(88, 0, 0, b"")
    assert history.find(600) is None
    history.forget()
    assert history.find(88) is None
