"""Joining, the slot channel, losing the server, and leaving without a trace."""

from __future__ import annotations

import asyncio
import base64
import gc
import os
import threading

import pytest

from client.core.clock import SystemClock
from client.media.peer import Loss
from client.media.sealing import Lock
from client.media.seams import wire_of
from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError
from tests.integration.meetings_media.room import Participant, Room
from tests.support.generated_picture import GeneratedPicture
from tests.support.media_keys import kid_of
from tests.support.tone import GeneratedTone
from tests.support.waiting import until

pytestmark = pytest.mark.alone

NONCE = bytes.fromhex("0123456789abcdef")
CLOCK = SystemClock()


def cut(room: Room, person: Participant) -> None:
    """Pull the cable: the server's socket is gone, without a word."""
    ice = room.seat(person).connection.getTransceivers()[0].receiver.transport.transport._connection
    for protocol in ice._protocols:
        protocol.transport.abort()


def lines(offer: str) -> list[tuple[str, str]]:
    """Kind and direction of each m-line."""
    sections = offer.split("\r\nm=")[1:]
    directions = ("sendonly", "recvonly", "sendrecv", "inactive")
    return [
        (section.split(" ", 1)[0], next((word for word in directions if f"a={word}" in section), ""))
        for section in sections
    ]


async def test_the_offer_has_the_agreed_lines_and_only_our_codecs_and_addresses(room: Room) -> None:
    person = Participant("anna", 0)
    room.people.append(person)
    offer = await person.peer.offer()
    sent = [("audio", "sendonly"), *[("video", "sendonly")] * 3]
    received = [("audio", "recvonly")] * 3 + [("video", "recvonly")] * 9
    assert lines(offer) == [*sent, *received, ("application", "")]
    codecs = {line.split(" ")[1].split("/")[0] for line in offer.splitlines() if line.startswith("a=rtpmap:")}
    assert codecs == {"opus", "VP8", "rtx"}
    candidates = {line.split(" ")[4] for line in offer.splitlines() if line.startswith("a=candidate:")}
    assert candidates == {"127.0.0.1"}


async def test_an_answer_that_is_none_is_refused(room: Room) -> None:
    person = Participant("anna", 0)
    room.people.append(person)
    await person.peer.offer()
    empty = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=\r\n"
    no_port = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port\r\n"
    for text in ("", "v=0\r\n", "m=audio", "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 97\r\n", empty, no_port):
        with pytest.raises(JinshuError) as refused:
            await person.peer.answer(text)
        assert refused.value.code is ErrorCode.WIRE_MALFORMED


async def test_an_answer_with_any_line_emptied_is_taken_or_refused(room: Room) -> None:
    """A lying server finds no other way through aiortc's parser."""
    answer = await room.sfu.join("boris", await (await seated(room)).peer.offer())
    lines = answer.split("\r\n")
    person = await seated(room)
    await person.peer.offer()
    refused = set()
    for place in (place for place, line in enumerate(lines) if line.startswith("a=")):
        try:
            await person.peer.answer("\r\n".join([*lines[:place], "a=", *lines[place + 1 :]]))
        except JinshuError as error:
            refused.add(error.code)
        else:
            await person.peer.close()
            person = await seated(room)
            await person.peer.offer()
    assert refused == {ErrorCode.WIRE_MALFORMED}


async def seated(room: Room) -> Participant:
    person = Participant(f"guest {len(room.people)}", len(room.people))
    room.people.append(person)
    return person


