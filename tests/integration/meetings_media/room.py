"""Two participants with real connections to a small SFU on loopback, and what reached them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from client.core.clock import SystemClock
from client.media.channel import SlotMap
from client.media.newest import Picture
from client.media.peer import Loss, MediaPeer
from client.media.sealing import Lock
from client.media.sources import Samples
from tests.support.generated_picture import read_luma
from tests.support.media_keys import MediaKeys
from tests.support.small_sfu import Seat, SmallSfu
from tests.support.waiting import until


class Ear:
    """A loudspeaker that remembers."""

    def __init__(self) -> None:
        self.blocks: list[Samples] = []

    def play(self, block: Samples) -> None:
        self.blocks.append(block)

    def last(self, seconds: float) -> Samples:
        return np.concatenate(self.blocks[-round(seconds * 50) :])

    def loudest(self) -> int:
        return max((int(np.abs(block.astype(np.int32)).max()) for block in self.blocks), default=0)


class Notes:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.joined = 0
        self.maps: list[SlotMap] = []
        self.speakers: list[tuple[str, ...]] = []
        self.locks: list[tuple[str, Lock]] = []
        self.controls: list[tuple[int, bytes]] = []
        self.losses: list[Loss] = []
        self.failures: list[tuple[str, Exception]] = []

    def connected(self) -> None:
        self.joined += 1

    def map_changed(self, slots: SlotMap) -> None:
        self.maps.append(slots)

    def speakers_changed(self, order: tuple[str, ...]) -> None:
        self.speakers.append(order)

    def lock_changed(self, mid: str, lock: Lock) -> None:
        self.locks.append((mid, lock))

    def control(self, kid: int, message: bytes) -> None:
        self.controls.append((kid, message))

    def lost(self, why: Loss) -> None:
        self.losses.append(why)

    def failed(self, task: str, error: Exception) -> None:
        self.failures.append((task, error))


class Participant:
    """A media peer with its keys, ear and notes."""

    def __init__(self, name: str, rank: int) -> None:
        self.name = name
        self.rank = rank
        self.keys = MediaKeys()
        self.ear = Ear()
        self.notes = Notes()
        self.peer = MediaPeer(self.keys, SystemClock(), self.ear, self.notes, addresses=["127.0.0.1"])

    def picture(self, mid: str) -> Picture | None:
        return self.peer.pictures[mid].take()

    def nonce(self, mid: str) -> bytes | None:
        """Read out of the pixels a tile would paint."""
        picture = self.picture(mid)
        return None if picture is None else nonce_of(picture)


def nonce_of(picture: Picture) -> bytes | None:
    rows = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.height, picture.stride)
    green = rows[:, 1 : picture.width * 4 : 4]
    read = read_luma(green)
    return None if read is None else read[0]


class Room:
    """Join, route, wait, close."""

    def __init__(self) -> None:
        self.sfu = SmallSfu()
        self.people: list[Participant] = []

    async def join(self, name: str, before: Callable[[MediaPeer], None] = lambda _peer: None) -> Participant:
        """`before`: what is done before there is a connection."""
        person = Participant(name, len(self.people))
        self.people.append(person)
        before(person.peer)
        await person.peer.answer(await self.sfu.join(name, await person.peer.offer()))
        await until(lambda: person.notes.joined > 0 and self.seat(person).channel is not None)
        return person

    def seat(self, person: Participant) -> Seat:
        return self.sfu.seats[person.name]

    def share(self, epoch: int) -> None:
        """Everybody speaks in this epoch and knows everybody's keys."""
        for person in self.people:
            person.keys.speak(epoch, person.rank)
            for other in self.people:
                person.keys.learn(epoch, other.rank)

    async def close(self) -> None:
        for person in self.people:
            await person.peer.close()
        await self.sfu.close()
