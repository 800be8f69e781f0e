"""VP8 and Opus as a meeting uses them, through PyAV. All calls block: pictures belong into a worker's thread.

aiortc's own encoders are not used: they clamp the bitrate to 250 kbit/s and more, speak stereo, and know no place for a seal.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from client.media.sources import Samples
from client.media.streams import BLOCK_SAMPLES, SAMPLE_RATE, Layer

VIDEO_CLOCK: Final = 90_000
OPUS_BITRATE: Final = 32_000
_GOP: Final = 3000
_VP8_REALTIME: Final = {
    "cpu-used": "-6",
    "deadline": "realtime",
    "lag-in-frames": "0",
    "noise-sensitivity": "4",
    "overshoot-pct": "15",
    "partitions": "0",
    "static-thresh": "1",
    "undershoot-pct": "100",
}


class Vp8Encoder:
    """Fits pictures into its layer and encodes them; a key frame only at the start and when asked."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._codec: VideoCodecContext | None = None
        self._reformatter = VideoReformatter()

    def encode(self, picture: av.VideoFrame, at: int, key: bool) -> bytes:
        """One frame; `at` in 1/90000 s, rising. Empty when the encoder's rate control dropped the picture."""
        width, height = self._layer.fit(picture.width, picture.height)
        fitted = self._reformatter.reformat(picture, width=width, height=height, format="yuv420p")
        if fitted is picture:
            # The picture may be shared with another layer, whose key frames are not ours.
            fitted = av.VideoFrame.from_ndarray(picture.to_ndarray(), format="yuv420p")
        codec = self._codec
        if codec is None or (codec.width, codec.height) != (width, height):
            codec = self._codec = _vp8_encoder(width, height, self._layer)
        fitted.pts = at
        fitted.time_base = Fraction(1, VIDEO_CLOCK)
        fitted.pict_type = PictureType.I if key else PictureType.NONE
        return b"".join(bytes(packet) for packet in codec.encode(fitted))


def _vp8_encoder(width: int, height: int, layer: Layer) -> VideoCodecContext:
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height = width, height
    codec.pix_fmt = "yuv420p"
    codec.bit_rate = layer.bitrate
    codec.gop_size = _GOP
    codec.qmin, codec.qmax = 2, 56
    # 1/90000 s, so that the frame rate may vary: rate control follows the time stamps.
    codec.time_base = Fraction(1, VIDEO_CLOCK)
    codec.framerate = Fraction(layer.fps, 1)
    # Equal minimum and maximum mean a constant rate; the buffer is one second.
    rate = str(layer.bitrate)
    codec.options = {**_VP8_REALTIME, "bufsize": rate, "minrate": rate, "maxrate": rate}
    # One thread: three layers and nine decoders share an office PC's two cores.
    codec.thread_count = 1
    return codec


class Vp8Decoder:
    """One stream's decoder; it lives on from sender to sender, as every one of them begins with a key frame."""

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("libvpx", "r")
        self._codec.thread_count = 1

    def decode(self, frame: bytes) -> av.VideoFrame | None:
        """The picture, or None for a frame that shows nothing.

        Raises:
            av.FFmpegError: not VP8, or a reference is missing.
        """
        pictures = self._codec.decode(av.Packet(frame))
        return pictures[-1] if pictures else None


class OpusEncoder:
    """Speech, mono, one packet for each block."""

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("libopus", "w")
        self._codec.bit_rate = OPUS_BITRATE
        self._codec.format = av.AudioFormat("s16")
        self._codec.layout = av.AudioLayout("mono")
        self._codec.sample_rate = SAMPLE_RATE
        self._codec.time_base = Fraction(1, SAMPLE_RATE)
        self._codec.options = {"application": "voip"}
        self._at = 0

    def encode(self, block: Samples) -> bytes:
        """One packet for one block.

        Raises:
            ValueError: not exactly 960 samples.
        """
        if block.shape != (BLOCK_SAMPLES,):
            raise ValueError("a block has 960 samples")
        frame = av.AudioFrame(format="s16", layout="mono", samples=BLOCK_SAMPLES)
        frame.planes[0].update(block.tobytes())
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._at
        frame.time_base = Fraction(1, SAMPLE_RATE)
        self._at += BLOCK_SAMPLES
        return b"".join(bytes(packet) for packet in self._codec.encode(frame))


class OpusDecoder:
    """One stream's decoder, whatever the sender's channels: what comes out is mono."""

    def __init__(self) -> None:
        self._codec = av.CodecContext.create("libopus", "r")
        self._codec.format = av.AudioFormat("s16")
        self._codec.layout = av.AudioLayout("mono")
        self._codec.sample_rate = SAMPLE_RATE

    def decode(self, packet: bytes) -> Samples:
        """The block.

        Raises:
            av.FFmpegError: not Opus, or not 20 ms of it.
        """
        frames = self._codec.decode(av.Packet(packet))
        samples = np.concatenate(
            [
                np.frombuffer(memoryview(frame.planes[0]), dtype=np.int16, count=frame.samples)
                for frame in frames
            ]
        )
        if len(samples) != BLOCK_SAMPLES:
            raise av.error.InvalidDataError(0, "not 20 ms of sound")
        return samples


def level_dbov(block: Samples) -> int:
    """Loudness for the audio level extension: 0 is the loudest, 127 silence (RFC 6464 §3)."""
    mean = float(np.mean(np.square(block.astype(np.float64)))) / 32767.0**2
    if mean <= 0:
        return 127
    return round(min(127.0, max(0.0, -10 * float(np.log10(mean)))))
