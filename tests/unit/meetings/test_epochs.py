"""Media keys of a meeting: whoever is present and hears the others comes to one epoch; whoever is not opens nothing of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from client.meetings.epochs import EpochKeys
from client.meetings.presence import Stay
from protocol.crypto.frames import Stream, kid_of
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.epochs import OVERLAP_MS, SUCCESSION_MS, SWITCH_MS, commitment, kid_bits
from protocol.meetings.payloads import MAX_PARTICIPANTS, Epoch, EpochKind
from tests.unit.meetings.epoch_room import MEETING, Announced, Room


def test_three_come_one_after_the_other_and_one_goes() -> None:
    room = Room()
    first = room.join("a")
    room.settle()
    second, third = room.join("b"), room.join("c")
    room.settle()
    room.check()
    kinds = [made.epoch.kind for made in room.announced]
    assert kinds[0] is EpochKind.NEW
    assert set(kinds[1:]) == {EpochKind.RATCHET}
    assert room.announced[-1].epoch.participants == [first, second, third]
    room.leave("b")
    room.settle()
    room.check()
    assert room.announced[-1].epoch.kind is EpochKind.NEW
    assert room.announced[-1].epoch.participants == [first, third]


def test_who_comes_later_cannot_open_what_was_said_before() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    sealer = room.seats[first].sealer(Stream.VIDEO_HIGH)
    assert sealer is not None
    early = sealer.seal(b"before")
    third = room.join("c")
    room.settle()
    room.check()
    with pytest.raises(JinshuError) as caught:
        room.seats[third].open(early)
    assert caught.value.code is ErrorCode.FRAMES_UNKNOWN_KEY
    assert room.seats[second].open(early)[1] == b"before"


def test_what_was_under_way_opens_for_ten_seconds_more() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    old = room.seats[first].sealer(Stream.AUDIO)
    assert old is not None
    room.join("c")
    room.settle()
    room.seats[second].maintain(room.now + OVERLAP_MS - 1)
    assert room.seats[second].open(old.seal(b"late"))[1] == b"late"
    room.seats[second].maintain(room.now + OVERLAP_MS)
    with pytest.raises(JinshuError) as caught:
        room.seats[second].open(old.seal(b"too late"))
    assert caught.value.code is ErrorCode.FRAMES_UNKNOWN_KEY


def test_whose_join_was_heard_after_the_epoch_is_opened_all_the_same() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    listener = EpochKeys(MEETING, room.stays[second], room.now, room.chance.randbytes)
    listener.presence.came(room.stays[first], room.now)
    third = room.join("c")
    made = room.announce(first)
    room.hand(third, made)
    secret = made.packets[third]
    listener.take(made.id, made.epoch, first, secret, room.now)
    assert not room.hears(listener, room.seats[third])
    listener.presence.came(room.stays[third], room.now)
    assert room.hears(listener, room.seats[third])


def test_frames_go_on_in_the_epoch_before_until_all_have_heard_of_the_new_one() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    room.check()
    keys = room.seats[first]

    def sealed_in() -> int:
        sealer = keys.sealer(Stream.AUDIO)
        assert sealer is not None
        return sealer.kid >> 16

    before = sealed_in()
    room.join("c")
    made = room.announce(first)
    assert keys.wake_at(room.now) == room.now + SWITCH_MS
    assert not keys.maintain(room.now + SWITCH_MS - 1)
    assert sealed_in() == before
    assert keys.maintain(room.now + SWITCH_MS), "a newcomer can open what could not be opened by him before"
    assert sealed_in() == kid_bits(made.id)
    assert keys.wake_at(room.now + SWITCH_MS) == room.now + OVERLAP_MS, "the keys before are forgotten"
    room.settle()
    room.leave("c")
    room.announce(first)
    assert not keys.maintain(room.now + SWITCH_MS), "whoever stayed could open everything all along"
    assert room.seats[second].ready


def test_the_next_in_rank_acts_after_two_seconds_of_silence() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    room.join("c")
    assert room.due() == [first]
    room.now += SUCCESSION_MS - 1
    assert room.due() == [first]
    room.now += 1
    assert room.due() == [first, second]


def test_of_two_announcements_that_of_the_lower_rank_holds() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    third = room.join("c")
    ours, theirs = room.announce(second), room.announce(first)
    for order in ((ours, theirs), (theirs, ours)):
        for made in order:
            room.hand(third, made)
        assert room.seats[third].epoch == theirs.id
    room.settle()
    room.check()


def test_a_secret_that_was_not_committed_to_is_refused() -> None:
    room = Room()
    room.join("a")
    room.settle()
    second = room.join("b")
    made = room.announce(room.due()[0])
    made.packets[second] = bytes(32)
    with pytest.raises(JinshuError) as caught:
        room.hand(second, made)
    assert caught.value.code is ErrorCode.MEETINGS_EPOCH_REFUSED
    assert room.seats[second].sealer(Stream.AUDIO) is None


def refused(room: Room, join: bytes, made: Announced, **changes: Any) -> None:
    values = {name: getattr(made.epoch, name) for name in Epoch.SHAPES} | changes
    with pytest.raises(JinshuError) as caught:
        room.seats[join].take(room.chance.randbytes(32), Epoch(**values), made.announcer, None, room.now)
    assert caught.value.code is ErrorCode.MEETINGS_EPOCH_REFUSED


def test_announcements_that_break_the_rules_are_refused() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    third = room.join("c")
    made = room.announce(first)
    refused(room, second, made, participants=[second, first, third])  # ranks change
    refused(room, second, made, participants=[first, second])  # nobody came
    refused(room, second, made, participants=[first, third])  # somebody is left out without a fresh secret
    refused(
        room, second, made, participants=[second, third], kind=EpochKind.NEW
    )  # announced by one who is not in it
    refused(room, second, made, previous=bytes(32), n=9, participants=[second, third])
    room.settle()
    room.check()


def test_an_epoch_whose_kids_were_another_epochs_is_refused() -> None:
    """Its counters begin at 0: one key and counter must not be met twice (C22)."""
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    room.join("c")
    made, keys = room.announce(first), room.seats[second]
    before = keys.epoch
    assert before is not None
    twin = before[:4] + made.id[4:]
    with pytest.raises(JinshuError) as caught:
        keys.take(twin, made.epoch, first, None, room.now)
    assert caught.value.code is ErrorCode.MEETINGS_EPOCH_REFUSED
    assert keys.epoch == before


def test_whoever_is_given_the_secret_of_an_epoch_without_him_seals_nothing_in_it() -> None:
    """Its announcer breaks the rules: there is no rank to seal under."""
    room = Room()
    a, b = room.join("a"), room.join("b")
    room.settle()
    keys, secret = room.seats[b], bytes(range(32))
    held = keys._current
    assert held is not None
    without = replace(
        held.epoch,
        n=held.epoch.n + 1,
        previous=held.id,
        kind=EpochKind.NEW,
        participants=[a],
        commitment=commitment(MEETING, secret),
    )
    entry_id = bytes(reversed(range(32)))
    assert keys.take(entry_id, without, a, secret, room.now)
    for later in (0, SWITCH_MS, OVERLAP_MS):
        keys.maintain(room.now + later)
        sealer = keys.sealer(Stream.AUDIO)
        assert sealer is None or kid_of(sealer.seal(b"picture")) >> 16 != kid_bits(entry_id)
    assert not keys.ready


def test_what_i_sealed_comes_back_to_me_as_nobodys() -> None:
    """A server that reflects a frame does not make me see myself as another."""
    room = Room()
    a, b = room.join("a"), room.join("b")
    room.settle()
    sealer = room.seats[a].sealer(Stream.AUDIO)
    assert sealer is not None
    frame = sealer.seal(b"picture")
    with pytest.raises(JinshuError) as caught:
        room.seats[a].open(frame)
    assert caught.value.code is ErrorCode.FRAMES_UNKNOWN_KEY
    assert room.seats[b].open(frame)[1] == b"picture"


def test_i_am_there_whatever_is_said() -> None:
    room = Room()
    a, b = room.join("a"), room.join("b")
    room.settle()
    keys, before = room.seats[a], room.seats[a].epoch
    keys.presence.over(a, room.now)
    assert {stay.id for stay in keys.presence.stays} == {a, b}
    room.now += 2 * OVERLAP_MS
    room.settle()
    assert (keys.epoch, keys.ready) == (before, True)
    assert keys.sealer(Stream.AUDIO) is not None


def test_a_stay_that_is_over_does_not_come_back() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    keys, stay = room.seats[first], room.stays[second]
    keys.presence.left(stay.device, room.now)
    mine = Stay(bytes(32), "prs_a", "dev_a", bytes(16))
    never_seen = Stay(b"n" * 32, "prs_c", "dev_c", bytes(16))
    keys.presence.over(never_seen.id, room.now)
    for ghost in (stay, mine, never_seen):
        with pytest.raises(JinshuError) as caught:
            keys.presence.came(ghost, room.now)
        assert caught.value.code is ErrorCode.MEETINGS_NOT_ADMITTED
    assert [each.id for each in keys.presence.stays] == [first]


def test_stays_that_a_server_invents_the_end_of_are_not_kept_without_end() -> None:
    room = Room()
    a, b = room.join("a"), room.join("b")
    room.settle()
    keys = room.seats[a]
    room.leave("b")
    early = Stay(bytes(range(32)), "prs_c", "dev_c", bytes(16))
    for each in range(20_000):
        keys.presence.over(hashlib.sha256(str(each).encode()).digest(), room.now)
    keys.presence.over(early.id, room.now)
    assert len(keys.presence._over) + len(keys.presence._over_unseen) <= MAX_PARTICIPANTS + 1
    # What is known to be over stays over, and whose end came before him just now as well.
    for stay in (room.stays[b], early):
        with pytest.raises(JinshuError) as refused:
            keys.presence.came(stay, room.now)
        assert refused.value.code is ErrorCode.MEETINGS_NOT_ADMITTED


def test_no_key_is_left_of_a_stay_that_is_over() -> None:
    room = Room()
    a, b = room.join("a"), room.join("b")
    room.settle()
    frame = room.seats[b].sealer(Stream.AUDIO)
    assert frame is not None
    keys = room.seats[a]
    sealed = frame.seal(b"picture")
    keys.forget()
    assert keys.sealer(Stream.AUDIO) is None
    with pytest.raises(JinshuError) as refused:
        keys.open(sealed)
    assert refused.value.code is ErrorCode.FRAMES_UNKNOWN_KEY


def test_only_who_is_present_announces() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    made, keys = room.announced[-1], room.seats[second]
    assert keys.announcer(made.epoch) == room.stays[first]
    keys.presence.left("dev_a", room.now)
    assert keys.announcer(made.epoch) is None


def test_an_epoch_that_is_passed_over_is_followed_and_not_used() -> None:
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    room.leave("b")
    keys, before = room.seats[first], room.seats[first].epoch
    keys.pass_over(b"p" * 32, 7)
    assert (keys.epoch, keys.ready) == (before, True)
    plan = keys.plan()
    assert (plan.n, plan.previous, plan.kind) == (8, b"p" * 32, EpochKind.NEW)
    assert plan.participants == (first,)
    made = room.announce(first)
    assert (keys.epoch, made.epoch.n) == (made.id, 8)
    # What is older than what is held is nothing to follow.
    keys.pass_over(b"q" * 32, 3)
    room.join("c")
    assert (keys.plan().n, keys.plan().previous, keys.plan().kind) == (9, made.id, EpochKind.RATCHET)
    assert second not in keys.plan().participants


class Meeting(RuleBasedStateMachine):
    """Members come, go and vanish; announcements are lost, doubled and come in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Room()

    @rule(name=st.sampled_from("abcde"))
    def joins(self, name: str) -> None:
        self.room.join(name)

    @rule(name=st.sampled_from("abcde"))
    def leaves(self, name: str) -> None:
        self.room.leave(name)

    @precondition(lambda self: self.room.due())
    @rule(data=st.data())
    def announces(self, data: st.DataObject) -> None:
        self.room.announce(data.draw(st.sampled_from(self.room.due())))

    @precondition(lambda self: self.room.announced and self.room.seats)
    @rule(data=st.data())
    def hears(self, data: st.DataObject) -> None:
        join = data.draw(st.sampled_from(list(self.room.seats)))
        self.room.hand(join, data.draw(st.sampled_from(self.room.announced)))

    @rule(ms=st.sampled_from([1, SUCCESSION_MS, OVERLAP_MS]))
    def waits(self, ms: int) -> None:
        self.room.now += ms
        for keys in self.room.seats.values():
            keys.maintain(self.room.now)

    @rule()
    def rests(self) -> None:
        self.room.settle()
        self.room.check()

    @invariant()
    def nobody_seals_with_a_key_that_others_do_not_commit_to(self) -> None:
        for keys in self.room.seats.values():
            sealer = keys.sealer(Stream.AUDIO)
            assert sealer is None or sealer.kid >> 16 in {kid_bits(made.id) for made in self.room.announced}


