"""What is sent and where it is received: streams, the order of m-lines, and the sizes of pictures (C22, C24)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from protocol.crypto.frames import Stream

SAMPLE_RATE: Final = 48_000
BLOCK_SAMPLES: Final = 960
"""20 ms: an encoder fed with anything else makes two packets of one timestamp, which receivers glue together."""
BLOCK_SECONDS: Final = BLOCK_SAMPLES / SAMPLE_RATE

PICTURES: Final = frozenset({Stream.VIDEO_HIGH, Stream.VIDEO_LOW, Stream.SCREEN})


def stream_of(kid: int) -> Stream | None:
    """The stream a KID names, or None when it names none we know."""
    try:
        return Stream(kid & 0b111)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Layer:
    """One encoding of a picture: never larger than width × height pixels, `fps` frames and `bitrate` bits a second."""

    width: int
    height: int
    fps: int
    bitrate: int

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """The size of a picture of width × height inside this layer: shape kept, never enlarged, both even (4:2:0)."""
        scale = min(1.0, self.width / width, self.height / height)
        return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)


HIGH: Final = Layer(640, 360, 25, 600_000)
HIGH_720: Final = Layer(1280, 720, 25, 1_500_000)
LOW: Final = Layer(320, 180, 15, 150_000)
SCREEN: Final = Layer(1920, 1080, 10, 1_500_000)
