"""One slot for sound: packets are opened as they come, wait in the jitter buffer, and are decoded when their time is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import av
import numpy as np
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtp import AnyRtcpPacket, RtpPacket

from client.core.clock import Clock
from client.media.codecs import OpusDecoder
from client.media.figures import Flow, SlotFigures
from client.media.inbound import Inbound
from client.media.jitter import Gap, JitterBuffer, Sealed
from client.media.loudness import Loudness
from client.media.sealing import FrameCipher, Lock, Refusal, SlotSeal
from client.media.sources import Samples

# A lost block is covered by the one before, fainter each time; after three it is silence.
_FADES: Final = (0.7, 0.4, 0.15)


class AudioSlot:
    """All on the core's thread: opening and decoding a block takes 40 µs."""

    def __init__(self, mid: str, cipher: FrameCipher, clock: Clock, on_lock: Callable[[], None]) -> None:
        self.mid = mid
        self.inbound = Inbound(clock)
        self._clock = clock
        self._on_lock = on_lock
        self._seal = SlotSeal(cipher, video=False)
        self._jitter = JitterBuffer()
        self._decoder = OpusDecoder()
        self._flow = Flow(clock.monotonic())
        self._last: Samples | None = None
        self._covered = 0
        self._shown_lock = Lock.EMPTY
        self._undecodable = 0
        self._loudness = Loudness()

    def configure(self, parameters: RTCRtpReceiveParameters) -> None:
        self.inbound.configure(parameters)

    def on_rtcp(self, packet: AnyRtcpPacket) -> None:
        self.inbound.on_rtcp(packet)

    def on_rtp(self, packet: RtpPacket) -> None:
        accepted = self.inbound.accept(packet)
        if accepted is None or not accepted.payload:
            return
        opened = self._seal.open(accepted.payload)
        self._tell_lock()
        if isinstance(opened, Refusal):
            if self._seal.state is Lock.LOCKED:
                self._last = None
            return
        self._jitter.put(accepted.sequence_number, Sealed(opened.frame, opened.kid))

    def next(self) -> Samples | None:
        """The block for the next 20 ms; None for silence."""
        block = self._jitter.next()
        if isinstance(block, Gap):
            return self._cover() if block.lost else None
        try:
            samples = self._decoder.decode(block.packet)
        except av.FFmpegError:
            self._undecodable += 1
            return self._cover()
        now = self._clock.monotonic()
        self._flow.frame(now)
        self._loudness.add(samples, now)
        self._last, self._covered = samples, 0
        return samples

    def assign(self) -> None:
        """The map gave the slot to another sender."""
        self._flow.restart(self._clock.monotonic())
        self._seal.empty()
        self._last = None
        self._tell_lock()

    @property
    def lock(self) -> Lock:
        return self._seal.state

    @property
    def kid(self) -> int | None:
        return self._seal.kid

    @property
    def speaking(self) -> bool:
        """Whether who is in the slot is loud right now."""
        return self._loudness.speaking(self._clock.monotonic())

    @property
    def waiting(self) -> int:
        """Blocks in the jitter buffer; each is 20 ms of delay."""
        return self._jitter.waiting

    def figures(self) -> SlotFigures:
        seal, flow = self._seal, self._flow
        return SlotFigures(
            mid=self.mid,
            lock=seal.state,
            kid=seal.kid,
            packets=self.inbound.packets,
            frames=flow.frames,
            locked=seal.refused(Refusal.UNKNOWN_KEY),
            damaged=seal.refused(Refusal.DAMAGED) + self._undecodable,
            replayed=seal.refused(Refusal.REPLAYED),
            lost=self._jitter.lost,
            dropped=self._jitter.late + self._jitter.trimmed,
            freezes=flow.freezes,
            frozen_ms=flow.frozen_ms,
            first_frame_ms=flow.first_frame_ms,
        )

    def _cover(self) -> Samples | None:
        if self._last is None or self._covered >= len(_FADES):
            return None
        fade = _FADES[self._covered]
        self._covered += 1
        return np.asarray(self._last * fade, dtype=np.int16)

    def _tell_lock(self) -> None:
        if self._seal.state is not self._shown_lock:
            self._shown_lock = self._seal.state
            self._on_lock()
