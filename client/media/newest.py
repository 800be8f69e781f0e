"""The slot between a decoder's thread and a tile: it holds the newest picture and nothing older."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from protocol.crypto.frames import Stream


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture as a tile paints it: 32 bits a pixel, bytes B G R X, rows `stride` bytes apart.

    `pixels` is the decoder's own memory and lives as long as this object does: Qt wraps it as
    `QImage(pixels, width, height, stride, Format_RGB32)` without a copy. Whose picture it is stands in the KID that opened it.
    """

    pixels: memoryview
    width: int
    height: int
    stride: int
    kid: int
    stream: Stream
    number: int


class NewestFrame:
    """Thread-safe. `put` from a decoder, `take` from the painter; an untaken picture is replaced, never queued.

    The listener is called (on the putting thread, outside the lock) when there is news and the last news was taken: at most
    once until `take`. It must only wake somebody.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._picture: Picture | None = None
        self._untaken = False
        self._listener: Callable[[], None] | None = None
        self._count = 0
        self._dropped = 0

    @property
    def count(self) -> int:
        """Pictures put so far."""
        return self._count

    @property
    def dropped(self) -> int:
        """Pictures replaced before anybody took them."""
        return self._dropped

    def listen(self, listener: Callable[[], None] | None) -> None:
        """Be told of news; called at once if there is some already. One listener; None ends it."""
        with self._lock:
            self._listener = listener
            waiting = self._untaken
        if listener is not None and waiting:
            listener()

    def put(self, picture: Picture) -> None:
        with self._lock:
            self._count += 1
            self._dropped += self._untaken and self._picture is not None
            self._picture = picture
            listener = self._news()
        if listener is not None:
            listener()

    def clear(self) -> None:
        """There is nothing to show any more (locked, or the slot is empty): told like a picture, `take` answers None."""
        with self._lock:
            if self._picture is None and not self._untaken:
                return
            self._picture = None
            listener = self._news()
        if listener is not None:
            listener()

    def take(self) -> Picture | None:
        """The picture to show now, which stays until a newer one; None when there is nothing to show."""
        with self._lock:
            self._untaken = False
            return self._picture

    def _news(self) -> Callable[[], None] | None:
        if self._untaken:
            return None
        self._untaken = True
        return self._listener
