"""Pictures of devices reach the encoders with every row in its place, upright and not mirrored."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from client.media.captured import Captured, video_frame
from client.media.feeds import CapturedFrame, FrameFeed, PixelLayout, Plane
from tests.support.generated_picture import paint, read_picture

NONCE = bytes(range(8))


def captured(layout: PixelLayout, pad: int = 0, rotation: int = 0, mirrored: bool = False) -> CapturedFrame:
    """A test picture as a device gives it, its rows `pad` bytes further apart than they need be."""
    frame = paint(NONCE, 7, (640, 360)).reformat(format=layout.value)
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
        planes.append(Plane(np.pad(rows, ((0, 0), (0, pad))).tobytes(), plane.line_size + pad))
    return CapturedFrame(640, 360, layout, tuple(planes), rotation, mirrored)


@pytest.mark.parametrize("layout", list(PixelLayout))
@pytest.mark.parametrize("pad", [0, 16])
def test_every_layout_arrives_as_it_was_captured(layout: PixelLayout, pad: int) -> None:
    assert read_picture(video_frame(captured(layout, pad))) == (NONCE, 7)


def test_a_last_row_that_ends_early_is_taken_all_the_same() -> None:
    whole = captured(PixelLayout.BGRA, 64)
    short = Plane(whole.planes[0].data[:-64], whole.planes[0].stride)
    assert read_picture(video_frame(CapturedFrame(640, 360, PixelLayout.BGRA, (short,)))) == (NONCE, 7)


def turned(picture: NDArray[np.uint8], clockwise: int) -> CapturedFrame:
    """The same scene as a device sees it that is turned against it, in YUV."""
    data = np.ascontiguousarray(np.rot90(picture, clockwise // 90))
    height, width = data.shape
    grey = np.full(width * height // 4, 128, dtype=np.uint8).tobytes()
    planes = (Plane(data.tobytes(), width), Plane(grey, width // 2), Plane(grey, width // 2))
    return CapturedFrame(width, height, PixelLayout.YUV420P, planes, clockwise)


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_a_camera_that_is_turned_gives_upright_pictures(clockwise: int) -> None:
    luma = np.asarray(paint(NONCE, 3, (640, 360)).to_ndarray(format="gray"), dtype=np.uint8)
    assert read_picture(video_frame(turned(luma, clockwise))) == (NONCE, 3)


def test_a_mirrored_picture_is_mirrored_back() -> None:
    luma = np.fliplr(np.asarray(paint(NONCE, 3, (640, 360)).to_ndarray(format="gray"), dtype=np.uint8))
    plain = turned(luma, 0)
    frame = CapturedFrame(640, 360, PixelLayout.YUV420P, plain.planes, 0, True)
    assert read_picture(video_frame(frame)) == (NONCE, 3)


async def test_a_feed_is_a_source_of_pictures() -> None:
    feed = FrameFeed((640, 360), 25.0)
    source = Captured(feed)
    pictures = source.frames()
    first = anext(pictures)

    async def fill() -> None:
        assert feed.reading
        feed.put(captured(PixelLayout.NV12))

    frame, _ = await asyncio.gather(first, fill())
    assert read_picture(frame) == (NONCE, 7)
    assert (source.size, source.fps) == ((640, 360), 25.0)
    await pictures.aclose()
