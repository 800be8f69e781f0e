"""What one says and shows reaches the other through real packets, and only with the key."""

from __future__ import annotations

import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor

from client.core.clock import SystemClock
from client.media.sealing import Lock
from protocol.crypto.frames import Stream
from tests.integration.meetings_media.room import Room
from tests.support.generated_picture import GeneratedPicture, StillPicture
from tests.support.media_keys import kid_of
from tests.support.tone import GeneratedTone, seconds_of_tone
from tests.support.waiting import until

pytestmark = pytest.mark.alone

NONCE = bytes.fromhex("0123456789abcdef")
CLOCK = SystemClock()


async def test_a_picture_arrives_with_its_nonce_and_is_named_by_its_key(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    anna.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
    room.sfu.route("anna", Stream.VIDEO_HIGH, "boris", "7")
    room.sfu.route("anna", Stream.VIDEO_LOW, "boris", "8")
    await until(lambda: boris.nonce("7") == NONCE and boris.nonce("8") == NONCE)
    high, low = boris.picture("7"), boris.picture("8")
    assert high is not None
    assert low is not None
    assert (high.kid, high.stream) == (kid_of(7, anna.rank, Stream.VIDEO_HIGH), Stream.VIDEO_HIGH)
    assert (high.width, high.height) == (640, 360)
    assert (low.width, low.height) == (320, 180)


async def test_a_tone_is_heard(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    anna.peer.start_microphone(GeneratedTone(440.0, CLOCK))
    room.sfu.route("anna", Stream.AUDIO, "boris", "4")
    await until(lambda: len(boris.ear.blocks) > 60 and seconds_of_tone(boris.ear.last(1.0), 440.0) > 0.9)
    assert seconds_of_tone(boris.ear.last(1.0), 880.0) == 0
    assert boris.peer.lock("4") is Lock.OPEN


async def test_two_voices_are_heard_at_once(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    anna.peer.start_microphone(GeneratedTone(440.0, CLOCK))
    boris.peer.start_microphone(GeneratedTone(1200.0, CLOCK))
    room.sfu.route("anna", Stream.AUDIO, "boris", "4")
    room.sfu.route("boris", Stream.AUDIO, "boris", "5")

    def both() -> bool:
        heard = boris.ear.last(1.0)
        return seconds_of_tone(heard, 440.0) > 0.9 and seconds_of_tone(heard, 1200.0) > 0.9

    await until(lambda: len(boris.ear.blocks) > 60 and both())


async def test_a_screen_arrives_beside_the_camera_and_each_can_be_stopped(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    screen = b"a screen"
    anna.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
    anna.peer.start_screen(GeneratedPicture(screen, CLOCK, size=(1280, 720), fps=8))
    room.sfu.route("anna", Stream.VIDEO_LOW, "boris", "7")
    room.sfu.route("anna", Stream.SCREEN, "boris", "8")
    await until(lambda: boris.nonce("7") == NONCE and boris.nonce("8") == screen)
    await anna.peer.stop_camera()
    stopped = room.seat(anna).ins[Stream.VIDEO_LOW].packets
    shown = boris.peer.figures()[4].frames
    await until(lambda: boris.peer.figures()[4].frames > shown + 3)
    # What was under way when it stopped may still have come.
    assert room.seat(anna).ins[Stream.VIDEO_LOW].packets - stopped <= 2
    await until(lambda: {"t": "publish", "streams": [3]} in room.seat(anna).heard)


async def test_a_screen_at_rest_is_seen_by_whoever_comes_later(room: Room) -> None:
    anna = await room.join("anna")
    room.share(epoch=7)
    anna.peer.start_screen(StillPicture(NONCE, CLOCK))
    await until(lambda: len(room.seat(anna).ins[Stream.SCREEN].payloads) > 0)
    boris = await room.join("boris")
    room.share(epoch=7)
    room.sfu.route("anna", Stream.SCREEN, "boris", "8")
    await until(lambda: boris.nonce("8") == NONCE)


async def test_a_screen_that_rested_before_there_was_a_connection_is_seen(room: Room) -> None:
    boris = await room.join("boris")
    anna = await room.join("anna", before=lambda peer: peer.start_screen(StillPicture(NONCE, CLOCK)))
    room.share(epoch=7)
    room.sfu.route("anna", Stream.SCREEN, "boris", "8")
    await until(lambda: boris.nonce("8") == NONCE)
    assert anna.notes.joined == 1


async def test_a_slot_given_to_another_shows_the_other_and_his_key(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    other = b"of boris"
    anna.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
    boris.peer.start_camera(GeneratedPicture(other, CLOCK))
    room.sfu.route("anna", Stream.VIDEO_LOW, "boris", "7")
    await until(lambda: boris.nonce("7") == NONCE)
    room.sfu.route("boris", Stream.VIDEO_LOW, "boris", "7")
    await until(lambda: boris.nonce("7") == other)
    picture = boris.picture("7")
    assert picture is not None
    assert picture.kid == kid_of(7, boris.rank, Stream.VIDEO_LOW)


async def test_lost_packets_are_asked_for_and_sound_does_not_stand_still(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    seat = room.seat(boris)
    seat.outs["4"].drop = lambda count: count % 10 == 0
    seat.outs["7"].drop = lambda count: count % 10 == 0
    anna.peer.start_microphone(GeneratedTone(440.0, CLOCK))
    anna.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
    room.sfu.route("anna", Stream.AUDIO, "boris", "4")
    room.sfu.route("anna", Stream.VIDEO_HIGH, "boris", "7")
    await until(lambda: seat.outs["7"].retransmitted >= 3 and boris.peer.figures()[0].lost >= 10)
    sound, picture = boris.peer.figures()[0], boris.peer.figures()[3]
    assert picture.lost == 0
    assert sound.freezes == 0
    # Of what was sent, nine of ten are played: nothing but the lost ones is missing.
    assert sound.frames > 8 * sound.lost
    assert seconds_of_tone(boris.ear.last(1.0), 440.0) > 0.9


async def test_a_farewell_packet_ends_nothing(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    anna.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
    room.sfu.route("anna", Stream.VIDEO_LOW, "boris", "7")
    await until(lambda: boris.nonce("7") == NONCE)
    await room.seat(boris).outs["7"].say_bye()
    frames = boris.peer.figures()[3].frames
    await until(lambda: boris.peer.figures()[3].frames > frames + 5)


async def test_pictures_begin_anew_when_told_and_not_only_when_asked(room: Room) -> None:
    """Whoever comes into an epoch opens only what is sealed from then on: without a key frame there he would wait for the next."""
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    anna.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
    room.sfu.route("anna", Stream.VIDEO_HIGH, "boris", "7")
    await until(lambda: boris.nonce("7") == NONCE)
    payloads = room.seat(anna).ins[Stream.VIDEO_HIGH].payloads
    await until(lambda: len(payloads) > 20 and not any(map(begins, payloads[-8:])))
    asked = room.seat(anna).keys_asked
    anna.peer.begin_pictures()
    await until(lambda: any(map(begins, payloads[-8:])))
    assert room.seat(anna).keys_asked == asked


def begins(payload: bytes) -> bool:
    """Whether an RTP payload is the first of a key frame (RFC 7741 §4.2: S = 1; RFC 6386 §9.1: P = 0)."""
    descriptor = VpxPayloadDescriptor.parse(payload)
    return bool(descriptor[0].partition_start) and not descriptor[1][0] & 1
