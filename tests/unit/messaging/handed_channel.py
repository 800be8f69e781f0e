"""Channels between devices of tests: the session's key is handed over as it is, signed and not sealed.

The real channel, `client.core.keys.device_channel`, has tests of its own; here the services are tested that use one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from client.core.identity.signer import Signer
from client.core.keys import ratchets
from client.core.store.store_port import StorePort
from client.core.trust.directory_port import DirectoryPort
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Device
from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.payloads import KeyPacket


class ProcessEnded(BaseException):
    """The process ended here; what was sent is sent."""


class HandedChannel:
    """A `ChannelPort`. `tell` puts a packet into the log of a device; `without_prekeys` are devices that nothing reaches yet;
    `ends_after_sending`: the keys go out, and nothing is written down any more."""

    def __init__(
        self, signer: Signer, store: StorePort, directory: DirectoryPort, tell: Callable[[str, bytes], object]
    ) -> None:
        self._signer = signer
        self._store = store
        self._directory = directory
        self._tell = tell
        self._reached: set[str] = set()
        self.without_prekeys: set[str] = set()
        self.sent: list[tuple[str, frozenset[str]]] = []  # session, and the devices its key went to
        self.ends_after_sending = False
        self.renewed = 0
        self.refusal: JinshuError | None = None  # what the next renewal ends with

    async def open_again(self) -> None:
        """The store was opened again: nothing is written with what was there before."""
        await self._store.write(ratchets.retire_sessions)
        self._reached.clear()
        self.sent.clear()

    @property
    def reached(self) -> frozenset[str]:
        return frozenset(self._reached)

    async def retire(self) -> None:
        """No store of these tests was opened again."""

    async def renew(self) -> None:
        refusal, self.refusal = self.refusal, None
        if refusal is not None:
            raise refusal
        self.renewed += 1

    async def send_key(self, conversation: str, session: str, devices: Iterable[Device]) -> frozenset[str]:
        signer = self._signer
        key = await self._store.write(lambda c: ratchets.current_key(c, conversation, signer.entropy))
        to = frozenset(device.id for device in devices) - self.without_prekeys
        for device in sorted(to):
            packet = KeyPacket(conversation, signer.me.device, device, session, key.encode(), signer.now_ms())
            self._tell(device, (await signer.sign(SignedType.KEY_PACKET, packet.value())).to_bytes())
        self._reached |= to
        self.sent.append((session, to))
        if self.ends_after_sending:
            raise ProcessEnded
        return to

    async def open_packet(self, data: bytes) -> tuple[KeyPacket, Device, bytes]:
        signed = Signed.parse(data, SignedType.KEY_PACKET)
        packet = KeyPacket.parse(signed.value())
        sender = self._directory.state.active_signer(signed.cert_hash)
        verify(signed, sender.verifying_key, SignedType.KEY_PACKET)
        if (packet.device, packet.to) != (sender.id, self._signer.me.device):
            raise JinshuError(ErrorCode.MESSAGING_WRONG_SENDER, device=packet.device)
        return packet, sender, packet.sealed

    def take_key(self, connection: Connection, packet: KeyPacket, sender: Device, inside: bytes) -> None:
        ratchets.keep_inbound(
            connection, packet.session, inside.decode(), packet.conversation, sender.id, self._signer.entropy
        )
