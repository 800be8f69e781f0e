"""Whose sound and whose pictures are passed on: at once for a voice, with one key frame for all who turn to somebody."""

from __future__ import annotations

import json

import pytest

from protocol.crypto.frames import Stream
from server_stub.meetings.sfu import exchange
from server_stub.meetings.sfu.seat import Seat
from tests.integration.meetings_sfu.floor import MEETING, Floor, Show
from tests.support.light_peer import LightPeer
from tests.support.waiting import until

SOUNDS = [Stream.AUDIO]


def heard(peer: LightPeer) -> list[bytes]:
    return [payload for mid in ("4", "5", "6") for payload in peer.slots[mid].payloads]


def voices(peer: LightPeer) -> set[str]:
    return {slot["sender"] for slot in peer.map[:3] if slot is not None}


async def crowd(floor: Floor, *names: str) -> list[LightPeer]:
    peers = [await floor.join(name) for name in names]
    for peer in peers:
        peer.publish(SOUNDS)
    seats = {seat.name: seat for seat in floor.seats}
    await until(lambda: all(Stream.AUDIO in seats[name].published for name in names))
    return peers


async def test_the_first_packet_of_a_voice_is_heard_though_all_places_are_taken(floor: Floor) -> None:
    listener, *quiet, voice = await crowd(floor, "anna", "boris", "carla", "dora", "emil", "fritz")
    for peer in quiet:
        await peer.send_sound(f"room of {peer.name}".encode(), 0, 127)
        await until(lambda: floor.port.postbox.sent > 0)
    await until(lambda: voices(listener) == {"boris", "carla", "dora"})
    # Noise of a room takes nobody's place.
    await voice.send_sound(b"noise", 0, 80)
    await quiet[0].send_sound(b"room again", 960, 127)
    await until(lambda: b"room again" in heard(listener))
    assert b"noise" not in heard(listener)
    await voice.send_sound(b"the first word", 960, 30)
    await until(lambda: b"the first word" in heard(listener) and "fritz" in voices(listener))
    # He himself hears none of it, and the others stay in their slots.
    assert b"the first word" not in heard(voice)
    before = {slot["sender"]: slot["mid"] for slot in listener.map[:3] if slot is not None}
    await voice.send_sound(b"the next word", 1920, 30)
    await until(lambda: b"the next word" in heard(listener))
    assert {slot["sender"]: slot["mid"] for slot in listener.map[:3] if slot is not None} == before


async def test_sound_that_was_not_published_goes_nowhere(floor: Floor) -> None:
    anna, boris = await crowd(floor, "anna", "boris")
    anna.publish([])
    seats = {seat.name: seat for seat in floor.seats}
    await until(lambda: not seats["anna"].published)
    await anna.send_sound(b"in secret", 0)
    anna.publish(SOUNDS)
    await until(lambda: bool(seats["anna"].published))
    await anna.send_sound(b"aloud", 960)
    await until(lambda: heard(boris) == [b"aloud"])


async def test_one_key_frame_serves_all_who_turn_to_somebody(floor: Floor) -> None:
    names = ("anna", "boris", "carla", "dora", "emil")
    peers = [await floor.join(name) for name in names]
    speaker, viewers = peers[0], peers[1:]
    speaker.publish([Stream.VIDEO_HIGH])
    show = Show(speaker)
    await show.until_key_wanted()
    await until(lambda: all(peer.slot_of("anna", Stream.VIDEO_HIGH) == "7" for peer in viewers))
    await show.frame(key=True)
    await until(lambda: all(len(peer.slots["7"].packets) == 3 for peer in viewers))
    incoming = next(s for s in floor.seats if s.name == "anna").incoming[Stream.VIDEO_HIGH]
    assert incoming.keys_asked == 1
    assert {payload[4:] for peer in viewers for payload in peer.slots["7"].payloads} == {
        payload[4:] for payload in show.payloads
    }


async def test_a_key_frame_that_does_not_come_is_asked_for_again(floor: Floor) -> None:
    anna, boris = await floor.join("anna"), await floor.join("boris")
    anna.publish([Stream.VIDEO_HIGH])
    show = Show(anna)
    await show.until_key_wanted()
    await show.until_key_wanted()
    await show.frame(key=True)
    await until(lambda: len(boris.slots["7"].packets) == 3)


async def test_a_stream_nobody_watches_is_carried_nowhere(floor: Floor) -> None:
    anna, boris = await floor.join("anna"), await floor.join("boris")
    anna.publish([Stream.VIDEO_HIGH, Stream.VIDEO_LOW])
    await until(lambda: boris.slot_of("anna", Stream.VIDEO_HIGH) == "7")
    boris.say(json.dumps({"t": "view", "pins": [], "high": 0, "videos": 9, "screen": True}))
    await until(lambda: boris.slot_of("anna", Stream.VIDEO_LOW) == "7")
    high, low = Show(anna), Show(anna, Stream.VIDEO_LOW)
    await high.frame(key=True)
    await low.frame(key=True)
    await until(lambda: len(boris.slots["7"].packets) == 3)
    assert [payload[4:] for payload in boris.slots["7"].payloads] == [payload[4:] for payload in low.payloads]


async def test_whoever_hangs_up_is_lost_at_once(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what he says: nobody looks whether he is silent."""
    anna = await floor.join("anna")
    monkeypatch.setattr(Seat, "is_silent", lambda seat, now: False)
    await anna.connection.close()
    await until(lambda: floor.lost == ["anna"])


async def test_whoever_is_silent_for_three_seconds_is_lost(floor: Floor) -> None:
    await floor.join("anna")
    ((meeting, seat, _),) = floor.exchange._seated.values()
    meeting._look_after(seat, seat.link.heard_at + 2.9, 0.0)
    floor.exchange._settle()
    assert floor.lost == []
    meeting._look_after(seat, seat.link.heard_at + 3.1, 0.0)
    floor.exchange._settle()
    assert floor.lost == ["anna"]


async def test_an_offer_that_cannot_be_answered_takes_nobodys_seat(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floor.join("anna")
    before, again = floor.seats, LightPeer("anna")
    floor.peers.append(again)
    monkeypatch.setattr(exchange, "write_answer", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        await floor.exchange.join(MEETING, "anna", await again.offer(), False)
    assert floor.seats == before
    assert len(floor.port.bindings) == 1


async def test_a_silenced_seat_that_is_taken_anew_stays_silenced(floor: Floor) -> None:
    boris = await floor.join("boris")
    anna = LightPeer("anna")
    floor.peers.append(anna)
    await anna.answer(await floor.exchange.join(MEETING, "anna", await anna.offer(), True))
    await until(lambda: anna.open)
    anna.publish([Stream.AUDIO, Stream.VIDEO_LOW])
    boris.publish(SOUNDS)
    await until(lambda: boris.slot_of("anna", Stream.VIDEO_LOW) is not None)
    await anna.send_sound(b"unheard", 0)
    await boris.send_sound(b"heard", 0)
    await until(lambda: heard(anna) == [b"heard"])
    floor.exchange.silence(MEETING, "anna", False)
    await anna.send_sound(b"heard as well", 960)
    await until(lambda: heard(boris) == [b"heard as well"])
