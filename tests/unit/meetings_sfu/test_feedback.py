"""What is missing, how it is asked for, and what is reported: beside aiortc's reading of it."""

from __future__ import annotations

import pytest
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    RtpPacket,
)
from hypothesis import given
from hypothesis import strategies as some

from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.feedback import Feedback, KeyWanted, Missing, Report, read_feedback
from server_stub.meetings.sfu.gaps import Gaps
from server_stub.meetings.sfu.reception import Reception
from server_stub.meetings.sfu.reports import Sent, compound, nack, pli


@given(some.integers(0, 0xFFFF), some.sets(some.integers(0, 400), min_size=1))
def test_requests_name_exactly_what_is_missing(start: int, offsets: set[int]) -> None:
    missing = [start + offset & 0xFFFF for offset in sorted(offsets)]
    (packet,) = RtcpPacket.parse(nack(1, 2, missing))
    assert isinstance(packet, RtcpRtpfbPacket)
    assert [number & 0xFFFF for number in packet.lost] == missing
    assert (packet.ssrc, packet.media_ssrc) == (1, 2)


def test_a_request_for_a_key_frame() -> None:
    (packet,) = RtcpPacket.parse(pli(1, 2))
    assert isinstance(packet, RtcpPsfbPacket)
    assert (packet.fmt, packet.ssrc, packet.media_ssrc) == (1, 1, 2)


def test_a_compound_reports_slots_and_streams_and_says_our_name() -> None:
    blocks = [Reception(90_000).block(5, 0.0)]
    sent = [Sent(11, 12, 13, 14), Sent(21, 22, 1 << 33, 24)]
    *senders, receiver, names = RtcpPacket.parse(compound(7, "jinshu", sent, blocks, 1000.25))
    assert [packet.ssrc for packet in senders if isinstance(packet, RtcpSrPacket)] == [11, 21]
    first = senders[0]
    assert isinstance(first, RtcpSrPacket)
    assert (first.sender_info.rtp_timestamp, first.sender_info.packet_count) == (12, 13)
    assert first.sender_info.ntp_timestamp == (2_208_988_800 + 1000 << 32) + (1 << 30)
    assert isinstance(receiver, RtcpRrPacket)
    assert (receiver.ssrc, [report.ssrc for report in receiver.reports]) == (7, [5])
    assert isinstance(names, RtcpSdesPacket)
    assert names.chunks[0].items == [(1, b"jinshu")]


def test_in_an_empty_meeting_there_is_still_a_sign_of_life() -> None:
    receiver, _ = RtcpPacket.parse(compound(7, "jinshu", [], [], 0.0))
    assert isinstance(receiver, RtcpRrPacket)
    assert receiver.reports == []


@given(some.integers(0, 0xFFFF), some.lists(some.integers(-3, 5), max_size=80))
def test_reports_count_as_aiortc_counts(start: int, steps: list[int]) -> None:
    ours, theirs = Reception(90_000), StreamStatistics(90_000)
    sequence, highest = start, start
    for step in [0, *steps]:
        sequence = max(start, highest + step)
        highest = max(highest, sequence)
        ours.packet(sequence & 0xFFFF, 0, 0.0)
        theirs.add(RtpPacket(payload_type=97, sequence_number=sequence & 0xFFFF, timestamp=0))
    block = RtcpReceiverInfo.parse(ours.block(9, 0.0))
    assert block.highest_sequence == theirs.cycles + (theirs.max_seq or 0)
    assert block.packets_lost == max(0, theirs.packets_lost)
    assert block.fraction_lost == theirs.fraction_lost
    assert ours.received == len(steps) + 1


def test_a_report_is_about_the_time_since_the_last() -> None:
    reception = Reception(90_000)
    for sequence in (1, 2, 3, 5):
        reception.packet(sequence, 0, 0.0)
    assert RtcpReceiverInfo.parse(reception.block(9, 0.0)).fraction_lost == 256 // 5
    assert RtcpReceiverInfo.parse(reception.block(9, 0.0)).fraction_lost == 0
    reception.sender_report(0x1234_5678_9ABC_DEF0, 1.0)
    block = RtcpReceiverInfo.parse(reception.block(9, 1.5))
    assert (block.lsr, block.dlsr, block.packets_lost) == (0x5678_9ABC, 32_768, 1)
    # Who begins anew has lost nothing in between.
    reception.packet(40_000, 0, 2.0)
    block = RtcpReceiverInfo.parse(reception.block(9, 2.0))
    assert (block.fraction_lost, block.packets_lost, block.highest_sequence) == (0, 0, 40_000)


def test_what_is_missing_is_asked_for_again_until_it_is_worth_nothing() -> None:
    gaps = Gaps()
    assert gaps.seen(65_534, 0.0)
    assert not gaps.open
    assert gaps.seen(1, 0.0)
    assert gaps.open
    assert gaps.due(0.0) == [65_535, 0]
    assert gaps.due(0.05) == []
    assert gaps.seen(0, 0.05)
    assert not gaps.seen(0, 0.05)
    times = [now / 100 for now in range(6, 60) if gaps.due(now / 100)]
    assert len(times) == 5
    assert times[-1] < 0.5
    assert not gaps.open
    assert not gaps.seen(65_535, 0.6)


