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
from client.meetings.media.codecs import VIDEO_CLOCK, Vp8Encoder
from client.meetings.media.outbound import Outbound
from client.meetings.media.sealing import FrameCipher
from client.meetings.media.sources import VideoSource
from client.meetings.media.streams import Layer
from protocol.crypto.frames import Stream

# With headers, extensions, SRTP and a tunnel around it, a packet stays below 1500 bytes.
_PAYLOAD_MOST: Final = 1200
_KEY_AGAIN_SECONDS: Final = 0.5
# Not asked for but begun for newcomers: theirs must not wait for the pause after the last that was asked for, which they could not open.
_BEGIN_AGAIN_SECONDS: Final = 0.25
# A camera that promises 25 frames gives 24 or 26: a frame a little early is not too many.
_EARLY: Final = 0.8


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
        self._key_at = float("-inf")
        self._begun_at = float("-inf")
        self._begin = False
        self._newest: av.VideoFrame | None = None
        self._came = asyncio.Event()
        self.sent = 0
        self.skipped = 0
        self.unsealed = 0

    def offer(self, picture: av.VideoFrame) -> None:
        """The next picture to send, in the place of one that still waits."""
        self.skipped += self._newest is not None
        self._newest = picture
        self._came.set()

    def begin(self) -> None:
        """Somebody can open pictures from now on: the next is a key frame."""
        self._begin = True

    async def run(self, layer: Layer) -> None:
        """Send what is offered, at most `layer.fps` pictures a second, until cancelled; begins with a key frame."""
        encoder = Vp8Encoder(layer)
        loop = asyncio.get_running_loop()
        self._newest = None
        self._came.clear()
        last = float("-inf")
        while True:
            await self._came.wait()
            self._came.clear()
            picture, self._newest = self._newest, None
            now = self._clock.monotonic()
            if picture is None or not self._outbound.ready or now - last < _EARLY / layer.fps:
                continue
            last = now
            at = int((now - self._start) * VIDEO_CLOCK)
            sealed = await loop.run_in_executor(
                self._executor, self._encode, encoder, picture, at, self._key_due(now)
            )
            if sealed:
                await self._outbound.send(packetize(sealed, self._picture_id), at)
                self._picture_id = (self._picture_id + 1) % 0x8000
                self.sent += 1

    def _key_due(self, now: float) -> bool:
        if self._begin and now - self._begun_at >= _BEGIN_AGAIN_SECONDS:
            self._begin, self._begun_at, self._key_at = False, now, now
            self._outbound.key_wanted = False
            return True
        if not self._outbound.key_wanted or now - self._key_at < _KEY_AGAIN_SECONDS:
            return False
        self._key_at = now
        self._outbound.key_wanted = False
        return True

    def _encode(self, encoder: Vp8Encoder, picture: av.VideoFrame, at: int, key: bool) -> bytes:
        frame = encoder.encode(picture, at, key)
        if not frame:
            return b""
        sealed = self._cipher.seal(self._stream, frame)
        if sealed is None:
            # No epoch yet: nothing leaves in the clear, and the first frame that does leave must be a key frame.
            self.unsealed += 1
            self._outbound.key_wanted = True
        return sealed or b""


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
