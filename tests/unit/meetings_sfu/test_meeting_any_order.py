"""Meetings of the SFU whatever comes, in whatever order: nobody gets what is not meant for him, numbers have no holes but those of
the publisher, and the meeting asks to be woken when it must be."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from protocol.crypto.frames import Stream
from protocol.meetings.slots import SENT
from server_stub.meetings.sfu.slot import Slot
from tests.unit.meetings_sfu.virtual_meeting import Got, VirtualMeeting, VirtualParticipant

NAMES = ("anna", "boris", "carla", "dora", "emil")
STREAMS = st.frozensets(st.sampled_from(list(SENT)))
VIDEOS = st.sampled_from([Stream.VIDEO_HIGH, Stream.VIDEO_LOW, Stream.SCREEN])


class AnyOrder(RuleBasedStateMachine):
    """Participants come, come anew, connect, go and fall silent; packets are lost, come late or in another order; all is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.world = VirtualMeeting()
        self.seen: dict[int, int] = {}  # of each participant's packets, how many were looked at
        self.moves = 0
        self.mute: set[int] = set()

    @property
    def connected(self) -> list[VirtualParticipant]:
        return [each for each in self.world.present.values() if each.seat.connected]

    def one(self, data: st.DataObject) -> VirtualParticipant:
        return data.draw(st.sampled_from(self.connected))

    # Participants

    @initialize(names=st.sets(st.sampled_from(NAMES), min_size=2))
    def some_are_there_already(self, names: set[str]) -> None:
        for name in sorted(names):
            self.world.join(name).publish(*SENT)
        self.world.pass_time(0.1)

    @rule(name=st.sampled_from(NAMES), connect=st.booleans(), silenced=st.booleans(), publish=STREAMS)
    def joins(self, name: str, connect: bool, silenced: bool, publish: frozenset[Stream]) -> None:
        """Perhaps he is there already: this is another self of his then."""
        who = self.world.join(name, connect, silenced)
        if connect:
            who.publish(*sorted(publish))

    @rule(name=st.sampled_from(NAMES), channel=st.booleans())
    def connects(self, name: str, channel: bool) -> None:
        seat = self.world.meeting.seats.get(name)
        if seat is not None and not seat.connected:
            who = self.world.participant(name)
            who.connect(channel)

    @precondition(lambda self: len(self.connected) > 2)
    @rule(data=st.data(), way=st.sampled_from(["leaves", "hangs up", "falls silent"]))
    def goes(self, data: st.DataObject, way: str) -> None:
        who = self.one(data)
        if way == "leaves":
            self.world.leave(who.name)
        elif way == "hangs up":
            who.hang_up()
        else:
            self.mute.add(who.number)

    @precondition(lambda self: self.connected)
    @rule(data=st.data(), full=st.booleans())
    def is_elsewhere_or_reads_its_channel_or_not(self, data: st.DataObject, full: bool) -> None:
        who = self.one(data)
        self.moves += 1
        who.move(("10.9.9.9", 1000 + self.moves))
        who.full = full
        if not who.open:
            who.open_channel()

    @rule(name=st.sampled_from(NAMES), silenced=st.booleans())
    def is_silenced(self, name: str, silenced: bool) -> None:
        self.world.silence(name, silenced)

    # What they want

    @precondition(lambda self: self.connected)
    @rule(
        data=st.data(),
        publish=STREAMS,
        pins=st.lists(st.sampled_from(NAMES), max_size=2),
        videos=st.integers(0, 9),
    )
    def publishes_and_looks(
        self, data: st.DataObject, publish: frozenset[Stream], pins: list[str], videos: int
    ) -> None:
        who = self.one(data)
        who.publish(*sorted(publish))
        who.view(*pins, high=1, videos=videos)

    # Packets

    @precondition(lambda self: self.connected)
    @rule(levels=st.lists(st.integers(0, 127), max_size=4))
    def all_speak(self, levels: list[int]) -> None:
        for who in self.connected:
            who.deliver(*(who.packet(Stream.AUDIO, level=level) for level in levels))

    @precondition(lambda self: self.connected)
    @rule(stream=VIDEOS, keys=st.lists(st.booleans(), max_size=6))
    def all_send(self, stream: Stream, keys: list[bool]) -> None:
        for who in self.connected:
            who.deliver(*(who.packet(stream, key=key) for key in [True, *keys]))

    @precondition(lambda self: self.connected)
    @rule(
        data=st.data(),
        stream=VIDEOS,
        keys=st.lists(st.booleans(), min_size=3, max_size=6),
        lost=st.sets(st.integers(1, 5)),
        answers=st.booleans(),
    )
    def sends_with_losses(
        self, data: st.DataObject, stream: Stream, keys: list[bool], lost: set[int], answers: bool
    ) -> None:
        """In any order; what was lost is sent again when it is asked for, or never."""
        who = self.one(data)
        packets = [who.packet(stream, key=key) for key in keys]
        who.deliver(*data.draw(st.permutations([each for at, each in enumerate(packets) if at not in lost])))
        asked = len(who.missing_asked)
        self.world.pass_time(0.03)
        if answers:
            missing = {number for each in who.missing_asked[asked:] for number in each}
            for packet in packets:
                if int.from_bytes(packet[2:4], "big") in missing:
                    who.deliver_again(packet)

    @precondition(lambda self: any(each.pictures() for each in self.connected))
    @rule(data=st.data(), offset=st.integers(-3, 600))
    def asks_again(self, data: st.DataObject, offset: int) -> None:
        who = data.draw(st.sampled_from([each for each in self.connected if each.pictures()]))
        got = data.draw(st.sampled_from(who.pictures()))
        who.miss(got.slot, got.sequence + offset & 0xFFFF, got.sequence)
        who.want_key(got.slot)

    @rule(seconds=st.sampled_from([0.001, 0.02, 0.1, 0.6, 3.5]))
    def time_passes(self, seconds: float) -> None:
        speaking = [each for each in self.connected if each.number not in self.mute]
        self.world.pass_time(seconds, *speaking)

    @rule(seconds=st.sampled_from([0.0, 0.3, 40.0]))
    def is_woken_late_or_for_nothing(self, seconds: float) -> None:
        self.world.now += seconds
        self.world.wake()

    # What must hold

    @invariant()
    def who_gets_a_packet_is_there_and_it_is_anothers_who_is_there(self) -> None:
        """To whom is looked at as it is sent (`VirtualMeeting._at`)."""
        for each in self.world.present.values():
            fresh = each.got[self.seen.get(each.number, 0) :]
            self.seen[each.number] = len(each.got)
            for got in fresh:
                sender = self.world.by_number(got.sender)
                assert got.sender != each.number
                assert sender is not None or got.again is not None
                if sender is not None and got.stream is Stream.AUDIO:
                    assert sender.name not in self.world.meeting.silenced

    @invariant()
    def numbers_have_no_holes_but_the_publishers(self) -> None:
        for each in self.world.present.values():
            rows: dict[Slot, list[Got]] = {}
            for got in each.got:
                if got.again is None:
                    rows.setdefault(got.slot, []).append(got)
            for row in rows.values():
                check_row(row)

    @invariant()
    def what_is_sent_again_was_sent_or_came_late(self) -> None:
        for each in self.world.present.values():
            first = {(got.slot, got.sequence): got for got in each.got if got.again is None}
            for got in each.got:
                if got.again is not None and (original := first.get((got.slot, got.again))) is not None:
                    same = (original.sender, original.stream, original.serial, original.timestamp)
                    assert (got.sender, got.stream, got.serial, got.timestamp) == same

    @invariant()
    def nobody_is_shown_twice_or_to_himself(self) -> None:
        for each in self.world.present.values():
            shown = [occupant for occupant in each.seat.shown if occupant is not None]
            assert each.name not in {occupant.sender for occupant in shown if each.seat.connected}
            pictures = [occupant.occupant for occupant in shown if occupant.stream is not Stream.AUDIO]
            assert len(pictures) == len(set(pictures))

    def teardown(self) -> None:
        """Once nothing changes any more, everybody knows what he sees."""
        for each in self.connected:
            each.full = False
            if not each.open:
                each.open_channel()
        self.world.pass_time(4.0, *self.connected)
        for each in self.connected:
            told = [None if slot is None else (slot["sender"], slot["stream"]) for slot in each.map]
            shown = [None if slot is None else (slot.sender, slot.stream) for slot in each.seat.shown]
            assert told in ([], shown)
            assert told or not any(shown)
            assert {slot.sender for slot in each.seat.shown if slot} <= set(self.world.meeting.seats)


def check_row(row: list[Got]) -> None:
    """The packets of one slot: each number once, one after the other; holes only where the one publisher's numbers have the same."""
    first = row[0].sequence
    ordered = sorted(row, key=lambda got: (got.sequence - first + 0x8000) & 0xFFFF)
    for before, after in pairwise(ordered):
        step = after.sequence - before.sequence & 0xFFFF
        same = (before.sender, before.stream) == (after.sender, after.stream)
        assert step == 1 or (same and 1 < step == after.serial - before.serial), (before, after)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
