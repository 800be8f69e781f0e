"""Whole meetings from datagram to datagram, in a time that is told: who comes and goes, who is shown to whom, what is asked again."""

from __future__ import annotations

import pytest

from protocol.crypto.frames import Stream
from server_stub.meetings.sfu.link import LinkPhase
from server_stub.meetings.sfu.outputs import SendText, WakeAt
from tests.unit.meetings_sfu.virtual_meeting import FAINT, VirtualMeeting, VirtualParticipant, sound

HIGH, LOW, AUDIO, SCREEN = Stream.VIDEO_HIGH, Stream.VIDEO_LOW, Stream.AUDIO, Stream.SCREEN


def stage(*names: str) -> tuple[VirtualMeeting, list[VirtualParticipant]]:
    """Anna is seen by all others, and her first key frame has come."""
    world = VirtualMeeting()
    participants = [world.join(name) for name in ("anna", *names)]
    anna = participants[0]
    anna.publish(HIGH)
    for each in participants[1:]:
        each.view("anna")
    world.pass_time(0.1)
    anna.send(HIGH, key=True)
    return world, participants


def numbers(participant: VirtualParticipant) -> list[int]:
    """Of the pictures he got, from the first on."""
    first = participant.pictures()[0].sequence
    return [each.sequence - first & 0xFFFF for each in participant.pictures()]


def test_who_comes_is_told_who_is_shown_where_and_gets_the_packets() -> None:
    world, (anna, boris) = stage("boris")
    assert boris.map[3] == {"mid": "7", "sender": "anna", "stream": HIGH, "layer": "high"}
    for _ in range(3):
        anna.send(HIGH)
    anna.deliver(anna.packet(HIGH), anna.packet(HIGH))
    assert numbers(boris) == [0, 1, 2, 3, 4, 5]
    assert {each.slot.mid for each in boris.got} == {"7"}
    assert anna.got == []
    assert world.lost == []


def test_who_comes_later_is_shown_with_the_next_key_frame() -> None:
    world, (anna, boris) = stage("boris")
    carla = world.join("carla")
    world.pass_time(0.6)
    anna.send(HIGH)
    assert (len(boris.pictures()), len(carla.pictures())) == (2, 0)
    assert anna.keys_asked == 2
    anna.send(HIGH, key=True)
    anna.send(HIGH)
    assert numbers(boris) == [0, 1, 2, 3]
    assert numbers(carla) == [0, 1]


def test_after_leaving_nothing_comes_from_or_to_a_participant_and_the_server_is_not_told_what_it_wanted() -> (
    None
):
    world, (anna, boris, carla) = stage("boris", "carla")
    world.leave("boris")
    anna.send(HIGH)
    assert (len(boris.pictures()), len(carla.pictures())) == (1, 2)
    assert boris.seat.link.phase is LinkPhase.CLOSED
    world.leave("anna")
    carla.miss(carla.pictures()[0].slot, carla.pictures()[0].sequence)
    world.pass_time(0.1)
    assert carla.map[3] is None
    assert [each.again for each in carla.got] == [None, None]
    world.leave("nobody")
    assert world.lost == []
    world.leave("carla")
    assert world.present == {}


def test_an_earlier_self_makes_room_without_a_word() -> None:
    world, (anna, boris) = stage("boris")
    before = len(boris.pictures())
    again = world.join("anna", silenced=True)
    assert list(world.present.values()) == [boris, again]
    again.publish(HIGH, AUDIO)
    world.pass_time(0.1)
    again.send(HIGH, key=True)
    again.send(AUDIO)
    assert [each.sender for each in boris.pictures()[before:]] == [again.number]
    assert sound(boris) == []
    # What the transports of the earlier one still have to say is nothing to anybody.
    anna.hang_up()
    anna.say(t="view", pins=[], high=1, videos=9, screen=True)
    anna.send(HIGH)
    assert world.lost == []
    assert numbers(boris) == [0, 1]


def test_a_receiver_has_nine_pictures_at_most_and_never_his_own() -> None:
    world = VirtualMeeting()
    crowd = [world.join(f"p{index}") for index in range(12)]
    for each in crowd:
        each.publish(HIGH, LOW)
    world.pass_time(0.2)
    for each in crowd:
        each.send(HIGH, key=True)
        each.send(LOW, key=True)
    for each in crowd:
        shown = [slot for slot in each.map[3:] if slot is not None]
        assert len(shown) == len(each.pictures()) == 9
        assert each.name not in {slot["sender"] for slot in shown}
        assert len({packet.slot.mid for packet in each.pictures()}) == 9


