"""What updates take from around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class UpdateServer(Protocol):
    """Whoever carries the files. Nothing it says is believed (client.core.connection.update_requests)."""

    def read(self, folder: str, name: str, offset: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The bytes of a file in `metadata` or `targets` from `offset` on, as they come.

        Raises:
            JinshuError: `updates.missing`, `network.*`.
        """
        ...
