"""A session of a meeting without network and clock: who is believed, which epoch is made and when, what is said again, how it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from client.meetings import session as machine
from client.meetings.epochs import EpochKeys
from client.meetings.media_state import MediaState
from client.meetings.presence import Stay
from client.meetings.session import (
    AGAIN_MS,
    AGAIN_SKEWED_MS,
    KEYLESS_MS,
    LOOK_AGAIN_MS,
    SAY_AGAIN_MS,
    Finished,
    Look,
    Over,
    VerifyAgain,
)
from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.epochs import OVERLAP_MS, SUCCESSION_MS, SWITCH_MS
from protocol.meetings.payloads import EpochKind
from tests.unit.meetings.session_room import NAMES, Member, SessionRoom, device, person


def seated(*names: str) -> tuple[SessionRoom, list[Member]]:
    """Several who are in and have agreed on keys."""
    room = SessionRoom()
    for name in names:
        room.join(name)
        room.settle()
    room.let_time_pass(SWITCH_MS)
    room.check()
    return room, [room.members[name] for name in names]


def refused(room: SessionRoom, member: Member, said: machine.Input) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        room.take(member, said)
    return caught.value.code


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


def added(room: SessionRoom, name: str) -> Stay:
    """A stay whose JOIN would be verified."""
    stay = Stay(name.encode() * 32, person(name), device(name), bytes(16))
    room.joins[stay.id] = stay
    return stay


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


# Whose turn, and announcements that go wrong


def test_the_next_in_rank_announces_after_two_seconds_of_silence() -> None:
    room, (first, second) = seated("a", "b")
    room.join("c")
    for member in (first, second):
        member.inbox.popleft()()
    room.let_time_pass(SUCCESSION_MS - 1)
    assert first.announcing
    assert not second.announcing
    assert second.session.wake_at() == room.now + 1
    room.let_time_pass(1)
    assert second.announcing


def test_one_announcement_is_on_its_way_at_a_time() -> None:
    room, (first, _) = seated("a", "b")
    for name in "cd":
        room.join(name)
        first.inbox.popleft()()
        room.let_time_pass(SUCCESSION_MS)
    assert len(first.announcing) == 1
    room.settle()
    room.let_time_pass(SWITCH_MS)
    room.check()


@pytest.mark.parametrize(
    ("code", "pause"),
    [
        (ErrorCode.NETWORK_UNREACHABLE, AGAIN_MS),
        (ErrorCode.SESSION_EXPIRED, AGAIN_MS),
        (ErrorCode.CLOCK_SKEW, AGAIN_SKEWED_MS),
    ],
)
def test_an_announcement_that_fails_for_a_passing_reason_is_made_again_after_a_pause(
    code: ErrorCode, pause: int
) -> None:
    room, (first, _) = seated("a", "b")
    room.leave("b")
    first.inbox.popleft()()
    room.refusals.append(code)
    room.let_time_pass()
    room.answer(first)
    assert first.session.wake_at() is not None
    room.let_time_pass(pause - 1)
    assert not first.announcing
    room.let_time_pass(1)
    room.answer(first)
    assert first.session.keys.epoch == room.chain[-1].id
    assert room.chain[-1].epoch.participants == [first.stay.id]


@pytest.mark.parametrize(
    ("code", "why"),
    [(ErrorCode.MEETINGS_NOT_PRESENT, Over.LEFT), (ErrorCode.MEETINGS_EPOCH_REFUSED, Over.LOST)],
)
@pytest.mark.parametrize("at_look", [False, True])
def test_an_announcement_that_can_never_be_made_ends_the_session(
    code: ErrorCode, why: Over, at_look: bool
) -> None:
    room, (first, _) = seated("a", "b")
    room.leave("b")
    first.inbox.popleft()()
    room.let_time_pass()
    first.announcing.clear()
    if at_look:
        outdated = machine.AnnouncementRefused(JinshuError(ErrorCode.MEETINGS_ACT_OUTDATED))
        assert room.take(first, outdated) == (Look(),)
        outputs = room.take(first, machine.LookFailed(JinshuError(code)))
    else:
        outputs = room.take(first, machine.AnnouncementRefused(JinshuError(code)))
    assert outputs == (Finished(why),)


def test_who_was_second_asks_for_the_first_and_follows_it() -> None:
    """The signal was lost: both announced after the same epoch."""
    room, (first, second) = seated("a", "b")
    room.join("c")
    for member in (first, second):
        member.inbox.popleft()()
    room.let_time_pass(SUCCESSION_MS)
    room.answer(second)
    first.inbox.clear()
    room.answer(first)
    assert first.session.keys.epoch == second.session.keys.epoch == room.chain[-1].id
    room.settle()
    room.let_time_pass(SWITCH_MS)
    room.check()


def test_who_insists_on_an_epoch_that_is_not_believed_is_followed_and_not_sealed_in() -> None:
    room, (first, second) = seated("a", "b")
    room.leave("b")
    first.inbox.popleft()()
    room.let_time_pass()
    # The server took one more epoch of him who has gone.
    last = room.chain[-1]
    room.chain.append(
        replace(
            last, id=b"x" * 32, epoch=replace(last.epoch, n=last.epoch.n + 1, person="prs_b", device="dev_b")
        )
    )
    room.answer(first)
    assert first.session.keys.epoch == last.id
    room.settle()
    assert room.chain[-1].epoch.n == last.epoch.n + 2
    assert room.chain[-1].epoch.previous == b"x" * 32
    assert first.session.keys.epoch == room.chain[-1].id
    assert second.stay.id not in room.chain[-1].epoch.participants


def test_a_server_that_refuses_without_anything_newer_is_not_asked_without_a_pause() -> None:
    room, (first, _) = seated("a", "b")
    room.leave("b")
    first.inbox.popleft()()
    room.refusals.append(ErrorCode.MEETINGS_ACT_OUTDATED)
    room.let_time_pass()
    room.answer(first)
    room.let_time_pass(LOOK_AGAIN_MS - 1)
    assert not first.announcing
    room.let_time_pass(1)
    room.answer(first)
    assert first.session.keys.epoch == room.chain[-1].id


# Time


def test_a_session_that_never_gets_the_secret_ends_after_five_seconds() -> None:
    room, (first, second) = seated("a", "b")
    third = room.join("c")
    room.settle()
    room.leave("b")
    for member in (first, third):
        member.inbox.popleft()()
    room.let_time_pass()
    room.answer(first)
    room.chain[-1].packets.clear()
    third.inbox.popleft()()
    came_at = room.now
    room.let_time_pass(KEYLESS_MS - 1)
    assert third.over == []
    assert third.session.wake_at() == came_at + KEYLESS_MS
    room.let_time_pass(1)
    assert third.over == [Over.KEYLESS]
    assert second.over == first.over == []


def test_a_session_without_any_epoch_waits_for_one_without_end() -> None:
    room = SessionRoom()
    first = room.join("a")
    room.let_time_pass()
    room.let_time_pass(10 * KEYLESS_MS)
    assert first.over == []
    assert len(first.announcing) == 1


def test_what_i_do_is_said_at_once_and_again_soon_after_somebody_came() -> None:
    room, (first, _) = seated("a", "b")
    room.let_time_pass(SAY_AGAIN_MS)
    first.said.clear()
    doing = MediaState(microphone=True)
    at = room.now
    room.give(first, machine.StateChanged(doing))
    assert first.said == [(at, doing)]
    room.join("c")
    room.join("d")
    room.settle()
    room.let_time_pass(SAY_AGAIN_MS - 1)
    assert len(first.said) == 1
    room.let_time_pass(1)
    assert first.said[1:] == [(at + SAY_AGAIN_MS, doing)], "once for all who came"
    assert first.session.doing(first.stay) == doing


def test_what_could_not_be_said_is_said_again_until_it_can() -> None:
    room, (first, _) = seated("a", "b")
    room.let_time_pass(SAY_AGAIN_MS)
    first.said.clear()
    first.channel = False
    room.give(first, machine.StateChanged(MediaState(hand=1)))
    room.let_time_pass(2 * SAY_AGAIN_MS)
    first.channel = True
    room.let_time_pass(10 * SAY_AGAIN_MS)
    assert len(first.said) == 4


def test_who_speaks_for_the_first_time_is_told_what_i_do() -> None:
    room, (first, second) = seated("a", "b")
    room.let_time_pass(SAY_AGAIN_MS)
    first.said.clear()
    sealer = second.session.keys.sealer(Stream.CONTROL)
    assert sealer is not None
    message = MediaState(camera=True).packed()
    for _ in range(2):
        room.give(first, machine.ControlCame(sealer.kid, message))
        room.let_time_pass(SAY_AGAIN_MS)
    assert len(first.said) == 1
    assert first.session.doing(second.stay).camera
    # What is not his word, or not of somebody here, is passed over.
    assert room.take(first, machine.ControlCame(sealer.kid, b"\xff")) == ()
    assert room.take(first, machine.ControlCame(0, message)) == ()


# The end


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (machine.MediaLost(), Over.LOST),
        (machine.MediaLost(closed=True), Over.CLOSED),
        (machine.Failed(), Over.LOST),
    ],
)
def test_a_session_is_over_once(said: machine.Input, why: Over) -> None:
    room, (first, second) = seated("a", "b")
    assert room.take(first, said) == (Finished(why),)
    assert first.session.over
    assert first.session.wake_at() is None
    for later in (said, machine.Left(second.stay.device, second.stay.id), machine.TimePassed()):
        assert room.take(first, later) == ()


def test_nothing_comes_out_of_a_session_that_was_ended() -> None:
    room, (first, second) = seated("a", "b")
    assert room.take(first, machine.Ended()) == ()
    room.leave("b")
    first.inbox.popleft()()
    room.let_time_pass(2 * OVERLAP_MS)
    assert not first.announcing
    assert first.over == second.over == []


# Whatever comes, in whatever order


def kept_back(keys: EpochKeys) -> tuple[object, object]:
    """What `tend` may change."""
    return keys._sealing, frozenset(keys._held)


class AnyOrder(RuleBasedStateMachine):
    """Members come, go and are shut out; signals come late, twice or never; requests fail; sessions are woken only when they ask."""

    def __init__(self) -> None:
        super().__init__()
        self.room = SessionRoom()

    def a_member(self, data: st.DataObject) -> Member:
        return self.room.members[data.draw(st.sampled_from(sorted(self.room.members)))]

    @rule(name=st.sampled_from(NAMES))
    def joins(self, name: str) -> None:
        self.room.join(name)

    @precondition(lambda self: self.room.members)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        self.room.leave(self.a_member(data).name)

    @precondition(lambda self: self.room.members)
    @rule(data=st.data(), count=st.integers(1, 3))
    def hears(self, data: st.DataObject, count: int) -> None:
        member = self.a_member(data)
        for _ in range(min(count, len(member.inbox))):
            member.inbox.popleft()()

    @precondition(lambda self: self.room.members)
    @rule(data=st.data())
    def misses_all_that_was_said_and_asks(self, data: st.DataObject) -> None:
        member = self.a_member(data)
        member.inbox.clear()
        self.room.list_to(member, frozenset(member.session.keys.presence.joins))

    @precondition(lambda self: self.room.members and self.room.chain)
    @rule(data=st.data())
    def hears_an_epoch_again(self, data: st.DataObject) -> None:
        self.room.hand(self.a_member(data), data.draw(st.sampled_from(self.room.chain)))

    @precondition(lambda self: any(each.announcing for each in self.room.members.values()))
    @rule(data=st.data(), fails=st.booleans())
    def is_answered(self, data: st.DataObject, fails: bool) -> None:
        waiting = sorted(name for name, each in self.room.members.items() if each.announcing)
        if fails:
            self.room.refusals.append(ErrorCode.NETWORK_UNREACHABLE)
        self.room.answer(self.room.members[data.draw(st.sampled_from(waiting))])

    @rule(locked=st.booleans())
    def is_locked_or_unlocked(self, locked: bool) -> None:
        self.room.rule(locked=locked)

    @rule(ms=st.sampled_from([0, 1, SWITCH_MS - 1, SAY_AGAIN_MS, SUCCESSION_MS, KEYLESS_MS, OVERLAP_MS]))
    def time_passes(self, ms: int) -> None:
        self.room.let_time_pass(ms)

    @rule(ms=st.integers(1, OVERLAP_MS))
    def nothing_happens_before_it_asks_to_be_woken(self, ms: int) -> None:
        self.room.let_time_pass()
        for member in self.room.members.values():
            keys = member.session.keys
            at = keys.wake_at(self.room.now)
            then = self.room.now + ms if at is None else min(at - 1, self.room.now + ms)
            before = kept_back(keys)
            assert not keys.tend(then)
            assert kept_back(keys) == before

    @rule()
    def rests(self) -> None:
        # Whoever missed something asks, as every client does once it is online again.
        self.room.rule(locked=False)
        for member in self.room.members.values():
            member.inbox.clear()
            self.room.list_to(member, frozenset(member.session.keys.presence.joins))
        self.room.rest()
        self.room.check()

    @invariant()
    def one_announcement_at_a_time(self) -> None:
        assert all(len(each.announcing) <= 1 for each in self.room.members.values())

    @invariant()
    def nobody_finishes_twice(self) -> None:
        assert all(len(each.over) <= 1 for each in self.room.members.values())


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
