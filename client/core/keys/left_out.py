"""What this device signs about devices that it left out because their keys cannot be used (C46), for their owners to hear."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from client.core.clock import Clock
from client.core.identity.keystore import Keystore
from client.core.server_requests import ServerRequests
from client.core.trust.directory import Directory
from protocol.crypto.signature import SignedType
from protocol.errors import JinshuError
from protocol.features import LEFT_OUT
from protocol.messaging.payloads import LeftOut
from protocol.wire.base import Empty
from protocol.wire.messaging import LeftOutRequest

_log = logging.getLogger(__name__)
_KNOWS: Final = LEFT_OUT.protocol


class LeftOutStatements:
    """One for each conversation or meeting and device since the start; what does not arrive goes with the next fan-out."""

    def __init__(self, keystore: Keystore, directory: Directory, api: ServerRequests, clock: Clock) -> None:
        self._keystore = keystore
        self._directory = directory
        self._api = api
        self._clock = clock
        self._due: dict[str, set[str]] = {}
        self._said: set[tuple[str, str]] = set()

    def add(self, object_id: str, devices: Iterable[str]) -> None:
        """Nothing was sent to these devices for this conversation or meeting."""
        new = {device for device in devices if (object_id, device) not in self._said}
        if new:
            self._due.setdefault(object_id, set()).update(new)

    async def send(self) -> None:
        """Tell the owners, if the site has that switched on. Whoever was not left out must not suffer by it: no fault is raised."""
        if not self._due or LEFT_OUT.name not in self._directory.organisation.site.features:
            return
        try:
            if await self._api.server_protocol() < _KNOWS:
                return
            while self._due:
                await self._notify(*self._due.popitem())
        except JinshuError as error:
            _log.info("owners of devices left out are told later: %s", error.code.value)

    async def _notify(self, object_id: str, devices: set[str]) -> None:
        # Taken out and said before it is sent: a message and a meeting may fan out at the same time, and each tells what is left.
        said = {(object_id, device) for device in devices}
        self._said |= said
        try:
            await self._post(object_id, devices)
        except BaseException:
            self._said -= said
            self.add(object_id, devices)
            raise

    async def _post(self, object_id: str, devices: set[str]) -> None:
        value = LeftOut(object_id, self._keystore.me.device, sorted(devices), self._clock.now_ms()).value()
        signed = await self._keystore.sign(SignedType.LEFT_OUT, value)
        await self._api.post("/conversations/left-out", LeftOutRequest(left_out=signed.to_bytes()), Empty)
