"""From a device's thread to the core's loop: in order, bounded, the oldest dropped, and nothing for nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

import numpy as np

from client.media.feeds import (
    BLOCK,
    CapturedFrame,
    FrameFeed,
    PixelLayout,
    Plane,
    PlayQueue,
    Samples,
    SoundFeed,
)

T = TypeVar("T")


def frame(number: int) -> CapturedFrame:
    return CapturedFrame(2, 2, PixelLayout.BGRA, (Plane(bytes([number % 256]) * 16, 8),))


def sound(first: int, count: int) -> Samples:
    return np.arange(first, first + count, dtype=np.int64).astype(np.int16)


def on_thread(work: object) -> None:
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    thread.join()


def put_all(feed: FrameFeed, count: int) -> None:
    for number in range(count):
        feed.put(frame(number))


async def begun(frames: AsyncGenerator[T, None]) -> asyncio.Task[T]:
    """A reader that has come to its first wait."""
    task = asyncio.get_running_loop().create_task(_next(frames))
    await asyncio.sleep(0)
    return task


async def _next(frames: AsyncGenerator[T, None]) -> T:
    return await anext(frames)


async def test_a_slow_reader_gets_the_newest_frame_and_the_others_are_counted() -> None:
    feed = FrameFeed((2, 2), 30)
    async with aclosing(feed.frames()) as frames:
        first = await begun(frames)
        on_thread(lambda: put_all(feed, 500))
        assert (await first).planes[0].data[:1] == bytes([499 % 256])
        assert feed.waiting == 0
        assert (feed.put_count, feed.dropped) == (500, 499)


async def test_nothing_is_kept_while_nobody_reads() -> None:
    feed = FrameFeed((2, 2), 30)
    feed.put(frame(1))
    assert (feed.waiting, feed.put_count) == (0, 0)
    frames = feed.frames()
    first = await begun(frames)
    feed.put(frame(2))
    assert (await first).planes[0].data[:1] == b"\x02"
    await frames.aclose()
    assert not feed.reading


async def test_whoever_fills_a_feed_hears_of_each_reader_until_it_is_closed() -> None:
    feed, begun_reading = FrameFeed((2, 2), 30), []
    feed.listen(lambda: begun_reading.append(feed.reading))
    for _reader in range(2):
        frames = feed.frames()
        first = await begun(frames)
        feed.put(frame(1))
        await first
        await frames.aclose()
    feed.close()
    assert [frame async for frame in feed.frames()] == []
    assert begun_reading == [True, True]


async def test_sound_comes_in_blocks_whatever_the_device_gives() -> None:
    heard: list[int] = []
    feed = SoundFeed(lambda block: heard.append(len(block)))
    async with aclosing(feed.blocks()) as blocks:
        first = await begun(blocks)
        for start in range(0, 3 * BLOCK, 480 + 7):
            feed.put(sound(start, 480 + 7))
        got = [await first, await anext(blocks), await anext(blocks)]
        assert [len(block) for block in got] == [BLOCK] * 3
        assert np.array_equal(np.concatenate(got), sound(0, 3 * BLOCK))
        assert heard == [BLOCK] * 3


async def test_sound_nobody_fetches_is_dropped_from_its_old_end() -> None:
    feed = SoundFeed()
    async with aclosing(feed.blocks()) as blocks:
        first = await begun(blocks)
        on_thread(lambda: feed.put(np.repeat(np.arange(500, dtype=np.int16), BLOCK)))
        assert int((await first)[0]) == 490
        assert feed.waiting == 9
        assert feed.dropped == 490


async def test_an_unmuted_microphone_begins_with_now() -> None:
    feed = SoundFeed()
    async with aclosing(feed.blocks()) as blocks:
        first = await begun(blocks)
        feed.put(np.full(3 * BLOCK, 1, dtype=np.int16))
        await first
    feed.put(np.full(3 * BLOCK, 2, dtype=np.int16))  # muted
    async with aclosing(feed.blocks()) as blocks:
        again = await begun(blocks)
        feed.put(np.full(BLOCK, 3, dtype=np.int16))
        assert int((await again)[0]) == 3


async def test_readers_end_when_the_device_is_let_go() -> None:
    feed = FrameFeed((2, 2), 30)
    reading = asyncio.get_running_loop().create_task(_all(feed))
    await asyncio.sleep(0)
    feed.put(frame(7))
    on_thread(feed.close)
    assert len(await reading) == 1
    feed.put(frame(8))
    assert feed.waiting == 0


async def _all(feed: FrameFeed) -> list[CapturedFrame]:
    return [got async for got in feed.frames()]


async def test_a_second_reader_takes_over_from_the_first() -> None:
    feed = FrameFeed((2, 2), 30)
    former = asyncio.get_running_loop().create_task(_all(feed))
    await asyncio.sleep(0)
    frames = feed.frames()
    latter = await begun(frames)
    feed.put(frame(1))
    assert (await latter).planes[0].data[:1] == b"\x01"
    former.cancel()
    await asyncio.gather(former, return_exceptions=True)
    assert feed.reading
    await frames.aclose()


def test_what_is_to_be_played_is_bounded() -> None:
    queue = PlayQueue(3)
    for value in range(10):
        queue.play(np.full(BLOCK, value, dtype=np.int16))
    assert (queue.waiting, queue.dropped) == (3, 7)
    blocks = [queue.take() for _ in range(4)]
    assert [None if block is None else block[0] for block in blocks] == [7, 8, 9, None]


def test_a_feed_whose_loop_is_gone_is_left_alone() -> None:
    feed = FrameFeed((2, 2), 30)

    async def begin() -> object:
        frames = feed.frames()
        first = await begun(frames)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await frames.aclose()
        return frames

    asyncio.run(begin())
    feed.put(frame(1))
    feed.close()
    assert feed.waiting == 0
