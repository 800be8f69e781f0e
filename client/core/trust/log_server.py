"""The server's side of the directory log: it delivers, and nothing it says is believed for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from protocol.directory.cosignatures import Cosignature


class LogServer(Protocol):
    """What is asked of a server; tests have malicious ones."""

    async def log_head(self, first: int) -> tuple[bytes, Sequence[bytes]]:
        """The newest signed head, and the proof that it continues the tree of size `first`."""
        ...

    async def log_entries(self, after: int, limit: int) -> Sequence[bytes]:
        """Leaves from `after` on."""
        ...

    async def organisation_entries(self, org_seq: int) -> Sequence[bytes]:
        """The entries of a snapshot in their order."""
        ...

    async def certificates(self) -> tuple[bytes, bytes]:
        """The issuing CA that certified the log's key, and the log's certificate, DER."""
        ...

    async def cosignatures(self) -> Sequence[Cosignature]:
        """What each witness last said of the log."""
        ...

    async def append(self, leaf: bytes, wraps: Sequence[bytes]) -> int:
        """Put a leaf of this device into the log; returns its index."""
        ...

    async def seed_wraps(self, principal: str) -> Sequence[bytes]:
        """The wraps of a principal's seeds made for this device."""
        ...
