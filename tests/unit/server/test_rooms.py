"""The room of a meeting against a naive model: random people come, go, come anew and announce, in any order and as they should not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.payloads import Epoch, EpochKind, EpochPacket, Join
from server_stub.meetings.rooms import Room

MEETING = "mtg_" + "a" * 26
DEVICES = tuple("dev_" + letter * 25 + "a" for letter in "bcde")
PEOPLE = dict(zip(DEVICES, ("prs_b", "prs_b", "prs_d", "prs_e"), strict=True))  # the first has two devices


def signed(kind: SignedType, content: bytes) -> Signed:
    """Something as it came; the room verifies nothing."""
    return Signed(kind, bytes(32), bytes(64), content)


@dataclass
class Simple:
    """What a room should say: all that happened, looked through from the beginning each time."""

    happened: list[tuple[str, str, bytes]]

    def present(self) -> list[tuple[str, bytes]]:
        here: list[tuple[str, bytes]] = []
        for what, device, entry_id in self.happened:
            if what in ("came", "went"):
                here = [each for each in here if each[0] != device]
            if what == "came":
                here.append((device, entry_id))
        return here

    def announced(self) -> list[bytes]:
        return [entry_id for what, _, entry_id in self.happened if what == "announced"]

    def packets(self) -> dict[str, bytes]:
        """Of the newest epoch, for those who have been there without a break since."""
        starts = [at for at, (what, _, _) in enumerate(self.happened) if what == "announced"]
        kept: dict[str, bytes] = {}
        for what, device, entry_id in self.happened[starts[-1] :] if starts else ():
            if what == "packet":
                kept[device] = entry_id
            elif what in ("came", "went"):
                kept.pop(device, None)
        return kept


class Rooms(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.room = Room(MEETING, "cnv_" + "a" * 26)
        self.model = Simple([])
        self.count = 0

    def fresh(self) -> bytes:
        self.count += 1
        return hashlib.sha256(str(self.count).encode()).digest()

    @rule(device=st.sampled_from(DEVICES))
    def comes(self, device: str) -> None:
        nonce = self.fresh()
        join = signed(SignedType.MEETING_JOIN, nonce)
        self.room.enter(join, Join(MEETING, PEOPLE[device], device, nonce[:16], 1, bytes(32), 1))
        self.model.happened.append(("came", device, join.entry_id))

    @rule(device=st.sampled_from(DEVICES))
    def goes(self, device: str) -> None:
        here = dict(self.model.present())
        gone = self.room.leave(device)
        assert (None if gone is None else gone.entry_id) == here.get(device)
        self.model.happened.append(("went", device, b""))

    @rule(data=st.data(), device=st.sampled_from(DEVICES), to=st.sets(st.sampled_from(DEVICES)))
    def announces(self, data: st.DataObject, device: str, to: set[str]) -> None:
        before = self.model.announced()
        n = data.draw(st.sampled_from([len(before) + 1, len(before), len(before) + 2]))
        previous = data.draw(st.sampled_from([before[-1] if before else None, None, bytes(32)]))
        here = dict(self.model.present())
        mine = data.draw(st.booleans()) or device not in here
        participants = [join for each, join in here.items() if mine or each != device] or [bytes(32)]
        epoch = Epoch(
            MEETING, n, previous, EpochKind.NEW, participants, bytes(32), "prs", device, 1, bytes(32), 1
        )
        entry = signed(SignedType.EPOCH, self.fresh())
        by = data.draw(st.sampled_from([device, device, *DEVICES]))
        packets = [
            (
                signed(SignedType.EPOCH_PACKET, self.fresh()),
                EpochPacket(MEETING, entry.entry_id, by, each, b"", 1),
            )
            for each in sorted(to)
        ]
        wanted = None
        if device not in here:
            wanted = ErrorCode.MEETINGS_NOT_PRESENT
        elif (n, previous) != (len(before) + 1, before[-1] if before else None):
            wanted = ErrorCode.MEETINGS_ACT_OUTDATED
        elif here[device] not in participants or (packets and by != device):
            wanted = ErrorCode.MEETINGS_EPOCH_REFUSED
        if wanted is not None:
            with pytest.raises(JinshuError) as caught:
                self.room.announce(device, entry, epoch, packets)
            assert caught.value.code is wanted
            return
        self.room.announce(device, entry, epoch, packets)
        self.model.happened.append(("announced", device, entry.entry_id))
        for one, packet in packets:
            if packet.to in here:
                self.model.happened.append(("packet", packet.to, one.to_bytes()))

    @invariant()
    def it_says_what_happened(self) -> None:
        room, model = self.room, self.model
        here = model.present()
        assert [(device, each.entry_id) for device, each in room.present.items()] == here
        announced = model.announced()
        assert (None if room.epoch is None else room.epoch[0]) == (announced[-1] if announced else None)
        assert room.packets == model.packets()
        for device in DEVICES:
            assert room.others(device) == [each for each, _ in here if each != device]
            people = [each for each, _ in here if PEOPLE[each] == PEOPLE[device]]
            assert room.devices_of([PEOPLE[device]]) == people


TestRooms = Rooms.TestCase
TestRooms.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