async def test_the_map_empties_a_slot_when_it_names_another(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    seat = room.seat(boris)

    def assign(version: int, sender: str | None, layer: str) -> None:
        slot = None if sender is None else {"mid": "7", "sender": sender, "stream": 2, "layer": layer}
        seat.say({"t": "map", "version": version, "slots": [None] * 3 + [slot] + [None] * 8})

    assign(1, "anna", "low")
    anna.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
    room.sfu.route("anna", Stream.VIDEO_LOW, "boris", "7")
    await until(lambda: boris.nonce("7") == NONCE and len(boris.notes.maps) == 1)
    await anna.peer.stop_camera()
    assign(2, "anna", "high")
    await until(lambda: len(boris.notes.maps) == 2)
    assert boris.nonce("7") == NONCE
    assign(3, None, "")
    await until(lambda: boris.picture("7") is None)
    assert boris.peer.lock("7") is Lock.EMPTY
    # An older map than the one known is not the state of things.
    assign(2, "anna", "high")
    seat.say({"t": "speakers", "order": ["anna", "boris"]})
    await until(lambda: boris.notes.speakers == [("anna", "boris")])
    assert len(boris.notes.maps) == 3


async def test_nonsense_on_the_channel_is_ignored(room: Room) -> None:
    anna = await room.join("anna")
    channel = room.seat(anna).channel
    assert channel is not None
    for text in (
        "",
        "{",
        "[]",
        '{"t": "map"}',
        '{"t": "news"}',
        '{"t": "control", "from": 1, "data": "x"}',
        "[" * 9999,
    ):
        channel.send(text)
    channel.send(b"\x00")
    room.seat(anna).say({"t": "speakers", "order": ["anna"]})
    await until(lambda: anna.notes.speakers == [("anna",)])
    assert (anna.notes.maps, anna.notes.controls, anna.notes.failures) == ([], [], [])


async def test_control_messages_are_sealed_for_the_others(room: Room) -> None:
    anna, boris = await room.join("anna"), await room.join("boris")
    await until(lambda: any(said["t"] == "view" for said in room.seat(anna).heard))
    assert not anna.peer.send_control(b"hand up")
    room.share(epoch=7)
    assert anna.peer.send_control(b"hand up")
    await until(lambda: any(said["t"] == "control" for said in room.seat(anna).heard))
    data = next(said["data"] for said in room.seat(anna).heard if said["t"] == "control")
    assert b"hand up" not in base64.b64decode(data)
    room.seat(boris).say({"t": "control", "from": "anna", "data": data})
    await until(lambda: boris.notes.controls == [(kid_of(7, anna.rank, Stream.CONTROL), b"hand up")])


async def test_what_to_view_is_said_even_when_asked_before_the_channel_is_open(room: Room) -> None:
    person = Participant("anna", 0)
    room.people.append(person)
    person.peer.view(["boris"], high=1, videos=4, screen=True)
    await person.peer.answer(await room.sfu.join("anna", await person.peer.offer()))
    view = {"t": "view", "pins": ["boris"], "high": 1, "videos": 4, "screen": True}
    await until(lambda: view in room.seat(person).heard)


async def test_a_silent_server_is_lost(room: Room) -> None:
    """By our own watch, whose seconds its own test counts: aiortc would call it closed, and later."""
    anna = await room.join("anna")
    cut(room, anna)
    await until(lambda: anna.notes.losses == [Loss.SILENT])


async def test_a_socket_that_is_gone_costs_packets_and_nothing_else(room: Room) -> None:
    """Before ICE notices, microphone and cameras go on sending: none of their tasks may die of it."""
    anna = await room.join("anna")
    connection = anna.peer._connection
    assert connection is not None
    for protocol in connection.getTransceivers()[0].receiver.transport.transport._connection._protocols:
        protocol.transport.abort()
    await asyncio.sleep(0)
    wire = wire_of(connection)
    assert wire.open
    for number in range(5):
        await wire.send(b"\x80\x60" + bytes([0, number]) + bytes(8) + b"payload")


async def test_who_is_cancelled_while_aiortc_closes_by_itself_breaks_nothing(room: Room) -> None:
    anna = await room.join("anna")
    connection = anna.peer._connection
    by_itself = asyncio.gather(connection.close())
    ours = asyncio.gather(anna.peer.close())
    for _ in range(50):
        await asyncio.sleep(0)
        if not anna.peer._tasks._tasks:
            break
    await asyncio.sleep(0)
    assert not by_itself.done()
    ours.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ours
    assert list(await by_itself) == [None]
    assert connection.connectionState == "closed"


async def test_an_empty_meeting_is_not_a_lost_one(room: Room) -> None:
    anna = await room.join("anna")
    room.seat(anna).silent = True
    # Each silence of a second makes one more; the server acknowledges it and says nothing else.
    await until(lambda: sum(said["t"] == "view" for said in room.seat(anna).heard) >= 4)
    assert anna.notes.losses == []


async def test_a_server_that_hangs_up_is_lost_at_once(room: Room) -> None:
    anna = await room.join("anna")
    await room.seat(anna).connection.close()
    await until(lambda: anna.notes.losses == [Loss.CLOSED])


@pytest.mark.expects_logs("task camera failed")
async def test_a_camera_that_fails_is_reported(room: Room) -> None:
    anna = await room.join("anna")
    broken = GeneratedPicture(b"too short", CLOCK)
    anna.peer.start_camera(broken)
    await until(lambda: [task for task, _ in anna.notes.failures] == ["camera"])


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_closing_leaves_no_thread_task_or_file() -> None:
    gc.collect()
    threads, tasks, files = set(threading.enumerate()), asyncio.all_tasks(), open_files()
    room = Room()
    anna, boris = await room.join("anna"), await room.join("boris")
    room.share(epoch=7)
    for person, other in ((anna, boris), (boris, anna)):
        person.peer.start_camera(GeneratedPicture(NONCE, CLOCK))
        person.peer.start_microphone(GeneratedTone(440.0, CLOCK))
        person.peer.start_screen(GeneratedPicture(NONCE, CLOCK))
        room.sfu.route(person.name, Stream.VIDEO_LOW, other.name, "7")
        room.sfu.route(person.name, Stream.AUDIO, other.name, "4")
    await until(lambda: boris.nonce("7") == NONCE and anna.nonce("7") == NONCE)
    # In the middle of it all, and each twice.
    for person in room.people:
        await person.peer.close()
        await person.peer.close()
    await room.close()
    assert set(threading.enumerate()) == threads
    await until(lambda: asyncio.all_tasks() == tasks)
    await until(lambda: open_files() == files)


async def test_closing_before_the_answer_leaves_nothing() -> None:
    gc.collect()
    threads, tasks, files = set(threading.enumerate()), asyncio.all_tasks(), open_files()
    person = Participant("anna", 0)
    await person.peer.offer()
    await person.peer.close()
    assert set(threading.enumerate()) == threads
    await until(lambda: asyncio.all_tasks() == tasks)
    await until(lambda: open_files() == files)
