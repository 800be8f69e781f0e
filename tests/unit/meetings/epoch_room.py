"""Everybody in a meeting, in one process, with a server that passes on what a test likes."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field

from client.meetings.epochs import EpochKeys
from client.meetings.presence import Stay
from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.epochs import SUCCESSION_MS, SWITCH_MS, commitment
from protocol.meetings.payloads import Epoch

MEETING = "mtg_" + "a" * 26


@dataclass
class Announced:
    """An announcement as it travels, with the packets beside it."""

    id: bytes
    epoch: Epoch
    announcer: bytes
    packets: dict[bytes, bytes]


@dataclass
class Room:
    """Everybody in a meeting, in one process, with a server that passes on what it likes."""

    now: int = 1_000_000
    seats: dict[bytes, EpochKeys] = field(default_factory=dict)
    gone: list[EpochKeys] = field(default_factory=list)
    stays: dict[bytes, Stay] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    announced: list[Announced] = field(default_factory=list)

    def join(self, name: str) -> bytes:
        stay = Stay(self.chance.randbytes(32), f"prs_{name}", f"dev_{name}", self.chance.randbytes(16))
        self.leave(name)
        self.stays[stay.id] = stay
        keys = EpochKeys(MEETING, stay, self.now, self.chance.randbytes)
        for other in self.seats:
            keys.presence.came(self.stays[other], self.now)
            self.seats[other].presence.came(stay, self.now)
        self.seats[stay.id] = keys
        keys.presence.arrange(list(self.seats))
        if self.announced:
            keys_of = self.announced[-1]
            self.hand(stay.id, keys_of)
        return stay.id

    def leave(self, name: str) -> None:
        for join in [each for each in self.seats if self.stays[each].device == f"dev_{name}"]:
            self.gone.append(self.seats.pop(join))
            for keys in self.seats.values():
                keys.presence.left(f"dev_{name}", self.now)

    def announce(self, join: bytes) -> Announced:
        """What a seat announces now, told to nobody yet but itself."""
        keys = self.seats[join]
        plan = keys.plan()
        stay = self.stays[join]
        epoch = Epoch(
            meeting=MEETING,
            n=plan.n,
            previous=plan.previous,
            kind=plan.kind,
            participants=list(plan.participants),
            commitment=commitment(MEETING, plan.secret),
            person=stay.person,
            device=stay.device,
            log_size=1,
            log_root=bytes(32),
            at=self.now,
        )
        value = repr(epoch).encode() + self.chance.randbytes(4)
        made = Announced(
            hashlib.sha256(value).digest(), epoch, join, {each.id: plan.secret for each in plan.to}
        )
        keys.take(made.id, epoch, join, plan.secret, self.now)
        self.announced.append(made)
        return made

    def hand(self, join: bytes, made: Announced) -> None:
        self.seats[join].take(made.id, made.epoch, made.announcer, made.packets.get(join), self.now)

    def due(self) -> list[bytes]:
        """Seats whose turn has come, in order of when it came."""
        found = [(at, join) for join, keys in self.seats.items() if (at := keys.due_at()) is not None]
        return [join for at, join in sorted(found) if at <= self.now]

    def settle(self) -> None:
        """Everything is delivered, and time goes on until nobody has anything to announce; who has no key comes anew."""
        for _ in range(40):
            for made in self.announced:
                for join in list(self.seats):
                    self.hand(join, made)
            due = self.due()
            if due:
                self.announce(due[0])
                continue
            locked = [join for join, keys in self.seats.items() if keys.due_at() is None and not keys.ready]
            if locked:
                self.join(self.stays[locked[0]].device.removeprefix("dev_"))
                continue
            if all(keys.due_at() is None for keys in self.seats.values()):
                return
            self.now += SUCCESSION_MS
        raise AssertionError("they do not come to rest")

    def hears(self, listener: EpochKeys, speaker: EpochKeys, text: bytes = b"picture") -> bool:
        sealer = speaker.sealer(Stream.AUDIO)
        assert sealer is not None
        try:
            kid, plain = listener.open(sealer.seal(text))
        except JinshuError as error:
            return error.code not in (ErrorCode.FRAMES_UNKNOWN_KEY, ErrorCode.FRAMES_DAMAGED)
        return plain == text and listener.sender(kid)[1] is Stream.AUDIO

    def check(self) -> None:
        everybody = list(self.seats.values())
        self.now += SWITCH_MS
        for keys in everybody:
            keys.maintain(self.now)
        assert len({keys.epoch for keys in everybody}) <= 1
        assert all(keys.ready for keys in everybody)
        for speaker in everybody:
            for listener in everybody:
                assert speaker is listener or self.hears(listener, speaker)
            for former in self.gone:
                assert not self.hears(former, speaker)
