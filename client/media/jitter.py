"""The wait between the network and the loudspeaker: long enough for what comes late, never longer than that.

Sans I/O and without a clock: `put` when a packet comes, `next` once for every block that is played.

Rules:
- Playing begins when `_target` blocks wait. A block that comes too late raises the target by one, to at most
  `_MOST_BLOCKS`; 100 blocks (2 s) lower it by one again.
- A lost block costs its own 20 ms: the buffer answers `Gap(lost=True)` and goes on with the next number.
- When in 2 s the buffer was never down to the start's wait, one block is skipped: delay that once came does not stay.
- When nothing waits any more, the buffer gathers again before it plays, so that one late packet is not followed by a
  row of late ones.

What must be kept in step: `next` is called once for each 20 ms of sound and never to peek, since it moves the place;
the counts are of blocks, so another block length needs other constants. A jump of more than `_RESTART` numbers is
another stream. aiortc's own buffer lets one lost packet stall sound for 320 ms and keeps 200 ms of delay for good.

`Sealed` is a packet opened before it waits, with the KID that names its sender; `Gap` is what to play instead of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_START_BLOCKS: Final = 3
_MOST_BLOCKS: Final = 10
_MOST_WAITING: Final = 50
# The wait is shortened by one block when for this long it was never needed whole.
_CALM_BLOCKS: Final = 100
_RESTART: Final = 500


@dataclass(frozen=True, slots=True)
class Sealed:
    """A packet that arrived, opened already."""

    packet: bytes
    kid: int


class Gap:
    """Nothing to play now: `lost` when the block is gone for good, else the speaker is silent or late."""

    __slots__ = ("lost",)

    def __init__(self, lost: bool) -> None:
        self.lost = lost


class JitterBuffer:
    """Blocks of one stream in the order of their numbers; a lost one costs its own 20 ms and nothing more."""

    def __init__(self) -> None:
        self._blocks: dict[int, Sealed] = {}
        self._next: int | None = None
        self._playing = False
        self._target = _START_BLOCKS
        self._smallest = _MOST_WAITING
        self._calm = 0
        self.lost = 0
        self.late = 0
        self.trimmed = 0

    @property
    def waiting(self) -> int:
        """Blocks that wait now; each is 20 ms of delay."""
        return len(self._blocks)

    def put(self, number: int, block: Sealed) -> None:
        """Take the block of RTP packet `number` (16 bits)."""
        index = self._unwrap(number)
        if self._next is None:
            self._next = index
        if index < self._next:
            if not self._playing:
                # Still gathering: the first packet was not the first one sent.
                self._next = index
            else:
                self.late += 1
                self._target = min(_MOST_BLOCKS, self._target + 1)
                return
        self._blocks[index] = block
        while len(self._blocks) > _MOST_WAITING:
            self._skip()

    def next(self) -> Sealed | Gap:
        """What to play for the next 20 ms."""
        if self._next is None or not self._ready():
            return Gap(lost=False)
        self._trim()
        block = self._blocks.pop(self._next, None)
        if block is not None:
            self._next += 1
            return block
        if self._blocks:
            self._next += 1
            self.lost += 1
            return Gap(lost=True)
        # Run dry: gather again before going on, so that one late packet is not followed by a late one after another.
        self._playing = False
        return Gap(lost=True)

    def clear(self) -> None:
        """Another sender has the stream."""
        self._blocks.clear()
        self._next, self._playing = None, False

    def _ready(self) -> bool:
        if not self._playing and len(self._blocks) >= self._target:
            self._playing = True
            assert self._next is not None
            self._next = min(self._blocks)
            self._smallest, self._calm = _MOST_WAITING, 0
        return self._playing

    def _trim(self) -> None:
        self._smallest = min(self._smallest, len(self._blocks))
        self._calm += 1
        if self._calm < _CALM_BLOCKS:
            return
        if self._smallest > _START_BLOCKS:
            self._skip()
            self.trimmed += 1
        if self._target > _START_BLOCKS:
            self._target -= 1
        self._smallest, self._calm = _MOST_WAITING, 0

    def _skip(self) -> None:
        first = min(self._blocks)
        del self._blocks[first]
        self._next = first + 1

    def _unwrap(self, number: int) -> int:
        if self._next is None:
            return number + 0x10000
        distance = (number - self._next + 0x8000) % 0x10000 - 0x8000
        if abs(distance) > _RESTART:
            self.clear()
            return number + 0x10000
        return self._next + distance
