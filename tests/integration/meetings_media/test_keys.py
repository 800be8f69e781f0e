"""Without the key there is neither picture nor sound, whatever the server does; with it, at once (C22, C23)."""

from __future__ import annotations

import av
import pytest

from client.core.clock import SystemClock
from client.media.codecs import OpusDecoder, Vp8Decoder
from client.media.sealing import Lock
from protocol.crypto.frames import Stream
from tests.integration.meetings_media.room import Participant, Room
from tests.support.generated_picture import GeneratedPicture, read_nonce
from tests.support.media_keys import kid_of
from tests.support.tone import GeneratedTone, seconds_of_tone
from tests.support.waiting import until

pytestmark = pytest.mark.alone

NONCE = bytes.fromhex("0123456789abcdef")
CLOCK = SystemClock()


async def two(room: Room) -> tuple[Participant, Participant]:
    """Anna shows and speaks to Boris."""
    anna, boris = await room.join("anna"), await room.join("boris")
    anna.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
    anna.peer.start_microphone(GeneratedTone(440.0, CLOCK))
    room.sfu.route("anna", Stream.AUDIO, "boris", "4")
    room.sfu.route("anna", Stream.VIDEO_LOW, "boris", "7")
    return anna, boris


async def test_without_the_key_nothing_is_seen_or_heard_and_with_it_both_are(room: Room) -> None:
    anna, boris = await two(room)
    anna.keys.speak(7, anna.rank)
    await until(lambda: boris.peer.figures()[0].locked > 50 and boris.peer.figures()[3].locked > 15)
    sound, picture = boris.peer.figures()[0], boris.peer.figures()[3]
    assert (boris.peer.lock("4"), boris.peer.lock("7")) == (Lock.LOCKED, Lock.LOCKED)
    assert (sound.frames, picture.frames) == (0, 0)
    assert boris.picture("7") is None
    assert boris.ear.loudest() == 0
    # Asking for key frames would not bring the key.
    assert room.seat(boris).plis == 0

    boris.keys.learn(7, anna.rank)
    await until(lambda: boris.nonce("7") == NONCE and seconds_of_tone(boris.ear.last(0.5), 440.0) > 0.4)
    assert ("4", Lock.LOCKED) in boris.notes.locks
    assert ("4", Lock.OPEN) in boris.notes.locks
    assert ("7", Lock.OPEN) in boris.notes.locks
    assert room.seat(boris).plis >= 1


async def test_a_key_that_goes_takes_the_picture_with_it(room: Room) -> None:
    anna, boris = await two(room)
    room.share(epoch=7)
    await until(lambda: boris.nonce("7") == NONCE and boris.ear.loudest() > 1000)
    boris.keys.forget(7, anna.rank)
    await until(lambda: boris.peer.lock("7") is Lock.LOCKED and boris.picture("7") is None)
    boris.ear.blocks.clear()
    await until(lambda: len(boris.ear.blocks) > 50)
    # What was opened before may still be played out of the jitter buffer; after that there is silence.
    assert seconds_of_tone(boris.ear.last(0.5), 440.0) == 0


async def test_a_new_epoch_mid_stream_costs_no_frame_and_no_key_frame(room: Room) -> None:
    anna, boris = await two(room)
    room.share(epoch=7)
    await until(lambda: boris.nonce("7") == NONCE and seconds_of_tone(boris.ear.last(0.2), 440.0) > 0.15)
    asked = room.seat(boris).plis
    for person in (anna, boris):
        for other in (anna, boris):
            person.keys.learn(8, other.rank)
    anna.keys.speak(8, anna.rank)
    kid = kid_of(8, anna.rank, Stream.VIDEO_LOW)
    await until(lambda: (picture := boris.picture("7")) is not None and picture.kid == kid)
    assert boris.nonce("7") == NONCE
    await until(lambda: boris.peer.figures()[0].kid == kid_of(8, anna.rank, Stream.AUDIO))
    assert boris.peer.figures()[3].locked == 0
    assert boris.peer.figures()[0].locked == 0
    assert room.seat(boris).plis == asked


async def test_a_changed_frame_is_dropped_and_never_decoded(room: Room) -> None:
    _, boris = await two(room)
    room.share(epoch=7)
    await until(lambda: boris.nonce("7") == NONCE)

    def turn(payload: bytes) -> bytes:
        return payload[:-1] + bytes([payload[-1] ^ 1])

    seat = room.seat(boris)
    seat.outs["7"].damage = seat.outs["4"].damage = turn
    await until(lambda: boris.peer.lock("7") is Lock.LOCKED and boris.peer.lock("4") is Lock.LOCKED)
    pictures, sounds = boris.peer.figures()[3].frames, boris.peer.figures()[0].damaged
    await until(lambda: boris.peer.figures()[0].damaged > sounds + 20)
    assert boris.peer.figures()[3].frames == pictures
    assert boris.picture("7") is None
    # The chain of pictures is broken: a key frame is asked for, but not with every frame.
    assert 1 <= seat.plis <= 4

    seat.outs["7"].damage = lambda payload: payload
    await until(lambda: boris.nonce("7") == NONCE)


async def test_a_picture_in_a_loudspeakers_slot_is_not_played(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    anna.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
    room.sfu.route("anna", Stream.VIDEO_LOW, "boris", "4")
    await until(lambda: boris.peer.figures()[0].locked > 10)
    assert boris.peer.lock("4") is Lock.LOCKED
    assert boris.peer.figures()[0].frames == 0
    assert boris.ear.loudest() == 0


async def test_nothing_leaves_before_there_is_a_key(room: Room) -> None:
    anna, _ = await two(room)
    await until(lambda: anna.peer.unsealed > 50)
    assert all(stream.packets == 0 for stream in room.seat(anna).ins.values())


async def test_the_server_can_decode_nothing_of_what_it_carries(room: Room) -> None:
    anna, boris = await two(room)
    room.share(epoch=7)
    await until(lambda: boris.nonce("7") == NONCE and boris.ear.loudest() > 1000)
    seat = room.seat(anna)
    decoder, seen = Vp8Decoder(), []
    for payload in seat.ins[Stream.VIDEO_LOW].payloads:
        try:
            picture = decoder.decode(payload[4:])
        except av.FFmpegError:
            continue
        if picture is not None:
            seen.append(read_nonce(picture))
    assert NONCE not in seen
    ear, heard = OpusDecoder(), 0.0
    for payload in seat.ins[Stream.AUDIO].payloads:
        try:
            heard += seconds_of_tone(ear.decode(payload), 440.0)
        except av.FFmpegError:
            continue
    assert heard == 0
    with pytest.raises(av.FFmpegError):
        Vp8Decoder().decode(seat.ins[Stream.VIDEO_LOW].payloads[-1][4:])
