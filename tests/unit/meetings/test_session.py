"""A session of a meeting without network and clock: who is believed to be there, and who has the keys."""

from __future__ import annotations

from dataclasses import replace

from client.meetings import session as machine
from client.meetings.session import (
    KEYLESS_MS,
    Over,
    VerifyAgain,
)
from protocol.errors import ErrorCode
from protocol.meetings.epochs import SUCCESSION_MS, SWITCH_MS
from protocol.meetings.payloads import EpochKind
from tests.unit.meetings.session_room import Member, SessionRoom, added, person, refused, seated


def announces(room: SessionRoom, member: Member) -> bool:
    """Whether an announcement of his is on its way."""
    room.let_time_pass()
    return bool(member.announcing)


# Coming and going


def test_who_comes_gets_the_keys_and_who_goes_loses_them() -> None:
    room, (first, second, third) = seated("a", "b", "c")
    assert [sent.epoch.kind for sent in room.chain] == [EpochKind.NEW, EpochKind.RATCHET, EpochKind.RATCHET]
    room.leave("c")
    room.settle()
    room.let_time_pass(SWITCH_MS)
    room.check()
    assert room.chain[-1].epoch.kind is EpochKind.NEW
    assert third.stay.id not in room.chain[-1].epoch.participants
    assert first.over == second.over == []


def test_who_comes_is_shown_pictures_from_their_beginning() -> None:
    room, (first, _) = seated("a", "b")
    before = first.pictures_begun
    room.join("c")
    room.settle()
    assert first.pictures_begun == before
    room.let_time_pass(SWITCH_MS)
    assert first.pictures_begun == before + 1


def test_a_device_that_comes_again_takes_the_place_of_its_former_self() -> None:
    room, (first, second) = seated("a", "b")
    again = room.join("b")
    assert again.stay.id != second.stay.id
    room.settle()
    room.let_time_pass(SWITCH_MS)
    room.check()
    assert [stay.id for stay in first.session.keys.presence.stays] == [first.stay.id, again.stay.id]


def test_nothing_falls_due_before_all_that_came_with_the_reply_was_taken_in() -> None:
    room = SessionRoom()
    member = room.join("a")
    late = machine.MeetingSession(
        replace(member.stay, id=b"l" * 32, device="dev_l"), room.kept, set(), room.chance.randbytes, room.now
    )
    assert late.take(machine.TimePassed(), room.now + KEYLESS_MS) == ()
    assert late.wake_at() is None
    late.take(machine.Entered(), room.now)
    assert late.wake_at() == room.now
    [output] = late.take(machine.TimePassed(), room.now)
    assert isinstance(output, machine.Announce)


def test_who_is_not_named_when_the_list_is_asked_for_has_left() -> None:
    room, (first, second, third) = seated("a", "b", "c")
    before = frozenset(first.session.keys.presence.joins)
    room.present.remove(third.stay.id)
    # Who comes while it is asked is not yet on the list, and has not left.
    room.take(first, machine.JoinCame(added(room, "d"), b"d" * 32, now=True))
    room.list_to(first, before)
    assert first.present == {"a", "b", "d"}
    assert second.present == {"a", "b", "c"}


# The order in which things are said


def test_who_is_said_to_have_left_before_he_came_does_not_come() -> None:
    room, (first, _) = seated("a", "b")
    stay = added(room, "c")
    room.take(first, machine.Left(stay.device, stay.id))
    assert refused(room, first, machine.JoinCame(stay, stay.id, now=True)) is ErrorCode.MEETINGS_NOT_ADMITTED
    assert first.present == {"a", "b"}


def test_an_epoch_of_somebody_who_has_not_come_yet_is_refused_and_taken_once_he_has() -> None:
    room, (first, second) = seated("a", "b")
    room.leave("a")
    third = room.join("c")
    second.inbox.clear()
    # Both of them know that the first is gone; the second has not heard of the third, who announces.
    room.give(second, machine.Left(first.stay.device, first.stay.id))
    room.take(third, machine.JoinCame(second.stay, second.stay.id))
    room.let_time_pass(SUCCESSION_MS)
    for _ in range(2):  # the epoch in force is not believed by the third: he learns that his has to follow it
        room.answer(third)
        room.let_time_pass()
    assert third.session.keys.epoch == room.chain[-1].id
    assert not room.hand(second, room.chain[-1])
    room.give(second, machine.JoinCame(third.stay, third.stay.id, now=True))
    assert room.hand(second, room.chain[-1])
    assert second.session.keys.epoch == room.chain[-1].id