TestMeeting = Meeting.TestCase
TestMeeting.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_announcements_in_quick_succession_do_not_hold_up_the_change_of_keys() -> None:
    """Whoever goes holds the epoch before; people who come one after the other must not keep it in use."""
    room = Room()
    first, second, third = room.join("a"), room.join("b"), room.join("c")
    room.settle()
    room.check()
    gone = room.seats[third]
    room.leave("c")
    for number in range(8):
        room.announce(first)
        room.now += SWITCH_MS - 20
        for keys in room.seats.values():
            keys.maintain(room.now)
        room.join(f"later{number}")
    assert not room.hears(gone, room.seats[first])
    for made in room.announced:
        room.hand(second, made)
    assert room.hears(room.seats[second], room.seats[first])


def test_who_has_gone_is_not_sealed_to_for_longer_than_it_takes_to_agree_on_new_keys() -> None:
    """A server that lets no new epoch through: nothing is said rather than to him."""
    room = Room()
    first, second = room.join("a"), room.join("b")
    room.settle()
    room.check()
    keys, gone = room.seats[first], room.seats[second]
    left_at = room.now
    room.leave("b")
    room.now = left_at + OVERLAP_MS - 1
    keys.maintain(room.now)
    assert room.hears(gone, keys)
    room.now = left_at + OVERLAP_MS
    keys.maintain(room.now)
    assert keys.sealer(Stream.AUDIO) is None
    room.settle()
    room.check()
