"""What every meeting backend must do, whoever forwards: real clients with real packets (C24, C25). A test class takes it over and
says with a fixture `backend` what it runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from client.core.clock import SystemClock
from client.media.peer import Loss
from client.media.sealing import Lock
from client.media.streams import Layer
from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError
from server_stub.meetings.backend import MeetingBackend
from tests.integration.meetings_media.room import Participant
from tests.support.generated_picture import GeneratedPicture
from tests.support.media_keys import kid_of
from tests.support.tone import GeneratedTone, seconds_of_tone
from tests.support.waiting import until

CLOCK = SystemClock()
MEETING = "mtg_aaaaaaaaaaaaaaaaaaaaaaaaaa"
SMALL = Layer(320, 180, 15, 150_000)
SMALLEST = Layer(160, 90, 15, 80_000)


class Hall:
    """Join, show, speak, wait, close."""

    def __init__(self, backend: MeetingBackend) -> None:
        self.backend = backend
        self.people: list[Participant] = []
        self.lost: list[tuple[str, str]] = []
        backend.on_lost(lambda meeting, participant: self.lost.append((meeting, participant)))

    async def join(self, name: str, meeting: str = MEETING) -> Participant:
        person = Participant(name, len(self.people))
        self.people.append(person)
        answers = await self.backend.join(meeting, name, [await person.peer.offer()])
        await person.peer.answer(answers[0])
        await until(lambda: person.notes.joined > 0 and bool(person.notes.maps))
        return person

    async def join_all(self, *names: str) -> list[Participant]:
        people = [await self.join(name) for name in names]
        self.share()
        return people

    def share(self) -> None:
        """Everybody has everybody's keys."""
        for person in self.people:
            person.keys.speak(7, person.rank)
            for other in self.people:
                person.keys.learn(7, other.rank)

    async def close(self) -> None:
        for person in self.people:
            await person.peer.close()
        await self.backend.stop()


def show(person: Participant) -> bytes:
    """Start his camera; answers what his picture says."""
    nonce = f"of {person.name}".encode().ljust(8)[:8]
    person.peer.start_camera(GeneratedPicture(nonce, CLOCK, size=(320, 180)), SMALL, SMALLEST)
    return nonce


def speak(person: Participant, frequency: float) -> None:
    person.peer.start_microphone(GeneratedTone(frequency, CLOCK))


def hears(person: Participant, frequency: float) -> bool:
    return len(person.ear.blocks) > 30 and seconds_of_tone(person.ear.last(0.5), frequency) > 0.4


def slots(person: Participant) -> dict[tuple[str, Stream], str]:
    """Where the map says who is."""
    shown = person.notes.maps[-1].slots
    return {(slot.sender, slot.stream): slot.mid for slot in shown if slot is not None}


def cameras(person: Participant) -> set[str]:
    return {who for who, stream in slots(person) if stream in (Stream.VIDEO_HIGH, Stream.VIDEO_LOW)}


def sees(person: Participant, nonce: bytes) -> str | None:
    """The slot in which a picture says this."""
    for mid in person.peer.pictures:
        if person.nonce(mid) == nonce:
            return mid
    return None


