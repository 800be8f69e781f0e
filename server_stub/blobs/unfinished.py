"""How much a device has announced and not finished: parts lie on the disk for days, and nobody reads them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from protocol.errors import ErrorCode, JinshuError
from protocol.wire.blobs import MAX_BLOB
from server_stub.auth.quotas import UNFINISHED_BYTES
from server_stub.blobs.store import BlobStore

# What the smallest part counts for: it takes two files, however little was announced.
LEAST: Final = 4 << 20


@dataclass(slots=True)
class _Held:
    """Of one device: bytes by part, their sum, and the parts that are just being made."""

    parts: dict[str, int] = field(default_factory=dict)
    total: int = 0
    beginning: set[str] = field(default_factory=set)


class Unfinished:
    """Begins blobs for devices, as long as what each has begun and not finished stays within bounds. A restart forgives.

    What became of a part is asked of the store only when a device comes to its bound: whole, refused or given up, it counts no more.
    Its methods block: they are for worker threads.
    """

    def __init__(self, store: BlobStore, most: int = UNFINISHED_BYTES) -> None:
        self._store = store
        self._most = most
        self._lock = threading.Lock()
        self._devices: dict[str, _Held] = {}

    def begin(self, device: str, blob: str, size: int) -> tuple[int, bool]:
        """As `BlobStore.begin`.

        Raises:
            JinshuError: what that raises, or `request.rate_limited`.
        """
        # What is whole, or never can be, takes no room.
        if size > MAX_BLOB or self._store.has(blob):
            return self._store.begin(blob, size)
        with self._lock:
            held = self._devices.setdefault(device, _Held())
            self._charge(held, blob, max(size, LEAST))
            held.beginning.add(blob)
        try:
            return self._store.begin(blob, size)
        finally:
            with self._lock:
                held.beginning.discard(blob)

    def _charge(self, held: _Held, blob: str, cost: int) -> None:
        if blob in held.parts:
            return
        if held.total + cost > self._most:
            held.parts = {
                each: bytes_of
                for each, bytes_of in held.parts.items()
                if each in held.beginning or self._store.is_unfinished(each)
            }
            held.total = sum(held.parts.values())
        if held.total + cost > self._most:
            raise JinshuError(ErrorCode.REQUEST_RATE_LIMITED)
        held.parts[blob] = cost
        held.total += cost
