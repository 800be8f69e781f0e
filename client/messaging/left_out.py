"""Hearing that somebody could send nothing to a device of mine, or that another device of mine could not to somebody's (C46)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydantic import ValidationError
from sqlalchemy import Connection

from client.core.events import Event, NoticeRaised
from client.core.identity.signer import Identity
from client.core.names import person_name
from client.core.store import settings
from client.core.sync.pull import Apply, LogEvent
from client.core.trust.directory_port import DirectoryPort
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Device
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.messaging.payloads import LeftOut
from protocol.wire.messaging import LeftOutRecord

_HEARD: Final = "messaging.left_out:"


class LeftOutEvents:
    """Events of kind "left_out". Of each sender a device is said once: he goes on leaving it out with every message."""

    kind = "left_out"

    def __init__(self, identity: Identity, directory: DirectoryPort) -> None:
        self._identity = identity
        self._directory = directory

    async def prepare(self, event: LogEvent) -> Apply:
        """Verify a sender's statement.

        Raises:
            JinshuError: `wire.malformed`, `certificate.*`, `signature.invalid`, `messaging.wrong_sender`.
        """
        try:
            record = LeftOutRecord.model_validate(dict(event.body))
        except ValidationError:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=event.kind) from None
        signed = Signed.parse(record.signed, SignedType.LEFT_OUT)
        said = LeftOut.parse(signed.value(), tolerant=bool(self._directory.lacking))
        sender = self._directory.state.active_signer(signed.cert_hash)
        verify(signed, sender.verifying_key, SignedType.LEFT_OUT)
        if said.device != sender.id:
            raise RemoteProtocolError(ErrorCode.MESSAGING_WRONG_SENDER, device=said.device)
        found = [self._directory.state.active.get(device) for device in said.left_out]
        notices = [self._notice(sender, device) for device in found if device is not None]

        def apply(connection: Connection) -> Iterable[Event]:
            return [notice for name, notice in notices if _is_new(connection, name)]

        return apply

    def _notice(self, sender: Device, device: Device) -> tuple[str, NoticeRaised]:
        """What is said of one device, and the name under which it is remembered that it was."""
        organisation, mine = self._directory.organisation, device.person == self._identity.me.person
        person = person_name(organisation, sender.person if mine else device.person)
        code = ErrorCode.MESSAGING_OWN_DEVICE_LEFT_OUT if mine else ErrorCode.MESSAGING_DEVICE_LEFT_OUT
        params = {"device": device.id, "label": device.label, "person": person}
        name = f"{device.id}:{sender.person}"
        return name, NoticeRaised(code, tuple(sorted(params.items())))


def _is_new(connection: Connection, name: str) -> bool:
    if settings.get(connection, _HEARD + name):
        return False
    settings.put(connection, _HEARD + name, True)
    return True
