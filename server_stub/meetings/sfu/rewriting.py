"""What makes many publishers one stream of a slot: numbers, times and picture ids that go on evenly over every cut (C24).

Without even numbers half of the switches are never shown; without even times Chromium shows them a second late or never.
"""

from __future__ import annotations

from typing import Final, TypeAlias

# A publisher whose numbers jump further began anew. SRTP would lose its count of roll-overs at 32768.
_JUMP: Final = 3000
# Packets this far behind the newest are nobody's business any more.
_BEHIND: Final = 2000


# Number, time, picture id. A plain tuple, and distances worked out in line: it is done for every copy of every packet.
Rewritten: TypeAlias = tuple[int, int, int]


class Rewriter:
    """Sans I/O; `now` in monotonic seconds. `cut` begins a source, `rewrite` follows it."""

    def __init__(self, clock_rate: int, sequence: int, timestamp: int, picture: int) -> None:
        """The arguments are what the last packet is taken to have had."""
        self._clock_rate = clock_rate
        self._sequence, self._timestamp, self._picture = sequence, timestamp, picture
        self._sent_at: float | None = None
        self._sequence_offset = self._timestamp_offset = self._picture_offset = 0
        self._newest = 0
        self._floor = 0

    @property
    def timestamp(self) -> int:
        """Of the newest packet."""
        return self._timestamp

    @property
    def sent_at(self) -> float | None:
        """When the newest packet left; None before the first."""
        return self._sent_at

    def cut(self, sequence: int, timestamp: int, picture: int, now: float) -> None:
        """From the packet with these numbers on, another source; what comes of it with lower numbers is dropped."""
        elapsed = 0 if self._sent_at is None else max(1, round((now - self._sent_at) * self._clock_rate))
        self._sequence_offset = self._sequence + 1 - sequence
        self._timestamp_offset = self._timestamp + elapsed - timestamp
        self._picture_offset = self._picture + 1 - picture
        self._floor = sequence
        self._newest = sequence - 1 & 0xFFFF

    def rewrite(self, sequence: int, timestamp: int, picture: int, now: float) -> Rewritten | None:
        """The numbers for the receiver; None for a packet from before the cut."""
        ahead = (sequence - self._newest + 0x8000 & 0xFFFF) - 0x8000
        past = (sequence - self._floor + 0x8000 & 0xFFFF) - 0x8000
        if not -_JUMP <= ahead <= _JUMP:
            self.cut(sequence, timestamp, picture, now)
            ahead, past = 1, 0
        elif past < 0:
            return None
        out = (
            sequence + self._sequence_offset & 0xFFFF,
            timestamp + self._timestamp_offset & 0xFFFFFFFF,
            picture + self._picture_offset & 0x7FFF,
        )
        if ahead > 0:
            self._newest = sequence
            self._sequence, self._timestamp, self._picture = out
            self._sent_at = now
            if past > 2 * _BEHIND:
                self._floor = sequence - _BEHIND & 0xFFFF
        return out