def test_three_are_heard_at_once_and_who_is_silenced_is_not() -> None:
    world = VirtualMeeting()
    crowd = [world.join(f"p{index}") for index in range(6)]
    for each in crowd:
        each.publish(AUDIO)
    world.silence("p0", True)
    for each in crowd:
        each.send(AUDIO, level=FAINT)
        each.send(AUDIO)
    heard = {each.sender for each in sound(crowd[5])}
    assert crowd[0].number not in heard
    assert heard == {each.number for each in crowd[1:4]}
    world.silence("p0", False)
    for each in crowd[1:4]:
        world.leave(each.name)
    crowd[0].send(AUDIO)
    assert crowd[0].number in {each.sender for each in sound(crowd[5])}


def test_who_spoke_is_told_four_times_a_second_at_most() -> None:
    world = VirtualMeeting()
    anna, boris = world.join("anna"), world.join("boris")
    for each in (anna, boris):
        each.publish(AUDIO)
    for _ in range(100):
        anna.send(AUDIO)
        boris.send(AUDIO)
        world.pass_time(0.02)
    told = [each["order"] for each in anna.said if each["t"] == "speakers"]
    assert sorted(told[-1]) == ["anna", "boris"]
    assert len(told) <= 2
    late = world.join("late")
    assert late.said[-1] == {"t": "speakers", "order": told[-1]}


def test_what_is_lost_on_the_way_to_us_is_asked_for_and_goes_on_in_its_place() -> None:
    world, (anna, boris) = stage("boris")
    lost = anna.packet(HIGH)
    lost_too = anna.packet(HIGH)
    anna.send(HIGH)
    assert anna.missing_asked == []
    world.pass_time(0.015)
    serial = boris.pictures()[-1].serial & 0xFFFF
    assert anna.missing_asked == [[serial - 2, serial - 1]]
    world.pass_time(0.1)
    assert len(anna.missing_asked) == 2
    anna.deliver_again(lost)
    anna.deliver_again(lost_too)
    assert numbers(boris) == [0, 3, 1, 2]
    asked = len(anna.missing_asked)
    world.pass_time(1.0, anna, boris)
    assert len(anna.missing_asked) == asked


def test_what_never_comes_is_asked_for_six_times_at_most() -> None:
    world, (anna, boris) = stage("boris")
    anna.packet(HIGH)
    anna.send(HIGH)
    world.pass_time(3.0, anna, boris)
    assert len(anna.missing_asked) == 6


def test_what_a_receiver_missed_is_sent_to_him_alone_as_it_was() -> None:
    world, (anna, boris, carla) = stage("boris", "carla")
    for _ in range(3):
        anna.send(HIGH)
    missed = boris.pictures()[2]
    boris.miss(missed.slot, missed.sequence, missed.sequence + 500 & 0xFFFF)
    again = [each for each in boris.got if each.again is not None]
    assert [(each.again, each.serial, each.timestamp) for each in again] == [
        (missed.sequence, missed.serial, missed.timestamp)
    ]
    assert all(each.again is None for each in carla.got)
    assert sum(slot.retransmitted for slot in boris.seat.slots) == 1
    assert world.lost == []


def test_requests_for_key_frames_of_many_are_one_to_the_publisher_and_are_repeated_until_it_came() -> None:
    world, (anna, *others) = stage("boris", "carla", "dora", "emil")
    world.pass_time(1.0, anna, *others)
    before = anna.keys_asked
    for each in others:
        each.want_key(each.pictures()[0].slot)
    world.pass_time(0.02)
    assert anna.keys_asked == before + 1
    world.pass_time(0.4)
    assert anna.keys_asked == before + 1
    world.pass_time(0.2)
    assert anna.keys_asked == before + 2
    anna.send(HIGH, key=True)
    world.pass_time(2.0, anna, *others)
    assert anna.keys_asked == before + 2


