"""After a store was copied back, every device of its conversations hears from this one in a new channel.

Until then the others write to it by ratchets that this store has lost, and nothing of that opens here. Whoever hears from it
forgets the keys it had before and sends the keys of running sessions once more (`DeviceChannel`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection

from client.core.events import Event
from client.core.identity.signer import Signer
from client.core.keys.channel_port import ChannelPort
from client.core.store.store_port import StorePort
from client.core.sync import acts
from client.core.sync.acts import Act
from client.messaging import conversation_store
from client.messaging.group_sessions import GroupSessions
from protocol.errors import JinshuError
from protocol.identifiers import IdKind

KIND: Final = "conversation-renewal"


class RenewalActs:
    """Acts of kind "conversation-renewal", one a conversation; they go like messages, between them, and say nothing."""

    kind = KIND

    def __init__(
        self, signer: Signer, store: StorePort, channel: ChannelPort, sessions: GroupSessions
    ) -> None:
        self._signer = signer
        self._store = store
        self._channel = channel
        self._sessions = sessions

    async def send(self, act: Act) -> object:
        await self._channel.renew()
        known = await self._store.read(lambda c: conversation_store.newest_placed(c, act.object))
        if known is None or self._signer.me.person not in known[1].members:
            return None
        # Once is enough for each device, in whatever conversation.
        new = {device.id for device in self._sessions.devices(known[1])} - self._channel.reached
        if new:
            await self._sessions.ready(*known, only=new)
        return None

    def settle(self, connection: Connection, act: Act, reply: Any) -> Iterable[Event]:
        del connection, act, reply
        return ()

    def refuse(self, connection: Connection, act: Act, error: JinshuError) -> Iterable[Event]:
        """Nobody decides about it, and it must not hold back what is said after it."""
        del error
        acts.remove(connection, act.id)
        return ()

    def queue(self, connection: Connection) -> Iterable[Event]:
        """One act for each conversation that has none waiting, in the transaction that writes down the gap."""
        now, waiting = self._signer.now_ms(), acts.objects(connection, KIND)
        for known in conversation_store.conversations(connection):
            if known.id not in waiting:
                name = self._signer.new_id(IdKind.ACT)
                acts.insert(connection, Act(name, KIND, known.id, b"", created_at=now))
        return ()
