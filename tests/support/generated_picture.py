"""A moving test picture that carries a nonce, so that a test can say which frame, of whom, it sees at the far end.

The nonce stands in a block pattern of pure black and white, large enough to survive VP8 at 320×180 and any scaling.
"""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import AsyncGenerator, Callable, Iterator
from itertools import pairwise
from typing import Final, TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

from client.core.clock import Clock

# Where the blocks are: the edges of their rows, and of their columns.
Grid: TypeAlias = tuple[list[int], list[int]]
Painter: TypeAlias = Callable[[bytes, int, tuple[int, int]], av.VideoFrame]

NONCE_BYTES: Final = 8
_NUMBER_BYTES: Final = 4
BITS: Final = (NONCE_BYTES + _NUMBER_BYTES + 4) * 8
_COLUMNS: Final = 16
_ROWS: Final = BITS // _COLUMNS
# The pattern fills the upper left of the picture; what moves is below and to the right of it.
_WIDTH_SHARE: Final = 0.6
_HEIGHT_SHARE: Final = 0.6
_BLACK: Final = 32
_WHITE: Final = 220


def paint(nonce: bytes, number: int, size: tuple[int, int] = (640, 360)) -> av.VideoFrame:
    """Frame `number` of the picture that carries `nonce` (8 bytes), in yuv420p.

    Raises:
        ValueError: the nonce is not 8 bytes.
    """
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce has 8 bytes")
    width, height = size
    planes = np.full((height * 3 // 2, width), 128, dtype=np.uint8)
    luma = planes[:height]
    luma[:] = 96 + (np.arange(width, dtype=np.uint16)[None, :] // 8 + number) % 32
    _bar(luma, number)
    for bit, (down, across) in zip(bits_of(nonce, number), blocks(_grid(width, height)), strict=True):
        luma[down, across] = _WHITE if bit else _BLACK
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def read_nonce(frame: av.VideoFrame) -> bytes | None:
    """The nonce a frame of any pixel format carries, or None when it carries none or the checksum fails."""
    read = read_picture(frame)
    return None if read is None else read[0]


def read_picture(frame: av.VideoFrame) -> tuple[bytes, int] | None:
    """Nonce and number of the frame, or None."""
    return read_luma(np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8))


def read_luma(luma: NDArray[np.uint8]) -> tuple[bytes, int] | None:
    """Nonce and number out of a picture's brightness alone, one byte a pixel; None when the checksum fails."""
    height, width = luma.shape
    return read_blocks(luma, _grid(width, height))


def bits_of(nonce: bytes, number: int) -> NDArray[np.uint8]:
    """What a picture carries: nonce, number and a checksum of both, a bit for each block."""
    body = nonce + (number & 0xFFFFFFFF).to_bytes(_NUMBER_BYTES, "big")
    return np.unpackbits(np.frombuffer(body + binascii.crc32(body).to_bytes(4, "big"), dtype=np.uint8))


def blocks(grid: Grid) -> Iterator[tuple[slice, slice]]:
    """Each block of a grid, row by row."""
    rows, columns = grid
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            yield slice(top, bottom), slice(left, right)


def read_blocks(luma: NDArray[np.uint8], grid: Grid) -> tuple[bytes, int] | None:
    """Nonce and number out of the brightness of a grid's blocks; None when the checksum fails."""
    bits = [
        luma[_middle(down), _middle(across)].mean() > (_BLACK + _WHITE) / 2 for down, across in blocks(grid)
    ]
    data = np.packbits(np.array(bits, dtype=np.uint8)).tobytes()
    body, checksum = data[:-4], data[-4:]
    if binascii.crc32(body).to_bytes(4, "big") != checksum:
        return None
    return body[:NONCE_BYTES], int.from_bytes(body[NONCE_BYTES:], "big")


def _middle(edge: slice) -> slice:
    """Half of a block: its edges are where a codec rings."""
    inset = (edge.stop - edge.start) // 4
    return slice(edge.start + inset, edge.stop - inset)


def _grid(width: int, height: int) -> Grid:
    rows = [round(height * _HEIGHT_SHARE * n / _ROWS) for n in range(_ROWS + 1)]
    columns = [round(width * _WIDTH_SHARE * n / _COLUMNS) for n in range(_COLUMNS + 1)]
    return rows, columns


def _bar(luma: NDArray[np.uint8], number: int) -> None:
    """A bright bar that moves under the pattern, so that every frame differs and motion can be seen by eye."""
    height, width = luma.shape
    top = round(height * 0.7)
    left = number * max(2, width // 80) % width
    luma[top : top + height // 8, left : left + width // 10] = 230


class GeneratedPicture:
    """A video source of the test picture, or of what another `painter` makes of nonce and number, at the pace of the clock."""

    def __init__(
        self,
        nonce: bytes,
        clock: Clock,
        size: tuple[int, int] = (640, 360),
        fps: float = 15.0,
        painter: Painter = paint,
    ) -> None:
        self._paint = painter
        self._nonce = nonce
        self._clock = clock
        self._size = size
        self._fps = fps

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def fps(self) -> float:
        return self._fps

    async def frames(self) -> AsyncGenerator[av.VideoFrame, None]:
        start = self._clock.monotonic()
        number = 0
        while True:
            yield self._paint(self._nonce, number, self._size)
            number += 1
            await self._clock.sleep(max(0.0, start + number / self._fps - self._clock.monotonic()))


class StillPicture(GeneratedPicture):
    """One picture and no other: a screen on which nothing moves. Each reader gets it once."""

    async def frames(self) -> AsyncGenerator[av.VideoFrame, None]:
        yield self._paint(self._nonce, 0, self._size)
        await asyncio.get_running_loop().create_future()