def test_a_secret_that_comes_after_its_epoch_is_used() -> None:
    room, (first, second) = seated("a", "b")
    third = room.join("c")
    room.settle()
    room.leave("b")
    room.let_time_pass()
    first.inbox.popleft()()
    room.let_time_pass()
    room.answer(first)
    sent = room.chain[-1]
    room.give(third, machine.Left(second.stay.device, second.stay.id))
    packet = sent.packets.pop(third.stay.id)
    assert room.hand(third, sent)
    assert not third.session.keys.ready
    assert not third.session.has_secret_of(sent.id)
    assert room.hand(third, sent, packet)
    assert third.session.has_secret_of(sent.id)
    room.let_time_pass(2 * KEYLESS_MS)
    assert third.over == []


def test_what_is_said_twice_changes_nothing_the_second_time() -> None:
    room, (first, second) = seated("a", "b")
    epoch = first.session.keys.epoch
    for _ in range(2):
        room.give(first, machine.JoinCame(second.stay, second.stay.id, now=True))
        room.hand(first, room.chain[0])
        room.hand(first, room.chain[-1])
        room.take(first, machine.ListCame((first.stay.id, second.stay.id)))
    room.let_time_pass(SUCCESSION_MS)
    assert not first.announcing
    assert (first.session.keys.epoch, first.present) == (epoch, {"a", "b"})


def test_what_is_said_of_an_earlier_stay_of_mine_says_nothing_of_this_one() -> None:
    room, (first, _) = seated("a", "b")
    room.give(first, machine.Left(first.stay.device, b"e" * 32))
    assert first.over == []
    room.give(first, machine.Left(first.stay.device, first.stay.id))
    assert first.over == [Over.LEFT]


# The lock, the roster and the chairs


def test_who_comes_to_a_locked_meeting_stays_outside_until_it_is_unlocked() -> None:
    room, (first, second) = seated("a", "b")
    room.rule(locked=True)
    stay = added(room, "c")
    assert refused(room, second, machine.JoinCame(stay, stay.id, now=True)) is ErrorCode.MEETINGS_LOCKED
    assert not announces(room, first)
    kept = replace(room.kept, chair=replace(room.kept.chair, locked=False))
    outputs = room.take(second, machine.RulesChanged(kept))
    assert VerifyAgain((stay.id,)) in outputs
    room.take(second, machine.JoinCame(stay, stay.id))
    assert second.present == {"a", "b", "c"}
    assert not [
        each for each in room.take(second, machine.RulesChanged(kept)) if isinstance(each, VerifyAgain)
    ]


def test_who_was_in_before_the_lock_comes_back_by_what_i_saw_or_by_the_epoch_of_one_i_believe() -> None:
    room, (_, second) = seated("a", "b")
    third = room.join("c")  # has seen the second only in the epoch
    room.settle()
    room.rule(locked=True)
    again = room.join("b")
    room.settle()
    room.let_time_pass(SWITCH_MS)
    room.check()
    assert again.stay.id in room.chain[-1].epoch.participants
    # One who never saw him: by the epoch of those who did.
    room.came["c"].clear()
    back = room.join("b")
    refusal = refused(room, third, machine.JoinCame(back.stay, back.stay.id, now=True))
    assert refusal is ErrorCode.MEETINGS_LOCKED
    room.settle()
    room.let_time_pass(SWITCH_MS)
    room.check()
    assert second.session is not back.session


def test_whoever_a_chair_removes_gets_no_further_key_whatever_the_server_lets_him_do() -> None:
    room, (first, second, third) = seated("a", "b", "c")
    room.rule(removed=frozenset({third.stay.person}))
    assert first.present == second.present == {"a", "b"}
    assert refused(room, first, machine.JoinCame(third.stay, third.stay.id)) is ErrorCode.MEETINGS_REMOVED
    room.let_time_pass()
    room.answer(first)
    sent = room.chain[-1]
    assert third.stay.id not in sent.epoch.participants
    assert third.stay.id not in sent.packets


def test_a_device_that_is_no_longer_certified_gets_no_further_key() -> None:
    room, (first, _, third) = seated("a", "b", "c")
    room.give(first, machine.RulesChanged(room.kept, frozenset({third.stay.device, first.stay.device})))
    assert first.present == {"a", "b"}, "what is said of my own device, others judge"
    room.let_time_pass()
    assert third.stay not in first.announcing[0].plan.to


def test_who_waits_before_a_locked_meeting_is_told_to_its_chair_once_until_it_is_open() -> None:
    room, (first, second) = seated("a", "b")
    room.give(first, machine.Knocked(person("c")))
    assert not first.session.watches_door
    room.rule(locked=True)
    assert first.session.watches_door
    assert not second.session.watches_door
    for _ in range(2):
        for member in (first, second):
            room.give(member, machine.Knocked(person("c")))
            room.give(member, machine.Knocked("prs_stranger"))
    room.rule(locked=False)
    room.rule(locked=True, removed=frozenset({person("d")}))
    for name in "cd":
        room.give(first, machine.Knocked(person(name)))
    assert (first.waiting, second.waiting) == ([person("c")] * 2, [])
