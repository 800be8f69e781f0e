"""The SFU never decodes: payload bytes in are payload bytes out, and there is nothing that could decode (C25)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from aiortc import RTCPeerConnection, rtcrtpreceiver

from protocol.crypto.frames import Stream
from server_stub.meetings.sfu.burst import Copy
from server_stub.meetings.sfu.outlet import Outlet
from server_stub.meetings.sfu.postbox import Postbox
from server_stub.meetings.sfu.rewriting import Offsets
from tests.integration.meetings_sfu.floor import MEETING, Floor, Show
from tests.support.light_peer import LightPeer
from tests.support.waiting import until

# Of a payload: what is after the descriptor, whose picture id the SFU writes anew.
_DESCRIPTOR = 4


async def two(floor: Floor) -> tuple[LightPeer, LightPeer]:
    anna, boris = await floor.join("anna"), await floor.join("boris")
    anna.publish([Stream.AUDIO, Stream.VIDEO_HIGH, Stream.VIDEO_LOW])
    await until(lambda: boris.slot_of("anna", Stream.VIDEO_HIGH) is not None)
    return anna, boris


async def carry(floor: Floor) -> None:
    """Pictures and sound of one go to the other, byte by byte as they were sent.

    Raises:
        AssertionError: something was lost, changed or added.
    """
    anna, boris = await two(floor)
    show = Show(anna)
    await show.until_key_wanted()
    await show.frame(key=True)
    sounds = [secrets.token_bytes(80) for _ in range(20)]
    for index, sound in enumerate(sounds):
        await show.frame(size=500 * index + 100)
        await anna.send_sound(sound, 960 * index)
    pictures, voice = boris.slots["7"], boris.slots["4"]
    await until(lambda: len(pictures.packets) >= len(show.payloads) and len(voice.packets) >= 20)
    assert [each[_DESCRIPTOR:] for each in pictures.payloads] == [
        each[_DESCRIPTOR:] for each in show.payloads
    ]
    assert [each[:2] for each in pictures.payloads] == [each[:2] for each in show.payloads]
    assert voice.payloads == sounds


async def test_payload_bytes_in_are_payload_bytes_out(floor: Floor) -> None:
    await carry(floor)
    first, *_, last = floor.peers[1].slots["7"].packets
    assert (first.marker, last.marker) == (0, 1)
    voice = floor.peers[1].slots["4"].packets[0]
    assert voice.extensions.audio_level == (True, 20)
    # The publisher's MID would lead a receiver to the wrong line.
    assert (voice.extensions.mid, first.extensions.mid) == (None, None)
    assert first.extensions.abs_send_time is not None


async def test_the_same_over_ipv6() -> None:
    floor = Floor("::1")
    try:
        await carry(floor)
    finally:
        await floor.close()


async def test_that_test_notices_one_changed_bit(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = Postbox.post

    def broken(
        self: Postbox, to: Outlet, ssrc: int, payload_type: int, offsets: Offsets, copies: Sequence[Copy]
    ) -> None:
        turned = [each._replace(body=each.body[:-1] + bytes([each.body[-1] ^ 1])) for each in copies]
        sent(self, to, ssrc, payload_type, offsets, turned)

    monkeypatch.setattr(Postbox, "post", broken)
    with pytest.raises(AssertionError):
        await carry(floor)


class Spy:
    """Every way aiortc and PyAV have to a decoder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        self._before = set(threading.enumerate())
        decode = rtcrtpreceiver.decoder_worker

        def worker(*args: Any) -> None:
            self.seen.append("decoder_worker")
            decode(*args)

        monkeypatch.setattr(rtcrtpreceiver, "decoder_worker", worker)
        for name in ("get_decoder", "JitterBuffer", "RemoteBitrateEstimator", "StreamStatistics"):
            self._watch(monkeypatch, name)

    def verdict(self) -> None:
        """Raises AssertionError when there was anything."""
        threads = [thread.name for thread in set(threading.enumerate()) - self._before]
        assert (self.seen, threads) == ([], [])

    def _watch(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        original = getattr(rtcrtpreceiver, name)

        def called(*args: Any, **named: Any) -> Any:
            self.seen.append(name)
            return original(*args, **named)

        monkeypatch.setattr(rtcrtpreceiver, name, called)


async def test_there_is_no_decoder(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of this test have receivers of aiortc, which they never start: so theirs are made before the spy comes."""
    anna, boris = await two(floor)
    carla = LightPeer("carla")
    floor.peers.append(carla)
    offer = await carla.offer()
    spy = Spy(monkeypatch)
    answer = await floor.exchange.join(MEETING, "carla", offer, False)
    show = Show(anna)
    for _ in range(10):
        await show.frame(key=True)
    await until(lambda: len(boris.slots["7"].packets) >= len(show.payloads) > 20)
    spy.verdict()
    await carla.answer(answer)
    await until(lambda: carla.open)
    spy.verdict()


async def test_that_test_notices_a_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    spy = Spy(monkeypatch)
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="video-decoder")
    thread.start()
    with pytest.raises(AssertionError):
        spy.verdict()
    done.set()
    thread.join()
    # An SFU on RTCPeerConnection would have this one for every stream.
    connection = RTCPeerConnection()
    connection.addTransceiver("video", direction="recvonly")
    with pytest.raises(AssertionError):
        spy.verdict()
    await connection.close()


async def test_a_slot_goes_on_evenly_over_every_switch(floor: Floor) -> None:
    """Numbers, times and picture ids, and the old picture stays until the new one's key frame (slots.md §2)."""
    anna, boris, carla = [await floor.join(name) for name in ("anna", "boris", "carla")]
    shows = {peer.name: Show(peer) for peer in (boris, carla)}
    for peer in (boris, carla):
        peer.publish([Stream.VIDEO_HIGH, Stream.VIDEO_LOW])
    slot = anna.slots["7"]

    async def turns_to(name: str, other: str) -> None:
        anna.say(f'{{"t": "view", "pins": ["{name}"], "high": 1, "videos": 1, "screen": true}}')
        await until(lambda: anna.slot_of(name, Stream.VIDEO_HIGH) == "7")
        await shows[name].until_key_wanted()
        came = len(slot.packets)
        if came:
            await shows[other].frame()
            await until(lambda: len(slot.packets) == came + 3)
        # Deltas of the new source before its key frame belong to nothing.
        await shows[name].frame()
        await shows[name].frame(key=True)
        await shows[name].frame()
        sent = [each[_DESCRIPTOR:] for each in shows[name].payloads[-6:]]
        before = came + 3 if came else 0
        await until(lambda: [each[_DESCRIPTOR:] for each in slot.payloads[-1:]] == sent[-1:])
        assert [each[_DESCRIPTOR:] for each in slot.payloads[before:]] == sent
        await shows[other].frame()

    for name, other in (("boris", "carla"), ("carla", "boris")) * 2:
        await turns_to(name, other)
    numbers = [packet.sequence_number for packet in slot.packets]
    assert numbers == [(numbers[0] + index) % 0x10000 for index in range(len(numbers))]
    times = [(packet.timestamp - slot.packets[0].timestamp) % (1 << 32) for packet in slot.packets]
    assert times == sorted(times)
    assert times[-1] < 90_000 * 30
    pictures = [int.from_bytes(payload[2:4], "big") & 0x7FFF for payload in slot.payloads[::3]]
    assert pictures == [(pictures[0] + index) % 0x8000 for index in range(len(pictures))]
    assert len({packet.ssrc for packet in slot.packets}) == 1
