"""Packets lost on the way, up or down, are asked for and come again (RFC 4585, RFC 4588)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from client.core.clock import SystemClock
from client.media.streams import Layer
from protocol.crypto.frames import Stream
from server_stub.meetings.sfu.reports import nack
from tests.integration.meetings_media.room import Participant
from tests.integration.meetings_sfu.floor import MEETING, Floor, Show
from tests.support.backend_contract import sees
from tests.support.generated_picture import GeneratedPicture
from tests.support.light_peer import LightPeer
from tests.support.lossy_path import LossyPath
from tests.support.waiting import until

pytestmark = pytest.mark.alone

CLOCK = SystemClock()
LAYER = Layer(640, 360, 25, 600_000)


@pytest.fixture
async def path() -> AsyncIterator[LossyPath]:
    path = LossyPath()
    yield path
    path.close()


async def join_through(floor: Floor, path: LossyPath, name: str) -> LightPeer:
    peer = LightPeer(name)
    floor.peers.append(peer)
    answer = await floor.exchange.join(MEETING, name, await peer.offer(), False)
    await peer.answer(await path.through(answer))
    await until(lambda: peer.open)
    return peer


def every(step: int) -> Callable[[int], bool]:
    return lambda count: count % step == 0


async def test_what_is_lost_on_the_way_up_reaches_everybody_all_the_same(
    floor: Floor, path: LossyPath
) -> None:
    anna, boris = await join_through(floor, path, "anna"), await floor.join("boris")
    anna.publish([Stream.VIDEO_HIGH])
    show = Show(anna)
    await show.until_key_wanted()
    await show.frame(key=True)
    await until(lambda: len(boris.slots["7"].packets) == 3)
    path.drop_up = every(5)
    for index in range(40):
        await show.frame()
        if index % 8 == 7:
            await until(lambda: len(boris.slots["7"].packets) >= len(show.payloads) - 8)
    path.drop_up = every(1_000_000)
    await show.frame()
    await until(lambda: len(boris.slots["7"].packets) == len(show.payloads))
    assert path.dropped[0] > 20
    got = sorted(boris.slots["7"].packets, key=lambda packet: packet.sequence_number - _start(boris) & 0xFFFF)
    assert [packet.payload[4:] for packet in got] == [payload[4:] for payload in show.payloads]


async def test_whoever_misses_a_packet_gets_it_again_from_the_sfu(floor: Floor, path: LossyPath) -> None:
    anna, boris = await floor.join("anna"), await join_through(floor, path, "boris")
    anna.publish([Stream.VIDEO_HIGH])
    show = Show(anna)
    await show.until_key_wanted()
    path.drop_down = every(2)
    await show.frame(key=True, size=12_000)
    await until(lambda: path.dropped[1] == 5)
    path.drop_down = every(1_000_000)
    slot = boris.slots["7"]
    await until(lambda: len(slot.packets) == 5)
    first = slot.packets[0].sequence_number
    ssrc = slot.packets[0].ssrc
    missing = [(first + index) % 0x10000 for index in range(1, 10, 2)]
    await boris.wire.send(nack(boris.outbound[Stream.AUDIO].ssrc, ssrc, missing))
    await until(lambda: len(slot.packets) == 10)
    assert slot.retransmitted == 5
    got = sorted(slot.packets, key=lambda packet: packet.sequence_number - first & 0xFFFF)
    assert [packet.payload[4:] for packet in got] == [payload[4:] for payload in show.payloads]
    assert [packet.marker for packet in got] == [0] * 9 + [1]
    # What was never sent cannot be sent again.
    await boris.wire.send(nack(boris.outbound[Stream.AUDIO].ssrc, ssrc, [first - 9 & 0xFFFF, first]))
    await until(lambda: slot.retransmitted == 6)


async def test_a_picture_survives_the_loss_of_every_tenth_packet_both_ways(
    floor: Floor, path: LossyPath
) -> None:
    other = LossyPath()
    people = [Participant("anna", 0), Participant("boris", 1)]
    try:
        for person, way in zip(people, (path, other), strict=True):
            answer = await floor.exchange.join(MEETING, person.name, await person.peer.offer(), False)
            await person.peer.answer(await way.through(answer))
            await until(lambda: bool(people[0].notes.maps))
        anna, boris = people
        for person in people:
            person.keys.speak(7, person.rank)
            for each in people:
                person.keys.learn(7, each.rank)
        path.drop_up, other.drop_down = every(10), every(11)
        anna.peer.start_camera(GeneratedPicture(b"of anna ", CLOCK), LAYER)
        await until(lambda: sees(boris, b"of anna ") is not None)
        slot = next(each for each in boris.peer.figures() if each.packets)
        frames = slot.frames
        await until(lambda: boris.peer.figures()[int(slot.mid) - 4].frames > frames + 60)
        after = boris.peer.figures()[int(slot.mid) - 4]
        assert path.dropped[0] > 5
        assert other.dropped[1] > 5
        assert floor.exchange.figures(1).retransmitted >= 3
        assert (after.lost, after.damaged) == (0, 0)
    finally:
        for person in people:
            await person.peer.close()
        other.close()


def _start(peer: LightPeer) -> int:
    return peer.slots["7"].packets[0].sequence_number