class BackendContract:
    """Tests of the contract."""

    @pytest.fixture
    async def hall(self, backend: MeetingBackend) -> AsyncIterator[Hall]:
        hall = Hall(backend)
        await backend.start()
        yield hall
        await hall.close()

    async def test_nobody_joins_before_the_start_or_after_the_end(self, backend: MeetingBackend) -> None:
        person = Participant("anna", 0)
        offer = await person.peer.offer()
        for begin in (False, True):
            if begin:
                await backend.start()
                await backend.stop()
            with pytest.raises(JinshuError) as refused:
                await backend.join(MEETING, "anna", [offer])
            assert refused.value.code is ErrorCode.MEETINGS_UNAVAILABLE
        await person.peer.close()

    async def test_all_see_and_hear_each_other(self, hall: Hall) -> None:
        anna, boris, carla = await hall.join_all("anna", "boris", "carla")
        nonces = {person.name: show(person) for person in hall.people}
        tones = {"anna": 440.0, "boris": 880.0, "carla": 1320.0}
        for person in hall.people:
            speak(person, tones[person.name])
        pairs = [(one, other) for one in (anna, boris, carla) for other in hall.people if one is not other]
        await until(lambda: all(sees(one, nonces[other.name]) is not None for one, other in pairs))
        await until(lambda: all(hears(one, tones[other.name]) for one, other in pairs))
        for person in hall.people:
            names = {slot.sender for said in person.notes.maps for slot in said.slots if slot is not None}
            assert names == {other.name for other in hall.people} - {person.name}
            assert not hears(person, tones[person.name])
            versions = [said.version for said in person.notes.maps]
            assert versions == sorted(set(versions))
        assert hall.lost == []

    async def test_the_map_says_who_is_where(self, hall: Hall) -> None:
        anna, boris = await hall.join_all("anna", "boris")
        nonce = show(anna)
        await until(lambda: cameras(boris) == {"anna"} and sees(boris, nonce) is not None)
        ((who, stream), mid), *_ = slots(boris).items()
        assert (who, stream, mid) == ("anna", Stream.VIDEO_HIGH, sees(boris, nonce))
        picture = boris.picture(mid)
        assert picture is not None
        assert picture.kid == kid_of(7, anna.rank, Stream.VIDEO_HIGH)
        await anna.peer.stop_camera()
        await until(lambda: slots(boris) == {} and boris.picture(mid) is None)

    async def test_the_layer_follows_the_view(self, hall: Hall) -> None:
        anna, boris = await hall.join_all("anna", "boris")
        nonce = show(anna)
        await until(lambda: sees(boris, nonce) is not None)
        mid = slots(boris)["anna", Stream.VIDEO_HIGH]

        async def turns_to(high: int, stream: Stream, width: int) -> None:
            boris.peer.view([], high, 9, True)
            await until(lambda: slots(boris) == {("anna", stream): mid})
            await until(lambda: (seen := boris.picture(mid)) is not None and seen.width == width)

        await turns_to(0, Stream.VIDEO_LOW, 160)
        await turns_to(1, Stream.VIDEO_HIGH, 320)
        # The same slot, and not a damaged frame on the way.
        assert boris.peer.figures()[int(mid) - 4].damaged == 0

    async def test_a_pin_is_shown_before_whoever_speaks(self, hall: Hall) -> None:
        anna, boris, carla = await hall.join_all("anna", "boris", "carla")
        nonces = {person.name: show(person) for person in (boris, carla)}
        anna.peer.view([], 1, 1, True)
        await until(lambda: cameras(anna) == {"boris"} and sees(anna, nonces["boris"]) is not None)
        anna.peer.view(["carla"], 1, 1, True)
        await until(lambda: cameras(anna) == {"carla"} and sees(anna, nonces["carla"]) is not None)
        speak(boris, 440.0)
        await until(lambda: anna.notes.speakers[-1:] == [("boris",)] and hears(anna, 440.0))
        assert cameras(anna) == {"carla"}

    async def test_whoever_speaks_comes_into_the_picture(self, hall: Hall) -> None:
        anna, boris, carla = await hall.join_all("anna", "boris", "carla")
        nonces = {person.name: show(person) for person in (boris, carla)}
        anna.peer.view([], 1, 1, True)

        async def speaks(speaker: Participant) -> None:
            speak(speaker, 440.0)
            await until(lambda: cameras(anna) == {speaker.name})
            await until(lambda: sees(anna, nonces[speaker.name]) is not None)
            await until(lambda: [order[0] for order in anna.notes.speakers[-1:]] == [speaker.name])
            speak(speaker, 0.0)  # A microphone in a silent room.
            heard = len(anna.ear.blocks)
            await until(lambda: len(anna.ear.blocks) > heard + 150)
            await speaker.peer.stop_microphone()

        for speaker in (carla, boris, carla):
            await speaks(speaker)

    async def test_a_screen_is_shown_beside_the_camera_unless_unwanted(self, hall: Hall) -> None:
        anna, boris = await hall.join_all("anna", "boris")
        nonce, screen = show(anna), b"a screen"
        anna.peer.start_screen(GeneratedPicture(screen, CLOCK, size=(640, 360), fps=8))
        await until(lambda: sees(boris, nonce) is not None and sees(boris, screen) is not None)
        mid = slots(boris)["anna", Stream.SCREEN]
        assert sees(boris, screen) == mid
        boris.peer.view([], 1, 9, False)
        await until(lambda: set(slots(boris)) == {("anna", Stream.VIDEO_HIGH)})
        await until(lambda: boris.picture(mid) is None)
        boris.peer.view([], 1, 9, True)
        await until(lambda: sees(boris, screen) is not None)
        await anna.peer.stop_screen()
        await until(lambda: set(slots(boris)) == {("anna", Stream.VIDEO_HIGH)})

    async def test_whoever_is_silenced_is_heard_by_nobody(self, hall: Hall) -> None:
        anna, boris, carla = await hall.join_all("anna", "boris", "carla")
        nonce = show(anna)
        speak(anna, 440.0)
        await until(lambda: hears(boris, 440.0) and hears(carla, 440.0) and sees(boris, nonce) is not None)
        await hall.backend.silence(MEETING, "anna", True)
        await until(
            lambda: all(seconds_of_tone(person.ear.last(0.5), 440.0) == 0 for person in (boris, carla))
        )
        assert ("anna", Stream.AUDIO) not in slots(boris)
        packets = boris.peer.figures()[0].packets
        boris.ear.blocks.clear()
        await until(lambda: len(boris.ear.blocks) > 50)
        assert boris.peer.figures()[0].packets == packets
        assert sees(boris, nonce) is not None
        await hall.backend.silence(MEETING, "anna", False)
        await until(lambda: hears(boris, 440.0) and hears(carla, 440.0))

    async def test_whoever_leaves_is_gone_and_not_lost(self, hall: Hall) -> None:
        anna, boris = await hall.join_all("anna", "boris")
        show(anna)
        await until(lambda: cameras(boris) == {"anna"})
        await hall.backend.leave(MEETING, "anna")
        await hall.backend.leave(MEETING, "nobody")
        await hall.backend.leave("mtg_unknown", "anna")
        await until(lambda: slots(boris) == {} and anna.notes.losses == [Loss.CLOSED])
        assert hall.lost == []

    async def test_a_closed_meeting_is_over_for_all_and_nobody_is_lost(self, hall: Hall) -> None:
        people = await hall.join_all("anna", "boris")
        other = await hall.join("carla", "mtg_other")
        await hall.backend.close(MEETING)
        await until(lambda: all(person.notes.losses == [Loss.CLOSED] for person in people))
        assert (hall.lost, other.notes.losses) == ([], [])

    async def test_a_new_self_takes_the_place_of_the_earlier_without_a_loss(self, hall: Hall) -> None:
        anna, boris = await hall.join_all("anna", "boris")
        show(anna)
        await until(lambda: cameras(boris) == {"anna"})
        again = await hall.join("anna")
        hall.share()
        await until(lambda: anna.notes.losses == [Loss.CLOSED] and cameras(boris) == set())
        nonce = b"anew    "
        again.peer.start_camera(GeneratedPicture(nonce, CLOCK, size=(320, 180)), SMALL, SMALLEST)
        await until(lambda: sees(boris, nonce) is not None)
        assert (hall.lost, again.notes.losses) == ([], [])

    async def test_whoever_vanishes_is_lost_and_may_come_back(self, hall: Hall) -> None:
        anna, boris = await hall.join_all("anna", "boris")
        show(anna)
        await until(lambda: cameras(boris) == {"anna"})
        ice = anna.peer._connection.getTransceivers()[0].receiver.transport.transport._connection
        for protocol in ice._protocols:
            protocol.transport.abort()
        await until(lambda: hall.lost == [(MEETING, "anna")] and cameras(boris) == set())
        again = await hall.join("anna")
        hall.share()
        nonce = show(again)
        await until(lambda: sees(boris, nonce) is not None)
        assert (hall.lost, boris.notes.losses) == ([(MEETING, "anna")], [])

    async def test_whoever_hangs_up_is_lost(self, hall: Hall) -> None:
        anna, _ = await hall.join_all("anna", "boris")
        await anna.peer.close()
        await until(lambda: hall.lost == [(MEETING, "anna")])

    async def test_who_sends_nothing_stays(self, hall: Hall) -> None:
        people = await hall.join_all("anna", "boris")
        heard = len(people[0].ear.blocks)
        await until(lambda: len(people[0].ear.blocks) > heard + 250)
        assert hall.lost == []
        assert all(person.notes.losses == [] for person in people)

    async def test_meetings_know_nothing_of_each_other(self, hall: Hall) -> None:
        anna, boris = await hall.join("anna"), await hall.join("boris", "mtg_other")
        carla = await hall.join("carla")
        hall.share()
        nonce = show(anna)
        speak(anna, 440.0)
        assert anna.peer.send_control(b"hand up")
        await until(lambda: sees(carla, nonce) is not None and hears(carla, 440.0))
        await until(lambda: [message for _, message in carla.notes.controls] == [b"hand up"])
        assert (slots(boris), boris.notes.controls, boris.notes.speakers) == ({}, [], [])

    async def test_without_the_key_there_are_locks_and_silence(self, hall: Hall) -> None:
        anna, boris, carla = await hall.join_all("anna", "boris", "carla")
        eve = await hall.join("eve")
        nonces = [show(person) for person in (anna, boris, carla)]
        for person in (anna, boris, carla):
            speak(person, 440.0)
        await until(lambda: all(sees(anna, nonce) is not None for nonce in nonces[1:]) and hears(anna, 440.0))
        await until(lambda: sum(figures.locked > 10 for figures in eve.peer.figures()) == 6)
        locked = [figures for figures in eve.peer.figures() if figures.packets]
        assert all(figures.lock is Lock.LOCKED and figures.frames == 0 for figures in locked)
        assert eve.ear.loudest() == 0
        assert all(eve.picture(mid) is None for mid in eve.peer.pictures)

    async def test_many_may_come_at_once(self, hall: Hall) -> None:
        people = await asyncio.gather(*(hall.join(f"p{number}") for number in range(10)))
        assert all(person.notes.joined == 1 for person in people)
        assert hall.lost == []

    async def test_offers_in_another_form_are_refused_and_harm_nobody(self, hall: Hall) -> None:
        anna = await hall.join("anna")
        person = Participant("eve", 9)
        offer = await person.peer.offer()
        sections = offer.split("\r\nm=")
        wrong = {
            "nothing": [],
            "two": [offer, offer],
            "no SDP": ["hello"],
            "without end": [offer * 200],
            "empty": [""],
            "a line less": ["\r\nm=".join(sections[:-1]) + "\r\n"],
            "other order": ["\r\nm=".join([sections[0], *reversed(sections[1:])])],
            "other direction": [offer.replace("a=sendonly", "a=sendrecv", 1)],
            "no fingerprint": [offer.replace("a=fingerprint:sha-256", "a=nothing:sha-256")],
            "short password": [_with(offer, "a=ice-pwd:", "short")],
            "active": [offer.replace("a=setup:actpass", "a=setup:active")],
        }
        for name, offers in wrong.items():
            with pytest.raises(JinshuError) as refused:
                await hall.backend.join(MEETING, "eve", offers)
            assert refused.value.code is ErrorCode.MEETINGS_OFFER_REFUSED, name
        await person.peer.close()
        assert (anna.notes.losses, hall.lost) == ([], [])


def _with(offer: str, start: str, value: str) -> str:
    lines = [start + value if line.startswith(start) else line for line in offer.split("\r\n")]
    return "\r\n".join(lines)
