"""What the meetings need of the core, and no more: a test gives them a key, a time, a store and a server of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.clock import Clock
from client.core.events import Event
from client.core.identity.signer import Signer
from client.core.server_requests import ServerRequests
from client.core.store.store_port import StorePort
from client.core.sync.acts import Act
from client.core.tasks import TaskSupervisor
from client.core.trust.directory_port import DirectoryPort
from protocol import payload
from protocol.directory.records import Device

if TYPE_CHECKING:
    from client.core.client import CoreClient

ReplyT = TypeVar("ReplyT", bound=BaseModel)


class RoomRequests(ServerRequests, Protocol):
    """Requests to the server; those about a meeting one is in ask as well as tell."""

    async def get(self, path: str, reply: type[ReplyT]) -> ReplyT:
        """Read the reply to a question at `path` below /v1."""
        ...


class SealedChannel(Protocol):
    """The channels between devices, as the secrets of epochs use them: what they need of `keys.device_channel`."""

    async def seal(
        self, object_id: str, devices: Iterable[Device], content: Mapping[str, Any]
    ) -> dict[str, bytes]:
        """The same content for several devices, by device id; those that cannot be sealed to are left out.

        Raises:
            JinshuError: `network.*` or `messaging.*`.
        """
        ...

    async def open(
        self, object_id: str, sender: Device, sealed: bytes, shapes: Mapping[str, payload.Shape]
    ) -> dict[str, Any]:
        """What `seal` closed for this device, checked for shape.

        Raises:
            JinshuError: `envelope.cannot_open`, `messaging.*` or `wire.malformed`.
        """
        ...


class ActQueue(Protocol):
    """The outbox, as who calls a meeting uses it."""

    async def queue(self, acts: Sequence[Act], rows: Callable[[Connection], Iterable[Event]]) -> None:
        """Keep acts to be sent, in the transaction in which `rows` writes what the user sees of them."""
        ...


@dataclass(frozen=True, slots=True)
class MeetingPorts:
    """`server_host`: the machine that the media go to as well. `catch_up`: comes into step with the server's log."""

    signer: Signer
    clock: Clock
    directory: DirectoryPort
    channel: SealedChannel
    store: StorePort
    requests: RoomRequests
    outbox: ActQueue
    bus: EventBus
    tasks: TaskSupervisor
    server_host: Callable[[], str]
    catch_up: Callable[[], Awaitable[None]]


def ports_of(core: CoreClient) -> MeetingPorts:
    """Those of a running client."""
    return MeetingPorts(
        signer=core.signer,
        clock=core.clock,
        directory=core.directory,
        channel=core.channel,
        store=core.store,
        requests=core.api,
        outbox=core.outbox,
        bus=core.bus,
        tasks=core.tasks,
        server_host=lambda: core.api.address.host,
        catch_up=core.catch_up,
    )
