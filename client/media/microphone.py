"""What we say: one block every 20 ms, encoded, sealed and sent."""

from __future__ import annotations

from contextlib import aclosing

from client.core.clock import Clock
from client.media.codecs import OpusEncoder, level_dbov
from client.media.loudness import Loudness
from client.media.outbound import Outbound
from client.media.sealing import FrameCipher
from client.media.sources import AudioSource, Samples
from client.media.streams import BLOCK_SAMPLES
from protocol.crypto.frames import Stream


class Microphone:
    """Sends a source until cancelled. Encoding takes 0.15 ms on the core's thread."""

    def __init__(self, outbound: Outbound, cipher: FrameCipher, clock: Clock) -> None:
        self._outbound = outbound
        self._cipher = cipher
        self._clock = clock
        self._loudness = Loudness()
        self._encoder = OpusEncoder()
        self._at = 0
        self.sent = 0
        self.unsealed = 0

    @property
    def speaking(self) -> bool:
        return self._loudness.speaking(self._clock.monotonic())

    async def run(self, source: AudioSource) -> None:
        async with aclosing(source.blocks()) as blocks:
            async for block in blocks:
                await self._send(block)

    async def _send(self, block: Samples) -> None:
        self._at += BLOCK_SAMPLES
        self._loudness.add(block, self._clock.monotonic())
        packet = self._encoder.encode(block)
        if not self._outbound.ready:
            return
        sealed = self._cipher.seal(Stream.AUDIO, packet)
        if sealed is None:
            # No epoch yet: nothing leaves in the clear.
            self.unsealed += 1
            return
        await self._outbound.send([sealed], self._at, level_dbov(block))
        self.sent += 1
