"""The channels between devices, as conversations use them: what they need of `keys.device_channel`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sqlalchemy import Connection

from protocol.directory.records import Device
from protocol.messaging.payloads import KeyPacket


class ChannelPort(Protocol):
    """Carries the keys of sessions to single devices, and opens what others sent to this one."""

    @property
    def reached(self) -> frozenset[str]:
        """Devices that were sent something in a session begun since the store was opened."""
        ...

    async def retire(self) -> None:
        """Write with none of the sessions from before the store was opened."""
        ...

    async def renew(self) -> None:
        """Have others use only keys of this device that this store has, if it was copied back.

        Raises:
            JinshuError: `network.*`.
        """
        ...

    async def send_key(self, conversation: str, session: str, devices: Iterable[Device]) -> frozenset[str]:
        """Send the outbound session's key to devices; returns the ids of those it went to.

        Raises:
            JinshuError: `network.*` or `messaging.*`.
        """
        ...

    async def open_packet(self, data: bytes) -> tuple[KeyPacket, Device, bytes]:
        """Check a packet's signature and take off its seal; returns it, its sender and the Olm message inside.

        Raises:
            JinshuError: `certificate.*`, `signature.invalid`, `messaging.wrong_sender` or `envelope.cannot_open`.
        """
        ...

    def take_key(self, connection: Connection, packet: KeyPacket, sender: Device, inside: bytes) -> None:
        """Decrypt the Olm message and keep the session key in it as its sender's.

        Raises:
            JinshuError: `messaging.unreadable`, `messaging.wrong_sender` or `wire.malformed`.
        """
        ...
