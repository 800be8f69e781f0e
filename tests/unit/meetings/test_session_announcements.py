"""A session of a meeting without network and clock: announcements that go wrong, what time brings, and how it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from client.meetings import session as machine
from client.meetings.media_state import MediaState
from client.meetings.session import (
    AGAIN_MS,
    AGAIN_SKEWED_MS,
    KEYLESS_MS,
    LOOK_AGAIN_MS,
    SAY_AGAIN_MS,
    Finished,
    Look,
    Over,
)
from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.epochs import OVERLAP_MS, SUCCESSION_MS, SWITCH_MS
from tests.unit.meetings.session_room import SessionRoom, seated

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


def test_a_session_asks_to_be_woken_when_nothing_may_be_sealed_any_more_to_one_who_went() -> None:
    """The server lets no new epoch through."""
    room, (first, second) = seated("a", "b")
    room.let_time_pass(OVERLAP_MS)
    room.leave("b")
    first.inbox.popleft()()
    left_at = room.now
    room.let_time_pass(OVERLAP_MS - 1)
    assert room.hears(second, first)
    assert first.session.wake_at() == left_at + OVERLAP_MS
    room.let_time_pass(1)
    assert first.session.keys.sealer(Stream.AUDIO) is None
    assert first.session.wake_at() is None


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
