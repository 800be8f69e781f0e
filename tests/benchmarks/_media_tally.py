"""Counts of packets at a receiver, by the tags in their payloads: what was lost, what came twice, what came late."""

from __future__ import annotations

import time
from array import array
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from tests.benchmarks._media_packets import MAGIC, TAG

# Publisher and stream.
Key: TypeAlias = tuple[int, int]
_MOST: Final = 1 << 16


class Census:
    """Every packet of every stream, for one receiver who is to get all of them."""

    def __init__(self) -> None:
        self._seen: defaultdict[Key, bytearray] = defaultdict(lambda: bytearray(_MOST))
        self.foreign = 0

    def heard(self, _ssrc: int, buffer: Any, size: int) -> None:
        magic, publisher, stream, serial, _ = TAG.unpack_from(buffer, size - TAG.size)
        if magic != MAGIC:
            self.foreign += 1
            return
        self._seen[publisher, stream][serial] += 1

    def count(self, key: Key, first: int, last: int) -> tuple[int, int, int]:
        """(received, lost, duplicated) of the packets first ≤ serial < last."""
        seen = self._seen[key][first:last]
        missing = seen.count(0)
        return len(seen) - missing, missing, sum(seen) - (len(seen) - missing)


@dataclass(slots=True)
class Slot:
    """What fills one slot of a receiver: whose stream, and how far it has come."""

    key: Key | None = None
    following: int = 0
    since: int = 0


class Slots:
    """For a receiver whose slots change their senders: within one sender's turn no serial number may be missing."""

    def __init__(self) -> None:
        self._slots: defaultdict[int, Slot] = defaultdict(Slot)
        self._missing: set[tuple[int, Key, int]] = set()
        self.begin()

    def begin(self) -> None:
        """Count from now on."""
        self._slots.clear()
        self._missing.clear()
        self.received = self.duplicated = self.foreign = self.turns = 0
        self.late_us = array("I")
        self.streams: set[Key] = set()

    @property
    def lost(self) -> int:
        return len(self._missing)

    def heard(self, ssrc: int, buffer: Any, size: int) -> None:
        magic, publisher, stream, serial, sent_ns = TAG.unpack_from(buffer, size - TAG.size)
        if magic != MAGIC:
            self.foreign += 1
            return
        self.received += 1
        self.late_us.append((time.monotonic_ns() - sent_ns) // 1000)
        slot, key = self._slots[ssrc], (publisher, stream)
        if key != slot.key:
            # Where a turn begins is the SFU's choice, so what came before is not missing.
            self.turns += slot.key is not None
            slot.key, slot.following = key, serial
            self.streams.add(key)
        if serial == slot.following:
            slot.following += 1
        elif serial > slot.following:
            self._missing.update((ssrc, key, each) for each in range(slot.following, serial))
            slot.following = serial + 1
        elif (ssrc, key, serial) in self._missing:
            self._missing.discard((ssrc, key, serial))
        else:
            self.duplicated += 1
