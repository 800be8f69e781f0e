"""What we show: each picture of one source goes to every layer that has time for it; nobody waits for a slow one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import aclosing
from typing import Final

import av
from aiortc.codecs.vpx import VpxPayloadDescriptor

from client.core.clock import Clock
from client.core.tasks import wait_at_most
from client.media.codecs import VIDEO_CLOCK, Vp8Encoder
from client.media.outbound import Outbound
from client.media.schedule import PictureSchedule
from client.media.sealing import FrameCipher
from client.media.sources import VideoSource
from client.media.streams import Layer
from protocol.crypto.frames import Stream

# With headers, extensions, SRTP and a tunnel around it, a packet stays below 1500 bytes.
_PAYLOAD_MOST: Final = 1200


class LayerSender:
    """One encoding of a source on one m-line. Encoding and sealing run in the executor, one frame at a time."""

    def __init__(
        self, stream: Stream, outbound: Outbound, cipher: FrameCipher, clock: Clock, executor: Executor
    ) -> None:
        self._stream = stream
        self._outbound = outbound
        self._cipher = cipher
        self._clock = clock
        self._executor = executor
        self._start = clock.monotonic()
        self._picture_id = 0
        self._schedule = PictureSchedule()
        self._newest: av.VideoFrame | None = None
        self._news = asyncio.Event()
        outbound.listen(self._news.set)
        self.sent = 0
        self.unsealed = 0

    def offer(self, picture: av.VideoFrame) -> None:
        """The next picture to send, in the place of the one before; it is kept, and sent again when it is asked for."""
        self._newest = picture
        self._schedule.came(self._clock.monotonic())
        self._news.set()

    def begin(self) -> None:
        """A receiver can open pictures from now on: the next is a key frame."""
        self._schedule.begin()
        self._news.set()

    async def run(self, layer: Layer) -> None:
        """Send what is offered, at most `layer.fps` pictures a second, until cancelled; begins with a key frame."""
        encoder = Vp8Encoder(layer)
        self._newest = None
        self._schedule.restart(layer.fps)
        while True:
            self._news.clear()
            if self._outbound.key_wanted:
                self._outbound.key_wanted = False
                self._schedule.want_key()
            wait = self._schedule.due - self._clock.monotonic()
            if self._newest is None or not self._outbound.ready:
                await self._news.wait()
            elif wait > 0:
                await wait_at_most(self._news, self._clock, wait)
            else:
                await self._send(encoder, self._newest)

    async def _send(self, encoder: Vp8Encoder, picture: av.VideoFrame) -> None:
        now = self._clock.monotonic()
        at = int((now - self._start) * VIDEO_CLOCK)
        key = self._schedule.send(now)
        loop = asyncio.get_running_loop()
        sealed = await loop.run_in_executor(self._executor, self._encode, encoder, picture, at, key)
        if sealed is None:
            # No epoch yet: nothing leaves in the clear, and the first frame that does leave must be a key frame.
            self.unsealed += 1
            self._schedule.want_key()
        elif sealed:
            await self._outbound.send(packetize(sealed, self._picture_id), at)
            self._picture_id = (self._picture_id + 1) % 0x8000
            self.sent += 1
        elif key:
            self._schedule.want_key()

    def _encode(self, encoder: Vp8Encoder, picture: av.VideoFrame, at: int, key: bool) -> bytes | None:
        """In the worker; empty when the encoder passed the picture over, None when there is no key to seal it."""
        frame = encoder.encode(picture, at, key)
        return self._cipher.seal(self._stream, frame) if frame else b""


class Camera:
    """Feeds one source to its layers until cancelled."""

    def __init__(self, layers: Sequence[LayerSender]) -> None:
        self._layers = layers

    async def run(self, source: VideoSource) -> None:
        async with aclosing(source.frames()) as pictures:
            async for picture in pictures:
                for layer in self._layers:
                    layer.offer(picture)


def packetize(frame: bytes, picture_id: int) -> list[bytes]:
    """RTP payloads of one VP8 frame (RFC 7741 §4.2): one partition, picture id of 15 bits."""
    payloads = []
    for start in range(0, len(frame), _PAYLOAD_MOST):
        descriptor = VpxPayloadDescriptor(
            partition_start=int(start == 0), partition_id=0, picture_id=picture_id
        )
        payloads.append(bytes(descriptor) + frame[start : start + _PAYLOAD_MOST])
    return payloads
