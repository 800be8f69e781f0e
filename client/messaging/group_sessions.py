"""The Megolm session a conversation is written with, and who has its key: the believed devices of the verified roster."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from client.core.identity.signer import Signer
from client.core.keys import ratchets
from client.core.keys.channel_port import ChannelPort
from client.core.keys.ratchets import Outbound
from client.core.store.store_port import StorePort
from client.core.trust.directory_port import DirectoryPort
from protocol.directory.records import Device, Standing
from protocol.messaging.payloads import Roster

# A Megolm session serves so many messages and so long (DESIGN D8).
_MOST_MESSAGES: Final = 100
_MOST_MS: Final = 24 * 3600 * 1000


class GroupSessions:
    """Used by acts of the outbox alone, which go one after the other in each conversation."""

    def __init__(
        self, signer: Signer, store: StorePort, directory: DirectoryPort, channel: ChannelPort
    ) -> None:
        self._signer = signer
        self._store = store
        self._directory = directory
        self._channel = channel

    def devices(self, roster: Roster) -> list[Device]:
        """Every device of a member but this one, of those that are believed; never from a list of the server's."""
        state, own = self._directory.state, self._signer.me.device
        return [
            device
            for person in roster.members
            for device in state.active_devices(person)
            if device.id != own and device.curve25519 and device.standing is not Standing.ON_CA_WORD
        ]

    async def ready(self, entry: bytes, roster: Roster, only: Collection[str] | None = None) -> Outbound:
        """A session that may be written with, when those who lack its key were sent it.

        Args:
            entry: entry id of the roster.
            roster: the newest one that has its place.
            only: of these devices alone; the others get the key with the next message.

        Raises:
            JinshuError: `network.*` or `messaging.*`.
        """
        conversation = roster.conversation
        await self._channel.retire()
        devices = self.devices(roster)
        session = await self._store.read(lambda c: ratchets.outbound(c, conversation))
        if session is None or not self._serves(session, devices):
            session = await self._begun(conversation, entry)
        missing = [device for device in devices if device.id not in session.shared]
        if only is not None:
            missing = [device for device in missing if device.id in only]
        if missing:
            name, asked = session.session, frozenset(device.id for device in missing)
            # Before it is sent: a process that ends in between must not forget who may have it.
            await self._store.write(lambda c: ratchets.mark_given(c, conversation, name, asked))
            reached = await self._channel.send_key(conversation, name, missing)
            await self._store.write(lambda c: ratchets.mark_shared(c, conversation, name, reached))
        return session

    def _serves(self, session: Outbound, devices: list[Device]) -> bool:
        """Whether a session may go on: not worn, not old, and nobody who was ever given its key is gone."""
        return (
            session.count < _MOST_MESSAGES
            and self._signer.now_ms() < session.created_at + _MOST_MS
            and session.given <= {device.id for device in devices}
        )

    async def _begun(self, conversation: str, roster: bytes) -> Outbound:
        now, me = self._signer.now_ms(), self._signer.me.device
        return await self._store.write(
            lambda c: ratchets.begin_outbound(c, conversation, roster, me, now, self._signer.entropy)
        )
