"""Who is in which meeting at this moment. What was signed is in the database, and who has ever been in it; presence, epochs and
their packets are of the moment, in memory: after a restart everybody joins anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from protocol.crypto.signature import Signed
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.payloads import Epoch, EpochPacket, Join


@dataclass(frozen=True, slots=True)
class Present:
    """A participant: his JOIN as he signed it."""

    join: Join
    entry_id: bytes
    signed: bytes


@dataclass(slots=True)
class Room:
    """One meeting while somebody is in it."""

    meeting: str
    conversation: str
    present: dict[str, Present] = field(default_factory=dict)  # device -> himself, in the order they came
    epoch: tuple[bytes, Epoch, bytes] | None = None  # entry id, content, signed
    packets: dict[str, bytes] = field(default_factory=dict)  # device -> its packet of that epoch

    def enter(self, signed: Signed, join: Join) -> None:
        """Somebody comes, or comes anew: then he is the last."""
        self.present.pop(join.device, None)
        self.packets.pop(join.device, None)
        self.present[join.device] = Present(join, signed.entry_id, signed.to_bytes())

    def leave(self, device: str) -> Present | None:
        """Somebody goes; returns who, if he was there."""
        self.packets.pop(device, None)
        return self.present.pop(device, None)

    def devices_of(self, people: Iterable[str]) -> list[str]:
        wanted = set(people)
        return [device for device, each in self.present.items() if each.join.person in wanted]

    def others(self, device: str) -> list[str]:
        return [each for each in self.present if each != device]

    def announce(
        self, device: str, signed: Signed, epoch: Epoch, packets: Sequence[tuple[Signed, EpochPacket]]
    ) -> None:
        """Take an epoch announced by a participant, after the one in force and no other.

        Raises:
            JinshuError: `meetings.not_present`, `meetings.act_outdated` (another came first) or `meetings.epoch_refused`.
        """
        if device not in self.present:
            raise JinshuError(ErrorCode.MEETINGS_NOT_PRESENT, meeting=self.meeting)
        last = (None, 0) if self.epoch is None else (self.epoch[0], self.epoch[1].n)
        if (epoch.previous, epoch.n) != (last[0], last[1] + 1):
            raise JinshuError(ErrorCode.MEETINGS_ACT_OUTDATED, meeting=self.meeting)
        if self.present[device].entry_id not in epoch.participants:
            raise JinshuError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self.meeting)
        for _, packet in packets:
            if (packet.meeting, packet.epoch, packet.device) != (self.meeting, signed.entry_id, device):
                raise JinshuError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self.meeting)
        self.epoch = (signed.entry_id, epoch, signed.to_bytes())
        self.packets = {packet.to: each.to_bytes() for each, packet in packets if packet.to in self.present}
