"""What makes many publishers one stream of a slot: numbers, times and picture ids that go on evenly over every cut (C24).

Without even numbers half of the switches are never shown; without even times Chromium shows them a second late or never.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, NamedTuple, TypeVar

from server_stub.meetings.sfu.packets import distance

T = TypeVar("T")

# A publisher whose numbers jump further began anew. SRTP would lose its count of roll-overs at 32768.
_JUMP: Final = 3000
# Packets this far behind the newest are nobody's business any more.
_BEHIND: Final = 2000
# Cuts whose packets may still be asked for.
_MOST_CUTS: Final = 4


class Offsets(NamedTuple):
    """What is added to the numbers of a source, each in its circle."""

    sequence: int
    timestamp: int
    picture: int


class Rewritten(NamedTuple):
    sequence: int
    timestamp: int
    picture: int


class Cut(NamedTuple, Generic[T]):
    """From the receiver's number `first` on, counted without wrapping, it is `source`."""

    first: int
    offsets: Offsets
    source: T


class Rewriter(Generic[T]):
    """Sans I/O; `now` in monotonic seconds. `cut` begins a source; `follow`, or `rewrite` for each packet, goes on with it."""

    def __init__(self, clock_rate: int, sequence: int, timestamp: int, picture: int) -> None:
        """The arguments are what the last packet is taken to have had."""
        self._clock_rate = clock_rate
        self.offsets = Offsets(0, 0, 0)
        self._sent = sequence  # the newest number of the receiver, counted on where it wraps
        # Of the newest packet, as its source has them.
        self._newest, self._timestamp, self._picture = sequence, timestamp, picture
        self._sent_at: float | None = None
        self._floor = 0
        self._cuts: deque[Cut[T]] = deque(maxlen=_MOST_CUTS)

    @property
    def timestamp(self) -> int:
        """Of the newest packet."""
        return self._timestamp + self.offsets.timestamp & 0xFFFFFFFF

    @property
    def sent_at(self) -> float | None:
        """When the newest packet left; None before the first."""
        return self._sent_at

    def cut(self, source: T, sequence: int, timestamp: int, picture: int, now: float) -> None:
        """From the packet with these numbers on, another source; what comes of it with lower numbers is dropped."""
        elapsed = 0 if self._sent_at is None else max(1, round((now - self._sent_at) * self._clock_rate))
        first = self._sent + 1
        self.offsets = Offsets(
            first - sequence,
            self.timestamp + elapsed - timestamp,
            self._picture + self.offsets.picture + 1 - picture,
        )
        self._cuts.append(Cut(first, self.offsets, source))
        # Nothing of it was sent yet; `timestamp` and the next cut must not know the difference.
        self._newest = sequence - 1 & 0xFFFF
        self._timestamp, self._picture = timestamp - elapsed, picture - 1
        self._floor = sequence

    def follow(self, first: int, last: int, timestamp: int, picture: int, now: float) -> bool:
        """Packets `first` to `last` in a row, time and picture those of the last; they are to get `offsets`. False when they are
        not simply the next ones: each of them is one for `rewrite`."""
        if not 0 < (first - self._newest & 0xFFFF) <= _JUMP:
            return False
        self._advance(last, timestamp, picture, now)
        return True

    def rewrite(self, sequence: int, timestamp: int, picture: int, now: float) -> Rewritten | None:
        """The numbers for the receiver; None for a packet from before the cut."""
        ahead = distance(sequence, self._newest)
        if abs(ahead) > _JUMP:
            self.cut(self._cuts[-1].source, sequence, timestamp, picture, now)
            ahead = 1
        elif distance(sequence, self._floor) < 0:
            return None
        if ahead > 0:
            self._advance(sequence, timestamp, picture, now)
        offsets = self.offsets
        return Rewritten(
            sequence + offsets.sequence & 0xFFFF,
            timestamp + offsets.timestamp & 0xFFFFFFFF,
            picture + offsets.picture & 0x7FFF,
        )

    def origin(self, sequence: int) -> Cut[T] | None:
        """Where the receiver's number `sequence` is from; None when that was too long ago, or has not been sent: what a source sends
        to others is not his to ask for."""
        behind = self._sent - sequence & 0xFFFF
        if behind > _BEHIND:
            return None
        return next((cut for cut in reversed(self._cuts) if self._sent - behind >= cut.first), None)

    def _advance(self, sequence: int, timestamp: int, picture: int, now: float) -> None:
        self._sent += sequence - self._newest & 0xFFFF
        self._newest, self._timestamp, self._picture = sequence, timestamp, picture
        self._sent_at = now
        if (sequence - self._floor & 0xFFFF) > 2 * _BEHIND:
            self._floor = sequence - _BEHIND & 0xFFFF
