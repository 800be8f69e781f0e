"""Frames out of packets that come late, twice, in disorder or never."""

from __future__ import annotations

import random

from client.media.assembly import PATIENCE_SECONDS, EncodedFrame, FrameAssembly
from client.media.camera import packetize

KEY = b"\x00" + b"k" * 3000
DELTA = b"\x01" + b"d" * 2600


class Wire:
    """Numbers the packets of frames as a sender does."""

    def __init__(self, first: int = 100) -> None:
        self.number = first
        self.timestamp = 0

    def frame(self, data: bytes) -> list[tuple[int, int, bytes, bool]]:
        payloads = packetize(data, 5)
        self.timestamp += 3000
        packets = []
        for index, payload in enumerate(payloads):
            packets.append((self.number & 0xFFFF, self.timestamp, payload, index == len(payloads) - 1))
            self.number += 1
        return packets


def feed(
    assembly: FrameAssembly, packets: list[tuple[int, int, bytes, bool]], now: float = 0.0
) -> list[EncodedFrame]:
    return [frame for packet in packets for frame in assembly.add(*packet, now)]


def test_a_frame_is_released_by_its_own_last_packet() -> None:
    wire, assembly = Wire(), FrameAssembly()
    first, last = wire.frame(KEY)[:-1], Wire().frame(KEY)[-1:]
    assert feed(assembly, first) == []
    assert feed(assembly, last) == [EncodedFrame(KEY, key=True, after_hole=False)]


def test_packets_in_any_order_make_the_same_frames_also_over_the_end_of_the_numbers() -> None:
    for seed in range(20):
        wire, assembly = Wire(first=0x10000 - 4), FrameAssembly()
        frames = [KEY, DELTA, DELTA + b"2", DELTA + b"3"]
        packets = [packet for frame in frames for packet in wire.frame(frame)]
        tail = packets[1:]
        random.Random(seed).shuffle(tail)
        got = feed(assembly, packets[:1] + tail + tail)
        assert [frame.data for frame in got] == frames
        assert not any(frame.after_hole for frame in got)


def test_a_hole_is_asked_for_a_few_times_and_then_given_up() -> None:
    wire, assembly = Wire(), FrameAssembly()
    feed(assembly, wire.frame(KEY))
    broken, whole = wire.frame(DELTA), wire.frame(DELTA + b"2")
    lost = broken.pop(1)[0]
    assert feed(assembly, broken + whole, now=0.0) == []
    asked = [numbers for step in range(50) if (numbers := assembly.missing(step * 0.01))]
    assert asked == [[lost]] * 4
    assert assembly.due(PATIENCE_SECONDS - 0.01) == []
    assert assembly.due(PATIENCE_SECONDS) == [EncodedFrame(DELTA + b"2", key=False, after_hole=True)]
    assert assembly.lost_frames == 1
    assert assembly.missing(9.0) == []


def test_a_packet_that_comes_again_in_time_costs_nothing() -> None:
    wire, assembly = Wire(), FrameAssembly()
    feed(assembly, wire.frame(KEY))
    broken, whole = wire.frame(DELTA), wire.frame(DELTA + b"2")
    late = broken.pop(1)
    feed(assembly, broken + whole)
    assert [frame.data for frame in feed(assembly, [late], now=0.1)] == [DELTA, DELTA + b"2"]
    assert assembly.lost_frames == 0


def test_a_whole_key_frame_makes_a_hole_unimportant() -> None:
    wire, assembly = Wire(), FrameAssembly()
    feed(assembly, wire.frame(KEY))
    broken = wire.frame(DELTA)
    del broken[1]
    assert feed(assembly, broken) == []
    assert feed(assembly, wire.frame(KEY + b"2")) == [EncodedFrame(KEY + b"2", key=True, after_hole=True)]


def test_a_cut_inside_a_frame_drops_that_frame_alone() -> None:
    wire, assembly = Wire(), FrameAssembly()
    feed(assembly, wire.frame(KEY))
    half = wire.frame(DELTA)[:-1]
    wire.number -= 1
    assert feed(assembly, half) == []
    assert feed(assembly, wire.frame(KEY + b"of another")) == [
        EncodedFrame(KEY + b"of another", key=True, after_hole=True)
    ]


def test_padding_between_frames_is_no_hole() -> None:
    wire, assembly = Wire(), FrameAssembly()
    feed(assembly, wire.frame(KEY))
    assert feed(assembly, [(wire.number, 0, b"", False)]) == []
    wire.number += 1
    assert feed(assembly, wire.frame(DELTA)) == [EncodedFrame(DELTA, key=False, after_hole=False)]


def test_numbers_that_jump_begin_anew() -> None:
    wire, assembly = Wire(), FrameAssembly()
    feed(assembly, wire.frame(KEY))
    wire.number += 20_000
    assert feed(assembly, wire.frame(KEY)) == [EncodedFrame(KEY, key=True, after_hole=True)]


def test_what_waits_is_bounded() -> None:
    wire, assembly = Wire(), FrameAssembly()
    feed(assembly, wire.frame(DELTA))
    wire.number += 1
    got = feed(assembly, [packet for _ in range(1000) for packet in wire.frame(DELTA)], now=0.0)
    assert len(got) > 800
    assert len(assembly.missing(0.0)) <= 64


def test_nonsense_is_no_packet() -> None:
    assembly = FrameAssembly()
    assert assembly.add(1, 0, b"\x80", True, 0.0) == []
    assert assembly.add(2, 0, b"\x80\x80", True, 0.0) == []
    assert assembly.due(0.0) == []
