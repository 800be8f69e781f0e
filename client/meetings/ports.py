"""What a session of a meeting needs of the core, and no more: a test gives it one with a key and a time of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from client.core.bus import EventBus
from client.core.client import CoreClient
from client.core.clock import Clock
from client.core.keys.device_channel import DeviceChannel
from client.core.keys.keystore import Keystore, Me
from client.core.trust.directory import Directory
from protocol.crypto.signature import Signed, SignedType


class Signer(Protocol):
    """This device as an author."""

    @property
    def me(self) -> Me: ...

    async def sign(self, kind: SignedType, value: Any) -> Signed: ...

    def now_ms(self) -> int: ...

    def entropy(self, count: int) -> bytes: ...


class DeviceSigner:
    """The `Signer` of a running client."""

    def __init__(self, keystore: Keystore, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._keystore = keystore
        self._clock = clock
        self._entropy = entropy

    @property
    def me(self) -> Me:
        return self._keystore.me

    async def sign(self, kind: SignedType, value: Any) -> Signed:
        return await self._keystore.sign(kind, value)

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def entropy(self, count: int) -> bytes:
        return self._entropy(count)


@dataclass(frozen=True, slots=True)
class MeetingPorts:
    """What a session is made with. `server_host`: the machine whose network the media go to as well."""

    signer: Signer
    clock: Clock
    directory: Directory
    channel: DeviceChannel
    bus: EventBus
    server_host: Callable[[], str]


def ports_of(core: CoreClient) -> MeetingPorts:
    """Those of a running client."""
    return MeetingPorts(
        signer=DeviceSigner(core.keystore, core.clock, core.entropy),
        clock=core.clock,
        directory=core.directory,
        channel=core.channel,
        bus=core.bus,
        server_host=lambda: core.api.address.host,
    )
