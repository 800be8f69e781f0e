"""The files of the city's updates, over the API and without a session: a device too old for one needs them most."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from client.core.connection.api import Api


class UpdateRequests:
    """Implements client.updates.ports.UpdateServer."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def read(self, folder: str, name: str, offset: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._api.stream_bytes(f"/updates/{folder}/{name}", offset, session=False)
