"""One slot and its sources: when it changes, what it asks for and how often, what it sends again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from protocol.crypto.frames import Stream
from server_stub.meetings.sfu.burst import Copy
from server_stub.meetings.sfu.extensions import Ids
from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.offers import Line
from server_stub.meetings.sfu.outlet import Outlet
from server_stub.meetings.sfu.outputs import Transmit
from server_stub.meetings.sfu.packets import read_head
from server_stub.meetings.sfu.rewriting import Offsets
from server_stub.meetings.sfu.slot import Slot

KEY = b"\x90\x80\x80\x01" + b"\x10\x02\x00\x9d\x01\x2a\x80\x02\x68\x01"
DELTA = b"\x90\x80\x80\x01" + b"\x31\x02\x00"


class Posted:
    """A transmit buffer that keeps what it is given."""

    def __init__(self) -> None:
        self.packets: list[tuple[tuple[int, ...], bytes, int, int]] = []
        self.bursts: list[int] = []

    def post(
        self, to: object, ssrc: int, payload_type: int, offsets: Offsets, copies: Sequence[Copy]
    ) -> None:
        self.bursts.append(len(copies))
        for first, marker, sequence, timestamp, body, picture_at, picture in copies:
            numbers = (sequence + offsets.sequence & 0xFFFF, timestamp + offsets.timestamp & 0xFFFFFFFF)
            header = (first, marker | payload_type, *numbers, ssrc)
            self.packets.append((header, body, picture_at, picture + offsets.picture & 0x7FFF))


def line(video: bool = True) -> Line:
    return Line("7", video, False, 97 if video else 96, 98 if video else 0, 0, 0, Ids(), 0)


class Scene:
    """A slot, and sources that count what they are asked."""

    def __init__(self, video: bool = True) -> None:
        self.box = Posted()
        self.slot = Slot(line(video), 11, 12, cast(Transmit, self.box))
        self.slot.outlet = cast(Outlet, object())
        self.urgent: list[Incoming] = []
        stream = Stream.VIDEO_HIGH if video else Stream.AUDIO
        self.due: list[Incoming] = []
        self.one, self.two = (Incoming(stream, line(video), self._note, self.due.append) for _ in range(2))
        self._number = 100

    def _note(self, source: Incoming, now: float) -> None:
        self.urgent.append(source)

    def send(self, source: Incoming, payload: bytes, now: float = 0.0, number: int | None = None) -> None:
        self.receive(source, payload, now, number)
        self.spread()

    def spread(self) -> None:
        while self.due:
            self.due.pop(0).spread(0.0)

    def receive(self, source: Incoming, payload: bytes, now: float = 0.0, number: int | None = None) -> None:
        self._number += 1
        sequence = self._number if number is None else number
        packet = b"\x80\x61" + sequence.to_bytes(2, "big") + bytes(8) + payload
        head = read_head(packet)
        assert head is not None
        assert source.receive(packet, head, None, now)

    @property
    def payloads(self) -> list[bytes]:
        return [body for _, body, _, _ in self.box.packets]


def test_the_old_picture_stays_until_the_new_ones_key_frame() -> None:
    scene = Scene()
    scene.slot.show(scene.one, 0.0)
    scene.send(scene.one, DELTA)
    scene.send(scene.one, KEY)
    scene.slot.show(scene.two, 0.0)
    assert (scene.one.watched, scene.two.watched) == (True, True)
    scene.send(scene.two, DELTA + b"two")
    scene.send(scene.one, DELTA + b"one")
    scene.send(scene.two, KEY + b"two")
    assert not scene.one.watched
    scene.send(scene.one, DELTA + b"late")
    scene.send(scene.two, DELTA + b"two")
    assert scene.payloads == [KEY, DELTA + b"one", KEY + b"two", DELTA + b"two"]


def test_whoever_turns_back_or_away_waits_for_nothing() -> None:
    scene = Scene()
    scene.slot.show(scene.one, 0.0)
    scene.send(scene.one, KEY)
    scene.slot.show(scene.two, 0.0)
    scene.slot.show(scene.one, 0.0)
    assert (scene.one.watched, scene.two.watched) == (True, False)
    scene.send(scene.two, KEY)
    scene.slot.show(scene.two, 0.0)
    scene.slot.show(None, 0.0)
    assert (scene.one.watched, scene.two.watched) == (False, False)
    scene.send(scene.one, KEY)
    assert scene.payloads == [KEY]


def test_sound_changes_with_any_packet() -> None:
    scene = Scene(video=False)
    for source in (scene.one, scene.two):
        scene.slot.show(source, 0.0)
        scene.send(source, b"word")
    assert scene.payloads == [b"word", b"word"]
    assert scene.urgent == []


def test_a_key_frame_is_asked_for_once_and_again_when_it_does_not_come() -> None:
    scene = Scene()
    for now in (0.0, 0.1, 0.2):
        scene.slot.show(scene.one if now != 0.1 else None, now)
    assert scene.one in scene.urgent
    asked = [step / 50 for step in range(100) if scene.one.requests(step / 50)[1]]
    assert asked == [0.0, 0.5, 1.0, 1.5]
    scene.send(scene.one, KEY)
    assert scene.one.requests(9.0) == ([], False, None)


def test_a_receiver_who_always_asks_for_key_frames_does_not_always_get_one() -> None:
    scene = Scene()
    scene.slot.show(scene.one, 0.0)
    scene.send(scene.one, KEY)
    asked = 0
    for step in range(1000):
        now = step / 50
        scene.slot.want_key(now)
        if scene.one.requests(now)[1]:
            asked += 1
            scene.send(scene.one, KEY, now)
    # Four at once, which are half a second apart, and one in two seconds after that.
    assert 10 <= asked <= 15


def test_what_is_missing_is_asked_for_only_while_somebody_watches() -> None:
    scene = Scene()
    scene.send(scene.one, KEY, number=1)
    scene.send(scene.one, DELTA, number=5)
    assert scene.one.requests(0.0) == ([], False, None)
    scene.slot.show(scene.one, 0.0)
    scene.send(scene.one, KEY, number=9)
    scene.send(scene.one, DELTA, number=12)
    assert scene.one.requests(0.0) == ([10, 11], False, 0.02)
    scene.send(scene.one, DELTA + b"x", number=11)
    scene.send(scene.one, DELTA + b"x", number=11)
    assert len(scene.box.packets) == 3
    # What went by while nobody looked is nothing to ask for.
    scene.slot.show(None, 1.0)
    scene.send(scene.one, DELTA, number=20)
    scene.slot.show(scene.one, 1.0)
    scene.send(scene.one, KEY, 1.0, number=40)
    assert scene.one.requests(1.0)[0] == []


def test_a_packet_is_sent_again_as_it_was_with_its_number_before_it() -> None:
    scene = Scene()
    scene.slot.show(scene.one, 0.0)
    scene.send(scene.one, KEY)
    ((_, _, number, timestamp, _), _, _, picture), *_ = scene.box.packets
    scene.slot.again(number, 0.0)
    scene.slot.again(number + 1, 0.0)
    (header, body, picture_at, again), *rest = scene.box.packets[1:]
    assert rest == []
    assert header[1] & 0x7F == 98
    assert (header[3], header[4]) == (timestamp, 12)
    assert body == number.to_bytes(2, "big") + KEY
    assert (picture_at, again) == (4, picture)
    assert scene.slot.retransmitted == 1


def test_a_report_of_a_slot_follows_the_clock() -> None:
    scene = Scene()
    assert scene.slot.sent(0.0) is None
    scene.slot.show(scene.one, 1.0)
    scene.send(scene.one, KEY, 1.0)
    first, later = scene.slot.sent(1.0), scene.slot.sent(1.5)
    assert first is not None
    assert later is not None
    assert (first.ssrc, first.packets, first.octets) == (11, 1, len(KEY))
    assert (later.timestamp - first.timestamp) % (1 << 32) == 45_000


def test_without_a_way_out_nothing_is_lost_but_the_packet() -> None:
    scene = Scene()
    scene.slot.show(scene.one, 0.0)
    scene.slot.outlet = None
    scene.send(scene.one, KEY)
    assert scene.payloads == []
    scene.slot.again(1, 0.0)


def test_what_comes_at_once_goes_on_at_once_and_a_gap_parts_it() -> None:
    scene = Scene()
    scene.slot.show(scene.one, 0.0)
    for number, payload in ((1, DELTA), (2, KEY), (3, DELTA), (4, DELTA), (7, DELTA), (8, DELTA), (6, DELTA)):
        scene.receive(scene.one, payload, number=number)
    scene.spread()
    assert scene.box.bursts == [3, 2, 1]
    numbers = [header[2] for header, *_ in scene.box.packets]
    assert [number - numbers[0] & 0xFFFF for number in numbers] == [0, 1, 2, 5, 6, 4]
    assert scene.slot.sent(0.0) is not None
    scene.spread()
    assert len(scene.box.packets) == 6


def test_after_a_change_the_packets_of_before_can_still_be_had_again() -> None:
    scene = Scene()
    scene.slot.show(scene.one, 0.0)
    scene.send(scene.one, KEY + b"one")
    scene.slot.show(scene.two, 0.0)
    scene.send(scene.two, KEY + b"two")
    scene.send(scene.two, DELTA + b"two")
    (before, *_), _, (after, *_) = scene.box.packets
    del scene.box.packets[:]
    for number in (before[2], after[2]):
        scene.slot.again(number, 0.0)
    assert [body[2:] for _, body, *_ in scene.box.packets] == [KEY + b"one", DELTA + b"two"]
    assert [header[3] for header, *_ in scene.box.packets] == [before[3], after[3]]
    # Of somebody who is gone nothing is kept.
    scene.two.forget()
    scene.slot.again(after[2], 0.0)
    scene.slot.again(before[2], 0.0)
    assert len(scene.box.packets) == 3


def test_a_source_that_begins_anew_does_not_make_the_slot_jump() -> None:
    scene = Scene()
    scene.slot.show(scene.one, 0.0)
    for number in (10, 11, 40_000, 40_001):
        scene.receive(scene.one, KEY, number=number)
    scene.spread()
    numbers = [header[2] for header, *_ in scene.box.packets]
    assert [number - numbers[0] & 0xFFFF for number in numbers] == [0, 1, 2, 3]
    scene.slot.again(numbers[1], 0.0)
    scene.slot.again(numbers[2], 0.0)
    assert scene.slot.retransmitted == 2
