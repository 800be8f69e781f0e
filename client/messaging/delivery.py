"""Delivery marks: which devices have a message, by the server's word; what somebody read he says himself, encrypted."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from pydantic import ValidationError
from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.events import ConnectionChanged, ConversationsChanged, Event, LinkState
from client.core.identity.signer import Identity
from client.core.server_requests import ServerRequests
from client.core.store.store_port import StorePort
from client.core.tasks import TaskSupervisor
from client.messaging import marks
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.wire.messaging import MAX_BATCH, DeliveryMark, DeliveryReply, DeliveryRequest

_log = logging.getLogger(__name__)


class DeliveryMarks:
    """Takes the marks that are pushed, and asks for those that were missed whenever the server is reached again."""

    kind = "delivered"

    def __init__(
        self,
        identity: Identity,
        store: StorePort,
        server: ServerRequests,
        bus: EventBus,
        tasks: TaskSupervisor,
    ) -> None:
        self._identity = identity
        self._store = store
        self._server = server
        self._bus = bus
        self._tasks = tasks
        bus.subscribe(self._heard)

    async def take(self, body: Mapping[str, object]) -> None:
        """One mark, pushed.

        Raises:
            JinshuError: `wire.malformed`.
        """
        try:
            mark = DeliveryMark.model_validate(dict(body))
        except ValidationError:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=self.kind) from None
        await self._keep([mark])

    def _heard(self, event: Event) -> None:
        if isinstance(event, ConnectionChanged) and event.state is LinkState.ONLINE:
            self._tasks.start("delivery marks", self._ask())

    async def _ask(self) -> None:
        me = self._identity.me.person
        waiting = await self._store.read(lambda c: marks.undelivered(c, me, MAX_BATCH))
        if not waiting:
            return
        try:
            request = DeliveryRequest(conversations=waiting)
            reply = await self._server.post("/conversations/delivered", request, DeliveryReply)
        except JinshuError as error:
            _log.info("delivery marks postponed: %s", error.code.value)
            return
        await self._keep(reply.marks)

    async def _keep(self, delivered: Iterable[DeliveryMark]) -> None:
        def write(connection: Connection) -> list[str]:
            return sorted(
                {
                    mark.conversation
                    for mark in delivered
                    if marks.mark_delivered(connection, mark.conversation, mark.person, mark.upto)
                }
            )

        changed = await self._store.write(write)
        if changed:
            self._bus.publish(ConversationsChanged(tuple(changed)))
