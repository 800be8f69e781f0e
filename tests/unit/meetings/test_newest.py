"""A tile is woken once and finds the newest picture."""

from __future__ import annotations

import threading

from client.media.newest import NewestFrame, Picture
from protocol.crypto.frames import Stream


def picture(number: int) -> Picture:
    return Picture(memoryview(bytes(4)), 1, 1, 4, 0, Stream.VIDEO_LOW, number)


def test_only_the_newest_is_kept_and_the_rest_is_counted() -> None:
    newest = NewestFrame()
    for number in range(5):
        newest.put(picture(number))
    taken = newest.take()
    assert taken is not None
    assert taken.number == 4
    assert (newest.count, newest.dropped) == (5, 4)
    assert newest.take() is taken
    newest.put(picture(5))
    assert newest.dropped == 4


def test_the_listener_is_called_once_until_the_picture_is_taken() -> None:
    newest, calls = NewestFrame(), []
    newest.listen(lambda: calls.append(newest.count))
    for number in range(3):
        newest.put(picture(number))
    assert calls == [1]
    newest.take()
    newest.put(picture(3))
    assert calls == [1, 4]


def test_who_listens_late_hears_of_what_waits_and_nobody_hears_after_the_end() -> None:
    newest, calls = NewestFrame(), []
    newest.put(picture(0))
    newest.listen(lambda: calls.append(1))
    assert calls == [1]
    newest.take()
    newest.listen(None)
    newest.put(picture(1))
    assert calls == [1]


def test_clearing_is_news_once() -> None:
    newest, calls = NewestFrame(), []
    newest.listen(lambda: calls.append(1))
    newest.clear()
    assert calls == []
    newest.put(picture(0))
    newest.take()
    newest.clear()
    newest.clear()
    assert calls == [1, 1]
    assert newest.take() is None
    assert newest.dropped == 0


def test_a_decoder_and_a_painter_lose_no_wake_up() -> None:
    newest, woken, last = NewestFrame(), threading.Event(), 20_000
    newest.listen(woken.set)

    def decode() -> None:
        for number in range(1, last + 1):
            newest.put(picture(number))

    thread = threading.Thread(target=decode)
    thread.start()
    seen = 0
    while seen < last:
        assert woken.wait()
        woken.clear()
        taken = newest.take()
        assert taken is not None
        assert taken.number >= seen
        seen = taken.number
    thread.join()