def test_what_is_repeated_or_too_late_is_not_passed_on() -> None:
    gaps = Gaps()
    assert [gaps.seen(number, 0.0) for number in (10, 10, 9, 12, 11, 11, 12)] == [
        True,
        False,
        False,
        True,
        True,
        False,
        False,
    ]


def test_so_much_is_not_asked_for_that_it_would_be_a_flood() -> None:
    gaps = Gaps()
    gaps.seen(0, 0.0)
    assert gaps.seen(500, 0.0)
    assert gaps.due(0.0) == []
    assert gaps.seen(20_000, 0.0)
    assert gaps.due(0.0) == []
    assert gaps.seen(20_002, 0.0)
    assert gaps.due(0.0) == [20_001]
    gaps.restart()
    assert gaps.seen(20_005, 0.0)
    assert gaps.due(1.0) == []


def test_a_bucket_gives_at_once_what_is_in_it_and_then_what_flows_in() -> None:
    bucket = Bucket(3, 2)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(0.5) for _ in range(2)] == [True, False]
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(999.0)


ssrcs = some.integers(0, 0xFFFF_FFFF)
blocks = some.builds(
    RtcpReceiverInfo, ssrcs, some.just(0), some.just(0), ssrcs, some.just(0), some.just(0), some.just(0)
)
infos = some.builds(RtcpSenderInfo, some.integers(0, (1 << 64) - 1), ssrcs, ssrcs, ssrcs)
chunks = some.builds(RtcpSourceInfo, ssrcs, some.just([(1, b"name")]))
lost = some.sets(some.integers(0, 0xFFFF), min_size=1, max_size=40).map(sorted)
said = some.one_of(
    some.builds(RtcpSrPacket, ssrcs, infos, some.lists(blocks, max_size=3)),
    some.builds(RtcpRrPacket, ssrcs, some.lists(blocks, max_size=31)),
    some.builds(RtcpSdesPacket, some.lists(chunks, max_size=2)),
    some.builds(RtcpByePacket, some.lists(ssrcs, max_size=3)),
    some.builds(RtcpRtpfbPacket, some.sampled_from([1, 15]), ssrcs, ssrcs, lost),
    some.builds(
        RtcpPsfbPacket,
        some.sampled_from([1, 4, 15]),
        ssrcs,
        ssrcs,
        some.binary(max_size=3).map(lambda b: b * 4),
    ),
)


def as_aiortc_reads(packet: AnyRtcpPacket) -> Feedback | None:
    if isinstance(packet, RtcpSrPacket):
        return Report(packet.ssrc, packet.sender_info.ntp_timestamp)
    if isinstance(packet, RtcpRtpfbPacket):
        return Missing(packet.media_ssrc, bytes(packet)[12:]) if packet.fmt == 1 else None
    if isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
        named = packet.fmt == RTCP_PSFB_FIR and len(packet.fci) >= 4
        return KeyWanted(int.from_bytes(packet.fci[:4], "big") if named else packet.media_ssrc)
    return None


@given(some.lists(said, min_size=1, max_size=5))
def test_feedback_is_read_as_aiortc_reads_it(packets: list[AnyRtcpPacket]) -> None:
    data = b"".join(bytes(packet) for packet in packets)
    ours = read_feedback(data)
    assert ours == [
        read for packet in RtcpPacket.parse(data) if (read := as_aiortc_reads(packet)) is not None
    ]
    numbers = [list(each.sequences()) for each in ours if isinstance(each, Missing)]
    theirs = [
        [number & 0xFFFF for number in packet.lost]
        for packet in RtcpPacket.parse(data)
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == 1
    ]
    assert numbers == theirs


@given(some.lists(said, max_size=3), some.binary(max_size=60), some.integers(0, 200), some.integers(0, 255))
def test_whatever_comes_is_read_or_refused(
    packets: list[AnyRtcpPacket], noise: bytes, place: int, byte: int
) -> None:
    data = bytearray(b"".join(bytes(packet) for packet in packets) + noise)
    if data:
        data[place % len(data)] = byte
    try:
        found = read_feedback(bytes(data))
    except ValueError:
        return
    assert (
        sum(len(list(each.sequences())) for each in found if isinstance(each, Missing)) <= 17 * len(data) / 4
    )


@pytest.mark.parametrize(
    "packet",
    [
        b"\x80",
        b"\x80\xc9\x00\x01",
        b"\x40\xc9\x00\x00",
        b"\x80\xc8\x00\x01" + bytes(4),
        b"\x81\xce\x00\x01" + bytes(4),
        b"\xa1\xce\x00\x02" + bytes(7) + b"\x0c",
        b"\xa1\xce\x00\x02" + bytes(8),
        pli(1, 2) + b"\x80",
    ],
)
def test_what_is_no_rtcp_is_refused_as_a_whole(packet: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_feedback(packet)


def test_padding_is_no_part_of_what_is_said() -> None:
    packet = b"\xa1\xcd\x00\x04" + bytes(7) + b"\x05" + b"\x00\x07\x00\x01" + b"\x00\x00\x00\x04"
    (missing,) = read_feedback(packet)
    assert isinstance(missing, Missing)
    assert (missing.ssrc, list(missing.sequences())) == (5, [7, 8])
