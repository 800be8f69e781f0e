"""Requests for packets over the wrap of their numbers."""

from __future__ import annotations

from aiortc.rtp import RTCP_RTPFB_NACK, RtcpPacket, RtcpRtpfbPacket

from client.media.feedback import rising


def test_numbers_that_wrap_are_asked_for_in_two_packets() -> None:
    assert rising([]) == []
    assert rising([65_534, 65_535, 0, 3]) == [[65_534, 65_535], [0, 3]]
    for numbers in rising([65_534, 65_535, 0, 3]):
        packet = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=2, lost=numbers)
        (read,) = RtcpPacket.parse(bytes(packet))
        assert isinstance(read, RtcpRtpfbPacket)
        assert read.lost == numbers
