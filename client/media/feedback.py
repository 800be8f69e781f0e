"""What we tell the SFU about streams: reports once a second, lost packets and wanted key frames every 25 ms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
)

from client.media.audio_slot import AudioSlot
from client.media.outbound import Outbound
from client.media.seams import Wire
from client.media.video_slot import VideoSlot

TICK_SECONDS: Final = 0.025
_REPORT_SECONDS: Final = 1.0


class Feedback:
    """One timer for all slots: a task each would cost more than the work."""

    def __init__(
        self, wire: Wire, sent: Sequence[Outbound], audio: Sequence[AudioSlot], video: Sequence[VideoSlot]
    ) -> None:
        self._wire = wire
        self._sent = sent
        self._inbound = [slot.inbound for slot in audio] + [slot.inbound for slot in video]
        self._video = video
        self._ssrc = sent[0].ssrc
        self._reported_at = float("-inf")

    async def tick(self, now: float) -> None:
        for slot in self._video:
            missing, key = slot.tick()
            if slot.inbound.ssrc is None:
                continue
            for numbers in rising(missing):
                nack = RtcpRtpfbPacket(
                    fmt=RTCP_RTPFB_NACK, ssrc=self._ssrc, media_ssrc=slot.inbound.ssrc, lost=numbers
                )
                await self._wire.send(bytes(nack))
            if key:
                pli = RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self._ssrc, media_ssrc=slot.inbound.ssrc)
                await self._wire.send(bytes(pli))
        if now - self._reported_at >= _REPORT_SECONDS:
            self._reported_at = now
            await self._report()

    async def _report(self) -> None:
        for outbound in self._sent:
            await self._wire.send(outbound.report())
        reports: list[RtcpReceiverInfo] = []
        for slot in self._inbound:
            if (block := slot.report()) is not None:
                reports.append(block)
        if reports:
            await self._wire.send(bytes(RtcpRrPacket(ssrc=self._ssrc, reports=reports)))


def rising(numbers: Sequence[int]) -> list[list[int]]:
    """The same in pieces that do not wrap: aiortc raises ValueError over 65535 and 0 in one packet."""
    pieces: list[list[int]] = []
    for number in numbers:
        if not pieces or number < pieces[-1][-1]:
            pieces.append([])
        pieces[-1].append(number)
    return pieces
