"""What a device of this computer captured, as the encoders take it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from client.media.feeds import CapturedFrame, FrameFeed, Plane

_TURNS: Final = {90: 3, 180: 2, 270: 1}  # degrees clockwise -> quarter turns the other way


class Captured:
    """A `VideoSource` over a device's feed."""

    def __init__(self, feed: FrameFeed) -> None:
        self._feed = feed

    @property
    def size(self) -> tuple[int, int]:
        return self._feed.size

    @property
    def fps(self) -> float:
        return self._feed.fps

    async def frames(self) -> AsyncGenerator[av.VideoFrame, None]:
        async with aclosing(self._feed.frames()) as captured:
            async for frame in captured:
                # A screen of 1080 lines is 8 MB: copying it must not hold up sound.
                yield await asyncio.to_thread(video_frame, frame)


def video_frame(captured: CapturedFrame) -> av.VideoFrame:
    """The same picture, upright and not mirrored, in memory of its own."""
    frame = av.VideoFrame(captured.width, captured.height, captured.layout.value)
    for plane, given in zip(frame.planes, captured.planes, strict=True):
        plane.update(_with_stride(given, plane.line_size, plane.height))
    return _upright(frame, captured.rotation, captured.mirrored)


def _with_stride(plane: Plane, stride: int, rows: int) -> bytes:
    """The rows of a plane, `stride` bytes apart."""
    if plane.stride == stride and len(plane.data) >= stride * rows:
        return plane.data[: stride * rows]
    made = np.zeros((rows, stride), dtype=np.uint8)
    width = min(plane.stride, stride)
    for row in range(rows):
        piece = plane.data[row * plane.stride : row * plane.stride + width]
        made[row, : len(piece)] = np.frombuffer(piece, dtype=np.uint8)
    return made.tobytes()


def _upright(frame: av.VideoFrame, rotation: int, mirrored: bool) -> av.VideoFrame:
    turns = _TURNS.get(rotation % 360, 0)
    if not turns and not mirrored:
        return frame
    width, height = frame.width // 2 * 2, frame.height // 2 * 2
    straight = frame.reformat(width=width, height=height, format="yuv420p")
    packed = np.asarray(straight.to_ndarray(), dtype=np.uint8)
    turned = [_turn(plane, turns, mirrored) for plane in _planes(packed, width, height)]
    rows, columns = turned[0].shape
    made = np.concatenate([plane.reshape(-1) for plane in turned]).reshape(rows * 3 // 2, columns)
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(made), format="yuv420p")


def _planes(packed: NDArray[np.uint8], width: int, height: int) -> list[NDArray[np.uint8]]:
    flat = packed.reshape(-1)
    luma, quarter = width * height, width * height // 4
    return [
        flat[:luma].reshape(height, width),
        flat[luma : luma + quarter].reshape(height // 2, width // 2),
        flat[luma + quarter :].reshape(height // 2, width // 2),
    ]


def _turn(plane: NDArray[np.uint8], turns: int, mirrored: bool) -> NDArray[np.uint8]:
    return np.rot90(np.fliplr(plane) if mirrored else plane, turns)
