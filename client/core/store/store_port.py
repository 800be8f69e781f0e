"""The store, as services use it: transactions and nothing else, so that a test gives them one in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class StorePort(Protocol):
    """While the store is closed both raise `store.locked`."""

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one consistent state."""
        ...

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction; it is on disk when this returns, or nothing of it is."""
        ...