def test_who_is_silent_for_three_seconds_is_lost_and_who_reports_is_not() -> None:
    world, (_, boris) = stage("boris")
    world.pass_time(2.9, boris)
    assert world.lost == []
    world.pass_time(1.0, boris)
    assert world.lost == ["anna"]
    world.pass_time(20.0, boris)
    assert world.lost == ["anna"]
    assert boris.map[3] is None


def test_who_never_connects_is_lost_after_ten_seconds() -> None:
    world = VirtualMeeting()
    world.join("anna", connect=False)
    world.pass_time(9.9)
    assert world.lost == []
    world.pass_time(1.0)
    assert world.lost == ["anna"]


def test_who_hangs_up_is_lost_at_once_and_only_once() -> None:
    world, (anna, boris) = stage("boris")
    anna.hang_up()
    anna.hang_up()
    assert world.lost == ["anna"]
    world.pass_time(0.1)
    assert boris.map[3] is None


def test_a_stall_of_our_own_makes_nobody_lost() -> None:
    world, (_, boris) = stage("boris")
    world.now += 30.0
    world.wake()
    world.pass_time(2.5, boris)
    assert world.lost == []


def test_a_participant_who_moves_is_followed_at_once() -> None:
    world, (anna, boris) = stage("boris")
    old = boris.address
    boris.move(("10.1.1.1", 5000))
    # The old address is nobody's: a packet sent there would be a fault here.
    anna.send(HIGH)
    boris.miss(boris.pictures()[0].slot, boris.pictures()[0].sequence)
    world.pass_time(1.0, anna, boris)
    assert old != boris.address
    assert numbers(boris) == [0, 1]
    assert boris.reports


def test_everybody_gets_reports_more_than_once_a_second_but_not_all_at_one_time() -> None:
    world = VirtualMeeting()
    crowd = [world.join(f"p{index}") for index in range(16)]
    world.pass_time(4.0, *crowd)
    for each in crowd:
        assert 4 <= len(each.reports) <= 6
    assert max(sum(at in each.reports for each in crowd) for at in crowd[0].reports) == 2


def test_a_map_that_could_not_be_sent_is_sent_when_the_channel_takes_it() -> None:
    world, (anna, boris) = stage("boris")
    boris.full = True
    before = boris.map
    anna.publish(HIGH, SCREEN)
    world.pass_time(1.0, anna, boris)
    assert boris.map == before
    boris.full = False
    world.pass_time(0.5)
    assert {slot["stream"] for slot in boris.map[3:] if slot} == {HIGH, SCREEN}


def test_changes_are_gathered_and_arranged_at_most_every_fifty_milliseconds() -> None:
    world, (anna, boris) = stage("boris")
    world.pass_time(1.0, anna, boris)
    told = len(boris.said)
    # The first at once, all that follow in the next 50 ms together.
    for index in range(20):
        anna.publish(*((HIGH, SCREEN) if index % 2 else (HIGH,)))
        world.pass_time(0.002)
    world.pass_time(0.1)
    assert len(boris.said) - told <= 2


def test_a_message_to_all_others_is_one_output_and_comes_with_its_sender() -> None:
    world, (anna, boris, carla) = stage("boris", "carla")
    anna.seat.link.on_message('{"t": "control", "data": "aGk="}', world.now)
    (output,) = world.outputs
    assert isinstance(output, SendText)
    assert set(output.to) == {boris.seat.link.ufrag, carla.seat.link.ufrag}
    world.settle()
    assert boris.said[-1] == carla.said[-1] == {"t": "control", "from": "anna", "data": "aGk="}
    assert "control" not in {each["t"] for each in anna.said}


def test_a_deadline_is_told_once_and_not_with_every_packet() -> None:
    world, (anna, _) = stage("boris")
    anna.packet(HIGH)
    anna.seat.link.heard_at = world.now
    anna.send(HIGH)
    packets = [anna.packet(HIGH) for _ in range(20)]
    for packet in packets:
        anna.seat.on_rtp(packet, world.now)
    assert [output for output in world.outputs if isinstance(output, WakeAt)] == []


@pytest.mark.expects_logs("a participant could not be looked after")
def test_a_fault_in_ones_turn_costs_him_his_seat_and_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, (anna, boris) = stage("boris")

    def broken(now: float, wall: float) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(anna.seat, "report", broken)
    world.pass_time(2.0, boris)
    assert world.lost == ["anna"]
    assert boris.reports
