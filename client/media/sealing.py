"""Between codec and packets: every frame is sealed before it is cut into packets and opened before it is decoded (C23).

What cannot be opened goes no further: it is counted, and the slot is called locked.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from client.media.streams import PICTURES, stream_of
from protocol.crypto.frames import Stream


class Refusal(Enum):
    """Why a frame was not opened."""

    UNKNOWN_KEY = "unknown_key"
    REPLAYED = "replayed"
    DAMAGED = "damaged"


class FrameCipher(Protocol):
    """The meeting's media keys, as threads may use them. The key is found by what the frame itself says."""

    def seal(self, stream: Stream, frame: bytes) -> bytes | None:
        """What goes on the wire; pictures keep their clear beginning (C23). None before the first epoch: nothing is sent then."""
        ...

    def open(self, frame: bytes, *, video: bool) -> tuple[int, bytes] | Refusal:
        """KID and plain frame, or why not."""
        ...


class Lock(Enum):
    """What a slot's tile shows beside the picture."""

    EMPTY = "empty"
    OPEN = "open"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Opened:
    """A frame that its key opened; `kid` says whose it is."""

    kid: int
    stream: Stream
    frame: bytes


# The SFU may cut to another sender inside a frame; that one frame cannot be authentic, and is no reason to show a lock.
_DAMAGED_IN_A_ROW: Final = 3


class SlotSeal:
    """Opens what one slot receives and knows whether the slot is locked. Thread-safe: video opens in a worker."""

    def __init__(self, cipher: FrameCipher, *, video: bool) -> None:
        self._cipher = cipher
        self._video = video
        self._streams = PICTURES if video else frozenset({Stream.AUDIO})
        self._guard = threading.Lock()
        self._state = Lock.EMPTY
        self._kid: int | None = None
        self._refused = dict.fromkeys(Refusal, 0)
        self._damaged_in_a_row = 0

    @property
    def state(self) -> Lock:
        return self._state

    @property
    def kid(self) -> int | None:
        """The key that opened the last frame; None while nothing was opened or the slot is locked."""
        return self._kid

    def refused(self, why: Refusal) -> int:
        """Frames so far that were not opened, for this reason."""
        return self._refused[why]

    def open(self, frame: bytes) -> Opened | Refusal:
        opened = self._cipher.open(frame, video=self._video)
        if isinstance(opened, Refusal):
            return self._refuse(opened)
        kid, plain = opened
        stream = stream_of(kid)
        if stream is None or stream not in self._streams:
            # An SFU that puts a screen into a loudspeaker's slot.
            return self._refuse(Refusal.DAMAGED)
        with self._guard:
            self._state, self._kid, self._damaged_in_a_row = Lock.OPEN, kid, 0
        return Opened(kid, stream, plain)

    def empty(self) -> None:
        """The map gave this slot to nobody, or to somebody else."""
        with self._guard:
            self._state, self._kid, self._damaged_in_a_row = Lock.EMPTY, None, 0

    def _refuse(self, why: Refusal) -> Refusal:
        with self._guard:
            self._refused[why] += 1
            if why is Refusal.DAMAGED:
                self._damaged_in_a_row += 1
            if why is Refusal.UNKNOWN_KEY or self._damaged_in_a_row >= _DAMAGED_IN_A_ROW:
                self._state, self._kid = Lock.LOCKED, None
        return why
