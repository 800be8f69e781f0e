"""Publishers are asked soon, again when it is time, and nobody is woken when there is nothing to ask."""

from __future__ import annotations

from typing import Any, cast

import pytest

from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.request_schedule import RequestSchedule
from server_stub.meetings.sfu.seat import Seat

NEVER = float("inf")


class Asked:
    """A seat that notes when it is asked, and says for how long to wait then."""

    def __init__(self, *waits: float | None) -> None:
        self.waits = list(waits)
        self.at: list[float] = []

    def ask(self, _incoming: Incoming, now: float) -> float | None:
        self.at.append(round(now, 3))
        wait = self.waits.pop(0)
        if wait is not None and wait < 0:
            raise RuntimeError
        return wait


def run(schedule: RequestSchedule, end: float) -> None:
    """Time passes until `end`; whoever keeps the schedule is woken exactly when it says."""
    while schedule.wake_at <= end:
        now = schedule.wake_at
        schedule.ask(now, now)
        assert schedule.wake_at > now


def seat(asked: Asked) -> Seat:
    return cast("Seat", asked)


def stream() -> Incoming:
    return cast("Incoming", cast("Any", object()))


def test_it_is_asked_soon_and_again_after_what_was_said() -> None:
    schedule, one = RequestSchedule(), stream()
    asked = Asked(0.5, 0.02, None)
    for _ in range(5):
        schedule.soon(seat(asked), one, 0.0)
    run(schedule, 2)
    assert asked.at == [0.01, 0.51, 0.53]
    assert schedule.wake_at == NEVER


def test_a_gap_does_not_wait_for_the_next_try_for_a_key_frame() -> None:
    schedule, one = RequestSchedule(), stream()
    asked = Asked(0.5, 0.4, None)
    schedule.soon(seat(asked), one, 0.0)
    run(schedule, 0.1)
    schedule.soon(seat(asked), one, 0.1)
    run(schedule, 0.15)
    assert asked.at == [0.01, 0.11]
    run(schedule, 1)
    assert asked.at == [0.01, 0.11, 0.51]


def test_each_is_asked_in_its_own_time_and_whoever_is_gone_is_not() -> None:
    schedule, one, other = RequestSchedule(), stream(), stream()
    first, second = Asked(0.5, None), Asked(0.1, None)
    schedule.soon(seat(first), one, 0.0)
    schedule.soon(seat(second), other, 0.0)
    run(schedule, 0.05)
    schedule.forget(one)
    run(schedule, 1)
    assert (first.at, second.at) == ([0.01], [0.01, 0.11])
    assert schedule.wake_at == NEVER


def test_what_falls_due_in_a_moment_is_asked_for_with_the_rest() -> None:
    schedule, one, other = RequestSchedule(), stream(), stream()
    first, second = Asked(None), Asked(None)
    schedule.soon(seat(first), one, 0.0)
    schedule.soon(seat(second), other, 0.001)
    schedule.ask(0.01, 0.012)
    assert (first.at, second.at) == ([0.01], [0.01])


@pytest.mark.expects_logs("a publisher could not be asked")
def test_a_fault_with_one_stream_costs_it_its_turn_and_the_others_nothing() -> None:
    schedule, one, other = RequestSchedule(), stream(), stream()
    bad, good = Asked(-1.0, None), Asked(None)
    schedule.soon(seat(bad), one, 0.0)
    schedule.soon(seat(good), other, 0.0)
    run(schedule, 0.1)
    assert (len(bad.at), good.at) == (1, [0.01])
    schedule.soon(seat(bad), one, 0.1)
    run(schedule, 0.2)
    assert len(bad.at) == 2
