"""What follows when a session of a meeting, or an attempt to begin one, ends; without network and clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from client.meetings import participation as machine
from client.meetings.participation import (
    LOOK_AGAIN_MS,
    SETTLED_MS,
    Changed,
    EndSession,
    FallSilent,
    Look,
    Participation,
    Rest,
)
from client.meetings.rows import LiveState
from client.meetings.session import Over
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.chair import Chair

ME, OTHER = "prs_me", "prs_other"
CHAIR = Chair("mtg_a", (OTHER,), bytes(32))
UNREACHABLE = machine.EntryFailed(JinshuError(ErrorCode.NETWORK_UNREACHABLE))


def shown(made: Participation) -> LiveState:
    """What the user sees of it at this moment."""
    return made.state


def inside(now: int = 0) -> Participation:
    """In a session that began at some time and whose media flow."""
    made = Participation(ME, lambda: 0.0)
    made.take(machine.SessionBegan(first=True), now)
    assert made.take(machine.SessionConnected(), now) == (Changed(),)
    assert shown(made) is LiveState.IN
    return made


def test_who_comes_to_a_locked_meeting_waits_and_then_joins() -> None:
    made = Participation(ME, lambda: 0.0)
    assert made.take(machine.LockMet(), 0) == (Changed(),)
    assert shown(made) is LiveState.WAITING
    assert made.take(machine.LockMet(), 15_000) == ()
    assert made.take(machine.SessionBegan(first=True), 20_000) == (Changed(),)
    assert shown(made) is LiveState.JOINING


@pytest.mark.parametrize("why", [Over.LOST, Over.KEYLESS])
def test_what_was_lost_is_spoken_of_at_once_and_come_back_from_at_once(why: Over) -> None:
    made = inside()
    assert made.take(machine.SessionOver(why), SETTLED_MS) == (Changed(),)
    assert shown(made) is LiveState.REJOINING
    made.take(machine.SessionBegan(), SETTLED_MS)
    assert shown(made) is LiveState.REJOINING, "until media flow"
    assert made.take(machine.SessionConnected(), SETTLED_MS) == (Changed(),)


@pytest.mark.parametrize("why", [Over.LEFT, Over.CLOSED])
def test_who_is_put_out_is_told_of_a_loss_only_when_no_session_follows(why: Over) -> None:
    made = inside()
    assert made.take(machine.SessionOver(why), SETTLED_MS) == ()
    assert shown(made) is LiveState.IN
    assert made.take(machine.EntryDelayed(), SETTLED_MS + 2000) == (Changed(),)
    assert shown(made) is LiveState.REJOINING


def test_pauses_grow_with_each_failure_and_begin_anew_after_a_session_that_lasted() -> None:
    made = inside()
    pauses = []
    for _ in range(7):
        pauses += [each.ms for each in made.take(UNREACHABLE, 0) if isinstance(each, Rest)]
    assert pauses == [100, 200, 400, 800, 1600, 2000, 2000]
    made.take(machine.SessionBegan(), 10_000)
    # Put out before it has settled: the pauses go on from where they were.
    assert made.take(machine.SessionOver(Over.LEFT), 10_000 + SETTLED_MS - 1) == (Rest(2000),)
    made.take(machine.SessionBegan(), 30_000)
    assert made.take(machine.SessionOver(Over.LEFT), 30_000 + SETTLED_MS) == ()
    assert Rest(100) in made.take(UNREACHABLE, 40_000)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (ErrorCode.MEETINGS_REMOVED, LiveState.REMOVED),
        (ErrorCode.MEETINGS_NOT_ADMITTED, LiveState.REMOVED),
        (ErrorCode.MEETINGS_ENDED, LiveState.ENDED),
        (ErrorCode.MEETINGS_OFFER_REFUSED, LiveState.FAILED),
    ],
)
def test_what_no_trying_mends_is_the_end(code: ErrorCode, state: LiveState) -> None:
    made = inside()
    assert made.take(machine.EntryFailed(JinshuError(code)), 0) == (Changed(), EndSession())
    assert (made.state, made.fault, made.over) == (state, code, True)
    # Nothing that was on its way brings it back.
    for late in (
        machine.SessionConnected(),
        machine.SessionBegan(first=True),
        machine.EntryDelayed(),
        machine.SessionOver(Over.LOST),
        UNREACHABLE,
        machine.Stumbled(),
    ):
        assert made.take(late, 0) == ()
    assert (made.state, made.fault) == (state, code)


@pytest.mark.parametrize("code", [ErrorCode.NETWORK_UNREACHABLE, ErrorCode.SESSION_EXPIRED])
def test_what_passes_is_waited_for(code: ErrorCode) -> None:
    made = inside()
    assert made.take(machine.EntryFailed(JinshuError(code)), 0) == (Changed(), Rest(100))
    assert not made.over


def test_what_the_chairs_did_counts_whatever_the_server_says() -> None:
    made = inside()
    assert made.take(machine.RulesRead(CHAIR, silenced=True), 0) == (FallSilent(),)
    gone = replace(CHAIR, removed=frozenset({OTHER}))
    assert made.take(machine.RulesRead(gone), 0) == ()
    gone = replace(CHAIR, removed=frozenset({ME}))
    assert made.take(machine.RulesRead(gone, silenced=True), 0) == (Changed(), EndSession())
    assert (made.state, made.fault) == (LiveState.REMOVED, ErrorCode.MEETINGS_REMOVED)
    assert made.take(machine.RulesRead(replace(gone, ended=True)), 0) == (Changed(), EndSession())
    assert (made.state, made.fault) == (LiveState.ENDED, ErrorCode.MEETINGS_ENDED)


def test_who_is_there_is_asked_after_something_was_missed_and_not_more_than_once_a_second() -> None:
    made = inside()
    assert made.take(machine.TimePassed(), 0) == ()
    for _ in range(3):
        made.take(machine.SignalsMissed(), 0)
    assert made.take(machine.TimePassed(), 0) == (Look(),)
    assert made.take(machine.Looked(), 0) == ()
    assert made.take(machine.TimePassed(), LOOK_AGAIN_MS) == ()
    made.take(machine.SignalsMissed(), LOOK_AGAIN_MS)
    assert made.take(machine.TimePassed(), LOOK_AGAIN_MS) == (Look(),)
    made.take(machine.SignalsMissed(), LOOK_AGAIN_MS)
    assert made.take(machine.TimePassed(), 2 * LOOK_AGAIN_MS - 1) == ()
    assert made.take(machine.TimePassed(), 2 * LOOK_AGAIN_MS) == (Look(),)


def test_a_question_without_an_answer_is_asked_again_unless_i_am_not_there() -> None:
    made = inside()
    made.take(machine.SignalsMissed(), 0)
    made.take(machine.TimePassed(), 0)
    assert made.take(machine.Looked(JinshuError(ErrorCode.NETWORK_UNREACHABLE)), 0) == ()
    assert made.take(machine.TimePassed(), LOOK_AGAIN_MS) == (Look(),)
    assert made.take(machine.Looked(JinshuError(ErrorCode.MEETINGS_NOT_PRESENT)), 0) == (EndSession(),)
    assert made.take(machine.TimePassed(), 5 * LOOK_AGAIN_MS) == ()
    assert not made.over, "a session that ended is followed by another"


def test_who_leaves_is_neither_told_of_a_loss_nor_made_to_wait() -> None:
    made = inside()
    assert made.take(machine.Parted(), 0) == (EndSession(),)
    assert made.over
    assert made.take(machine.SessionOver(Over.LEFT), 0) == ()
    assert made.take(machine.Stumbled(), 0) == ()
    assert (made.state, made.fault, made.ended) == (LiveState.IN, None, False)


def test_a_fault_of_ours_is_told() -> None:
    made = inside()
    assert made.take(machine.Stumbled(), 0) == (Changed(),)
    assert (made.state, made.fault) == (LiveState.FAILED, ErrorCode.CLIENT_INTERNAL)
