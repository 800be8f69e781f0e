"""Epochs of the media keys on their way: signed and sealed here when they are this device's, verified and opened when they are
another's (C22). It holds no state: which epoch is in force, and whose turn it is, `MeetingSession` knows.

An epoch travels as two signed things (PROTOCOL.md §7): the EPOCH, which everybody in the room gets and which commits to
the secret, and one EPOCH_PACKET for each device, which alone carries the secret, sealed over the device channel (§6).
The server orders announcements and passes packets on; it can open none and, because of the commitment, can give two
devices no two secrets for one epoch.

What must be kept in step: the names inside a packet (meeting, epoch, device it is for) are compared with those
outside, so a packet cannot be moved to another epoch; the shape `_SECRET` is what §7 says is inside Olm. A device
revoked between plan and packet gets none; the plan's list of participants stays as it was signed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from client.core.identity.signer import Signer
from client.core.trust.directory_port import DirectoryPort
from client.core.trust.later import read_signed
from client.meetings.epochs import Plan
from client.meetings.ports import SealedChannel
from client.meetings.verification import author
from protocol import payload
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Device
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.meetings.epochs import SECRET_BYTES, commitment
from protocol.meetings.payloads import Epoch, EpochPacket

_log = logging.getLogger(__name__)
_KIND: Final = "epoch-secret"
_SECRET: Final[Mapping[str, payload.Shape]] = {
    "kind": payload.one_of(_KIND),
    "meeting": payload.text,
    "epoch": payload.HASH,
    "secret": payload.octets(SECRET_BYTES),
}


class EpochExchange:
    """Of one meeting; made with a session, used from the core's thread."""

    def __init__(
        self, meeting: str, signer: Signer, directory: DirectoryPort, channel: SealedChannel
    ) -> None:
        self._meeting = meeting
        self._signer = signer
        self._directory = directory
        self._channel = channel

    # Mine

    async def announcement(self, plan: Plan) -> tuple[Signed, Epoch]:
        """The signed EPOCH of a plan.

        Raises:
            JinshuError: `profile.locked`.
        """
        me, directory = self._signer.me, self._directory
        epoch = Epoch(
            meeting=self._meeting,
            n=plan.n,
            previous=plan.previous,
            kind=plan.kind,
            participants=list(plan.participants),
            commitment=commitment(self._meeting, plan.secret),
            person=me.person,
            device=me.device,
            log_size=directory.size,
            log_root=directory.root,
            at=self._signer.now_ms(),
        )
        return await self._signer.sign(SignedType.EPOCH, epoch.value()), epoch

    async def packets(self, plan: Plan, entry_id: bytes) -> list[Signed]:
        """The secret of a plan for each device it is for, but for those revoked since; `entry_id`: of its signed EPOCH.

        Raises:
            JinshuError: `network.*`, `messaging.*`, `profile.locked`.
        """
        state = self._directory.state
        found = (state.device_by_id(stay.device) for stay in plan.to)
        devices = [device for device in found if device is not None and state.is_active(device)]
        content = {"kind": _KIND, "meeting": self._meeting, "epoch": entry_id, "secret": plan.secret}
        sealed = await self._channel.seal(self._meeting, devices, content)
        me, now = self._signer.me.device, self._signer.now_ms()
        packets = (EpochPacket(self._meeting, entry_id, me, to, data, now) for to, data in sealed.items())
        return [await self._signer.sign(SignedType.EPOCH_PACKET, each.value()) for each in packets]

    # Another's

    async def read(self, data: bytes) -> tuple[Epoch, Device]:
        """A signed EPOCH and the device that signed it; whether it counts in the meeting is the session's to say.

        Raises:
            JinshuError: `certificate.*`, `signature.invalid`, `directory.split_view`, `wire.malformed`, …
        """
        reading = await read_signed(self._directory, data, SignedType.EPOCH, Epoch)
        signed, epoch = reading.signed, reading.believed()
        device = await author(
            self._directory, signed, signed.type, epoch.person, epoch.device, epoch.log_size, epoch.log_root
        )
        return epoch, device

    async def secret(self, data: bytes, entry_id: bytes, sender: Device) -> bytes | None:
        """The secret in a packet of the announcer; None when it cannot be opened (any more).

        Raises:
            JinshuError: `certificate.unknown`, `signature.invalid`, `meetings.epoch_refused`: it is not the announcer's, or not
                of this epoch.
        """
        signed = Signed.parse(data, SignedType.EPOCH_PACKET)
        packet = EpochPacket.parse(signed.value(), tolerant=bool(self._directory.lacking))
        if signed.cert_hash != sender.cert_hash:
            raise RemoteProtocolError(ErrorCode.CERTIFICATE_UNKNOWN, device=packet.device)
        verify(signed, sender.verifying_key, SignedType.EPOCH_PACKET)
        if (packet.meeting, packet.epoch, packet.device) != (self._meeting, entry_id, sender.id):
            raise RemoteProtocolError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self._meeting)
        try:
            content = await self._channel.open(self._meeting, sender, packet.sealed, _SECRET)
        except JinshuError as error:
            _log.info("a packet of an epoch does not open: %s", error.code.value)
            return None
        if (content["meeting"], content["epoch"]) != (self._meeting, entry_id):
            raise RemoteProtocolError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self._meeting)
        return bytes(content["secret"])
