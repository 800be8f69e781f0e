"""Packets of one video slot become whole frames: in order, released by their last packet, never waiting longer than told.

aiortc's own buffer releases a frame when the next one begins and stands still for 512 packets after a loss.

Rules (PROTOCOL.md §7, "Media transport"; RFC 7741):
- Frames leave in the order of their packets' numbers; each leaves as soon as its last packet is here.
- A hole is waited for at most PATIENCE_SECONDS, or until so many packets wait behind it that memory would grow. A whole
  key frame behind it ends the wait at once, since a decoder needs nothing from before it.
- A frame that follows something lost says so (`after_hole`): the decoder's owner then asks for a key frame.

How it works. Numbers of 16 bits are unwrapped around the highest so far; a jump of more than `_RESTART` is another
stream, and everything begins anew. `add` puts a packet in its place; `due` pops whole frames from the front (`_pop`)
and steps over holes whose time is up (`_step_over`). `missing` is asked every 25 ms and names what to request again.

What must be kept in step: every index that leaves `_parts` leaves `_asked` too (`_remove`); whatever is given up sets
`_hole`, else a decoder is fed a delta frame without what it stands on. Padding is an empty part: it fills a number and
belongs to no frame.

`_Part` is one packet as it came; `EncodedFrame` is what the opener gets, sealed still.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiortc.codecs.vpx import VpxPayloadDescriptor

# How long a hole may hold up what came after it; a retransmission on a good network takes one round trip.
PATIENCE_SECONDS: Final = 0.25
_MOST_PACKETS: Final = 512
_RESTART: Final = 3000
_NACK_AGAIN_SECONDS: Final = 0.05
_NACK_TIMES: Final = 4
_NACK_AT_MOST: Final = 64


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """A frame as it was sealed. `after_hole`: something before it is missing for good."""

    data: bytes
    key: bool
    after_hole: bool


@dataclass(slots=True)
class _Part:
    timestamp: int
    data: bytes
    first: bool
    last: bool
    key: bool


class FrameAssembly:
    """Sans I/O: packets in, frames out; times are monotonic seconds. One thread."""

    def __init__(self) -> None:
        self._parts: dict[int, _Part] = {}
        self._next: int | None = None
        self._highest = 0
        self._hole_since: float | None = None
        self._hole = False
        self._asked: dict[int, tuple[float, int]] = {}
        self.lost_frames = 0

    def add(
        self, number: int, timestamp: int, payload: bytes, marker: bool, now: float
    ) -> list[EncodedFrame]:
        """Take the payload of RTP packet `number` (16 bits); answers the frames that are whole now."""
        part = _parse(timestamp, payload, marker)
        if part is None:
            return []
        index = self._unwrap(number)
        if self._next is None:
            self._next = self._highest = index
        if index < self._next or index in self._parts:
            return []
        self._parts[index] = part
        self._highest = max(self._highest, index)
        self._asked.pop(index, None)
        return self.due(now)

    def due(self, now: float) -> list[EncodedFrame]:
        """Frames that are whole, or became first because a hole was given up."""
        frames: list[EncodedFrame] = []
        while self._next is not None:
            frame = self._pop()
            if frame is not None:
                frames.append(frame)
                self._hole_since = None
            elif not self._step_over(now):
                break
        return frames

    def missing(self, now: float) -> list[int]:
        """Numbers to ask for again now (NACK), each a few times with a pause."""
        if self._next is None:
            return []
        numbers = []
        for index in range(self._next, min(self._highest, self._next + _MOST_PACKETS)):
            if index in self._parts:
                continue
            asked, times = self._asked.get(index, (-1.0, 0))
            if times < _NACK_TIMES and now - asked >= _NACK_AGAIN_SECONDS:
                self._asked[index] = (now, times + 1)
                numbers.append(index & 0xFFFF)
                if len(numbers) == _NACK_AT_MOST:
                    break
        return numbers

    def _unwrap(self, number: int) -> int:
        if self._next is None:
            return number + 0x10000
        distance = (number - self._highest + 0x8000) % 0x10000 - 0x8000
        if abs(distance) > _RESTART:
            self._restart()
            return number + 0x10000
        return self._highest + distance

    def _restart(self) -> None:
        self._parts.clear()
        self._asked.clear()
        self._next = None
        self._hole = True
        self._hole_since = None

    def _pop(self) -> EncodedFrame | None:
        """The frame at the front, if it is whole."""
        assert self._next is not None
        while (first := self._parts.get(self._next)) is not None:
            if not first.first:
                # Padding, or the end of a frame whose beginning was given up or never came.
                self._hole = self._hole or bool(first.data)
                self._remove(self._next + 1)
                continue
            end, whole = self._end_of(self._next)
            if whole:
                data = b"".join(self._parts[index].data for index in range(self._next, end))
                self._remove(end)
                frame = EncodedFrame(data, first.key, self._hole)
                self._hole = False
                return frame
            if end not in self._parts:
                return None
            # The next frame begins and this one's last packet never said so: a cut inside the frame.
            self._forget_until(end)
        return None

    def _end_of(self, start: int) -> tuple[int, bool]:
        """One past the last packet at hand of the frame that begins at `start`, and whether that packet is its last."""
        timestamp = self._parts[start].timestamp
        index = start
        while (part := self._parts.get(index)) is not None:
            if part.timestamp != timestamp or (part.first and index != start):
                return index, False
            index += 1
            if part.last:
                return index, True
        return index, False

    def _step_over(self, now: float) -> bool:
        """Give up a hole that was waited for long enough, or that a whole key frame makes unimportant."""
        assert self._next is not None
        if not self._parts or self._highest < self._next:
            self._hole_since = None
            return False
        if not self._has_hole():
            self._hole_since = None
            return False
        if self._hole_since is None:
            self._hole_since = now
        key = self._whole_key_frame()
        if key is None and now - self._hole_since < PATIENCE_SECONDS and len(self._parts) < _MOST_PACKETS:
            return False
        target = key if key is not None else self._after_first_hole()
        self._hole_since = None
        if target is None:
            return False
        self.lost_frames += 1
        self._forget_until(target)
        return True

    def _has_hole(self) -> bool:
        assert self._next is not None
        return self._highest - self._next + 1 > len(self._parts)

    def _after_first_hole(self) -> int | None:
        assert self._next is not None
        index = self._next
        while index in self._parts:
            index += 1
        later = [number for number in self._parts if number > index]
        return min(later, default=None)

    def _whole_key_frame(self) -> int | None:
        for start in sorted(self._parts):
            part = self._parts[start]
            if part.first and part.key and self._end_of(start)[1]:
                return start
        return None

    def _forget_until(self, index: int) -> None:
        self._hole = True
        self._remove(index)

    def _remove(self, end: int) -> None:
        assert self._next is not None
        for index in range(self._next, end):
            self._parts.pop(index, None)
            self._asked.pop(index, None)
        self._next = end


def _parse(timestamp: int, payload: bytes, marker: bool) -> _Part | None:
    """One VP8 payload (RFC 7741 §4); None for padding and for what is not VP8."""
    if not payload:
        return _Part(timestamp, b"", False, False, False)
    try:
        descriptor, data = VpxPayloadDescriptor.parse(payload)
    except ValueError:
        return None
    first = bool(descriptor.partition_start) and descriptor.partition_id == 0
    return _Part(timestamp, data, first, marker, first and bool(data) and data[0] & 1 == 0)
