"""Publishers are asked soon, again when it is time, and nobody is woken when there is nothing to ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from server_stub.meetings.sfu.asking import Asking
from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.seat import Seat


class GivenLoop:
    """A loop and its clock, whose time is told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.calls: list[GivenTimer] = []

    def now_ms(self) -> int:
        return round(self.now * 1000)

    def monotonic(self) -> float:
        return self.now

    def call_later(self, seconds: float, act: Callable[[], None]) -> GivenTimer:
        self.calls.append(GivenTimer(self, self.now + seconds, act))
        return self.calls[-1]

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.calls and (first := min(self.calls, key=lambda each: each.at)).at <= end:
            self.calls.remove(first)
            self.now = max(self.now, first.at)
            first.act()
        self.now = end


class GivenTimer:
    def __init__(self, loop: GivenLoop, at: float, act: Callable[[], None]) -> None:
        self.loop, self.at, self.act = loop, at, act

    def cancel(self) -> None:
        if self in self.loop.calls:
            self.loop.calls.remove(self)


class Asked:
    """A seat that notes when it is asked, and says for how long to wait then."""

    def __init__(self, loop: GivenLoop, *waits: float | None) -> None:
        self.loop, self.waits = loop, list(waits)
        self.at: list[float] = []

    def ask(self, _incoming: Incoming, now: float) -> float | None:
        self.at.append(round(now - 100, 3))
        wait = self.waits.pop(0)
        if wait is not None and wait < 0:
            raise RuntimeError
        return wait


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> GivenLoop:
    made = GivenLoop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: made)
    return made


def seat(asked: Asked) -> Seat:
    return cast("Seat", asked)


def stream() -> Incoming:
    return cast("Incoming", cast("Any", object()))


def test_it_is_asked_soon_and_again_after_what_was_said(loop: GivenLoop) -> None:
    asking, one = Asking(lambda: None, loop), stream()
    asked = Asked(loop, 0.5, 0.02, None)
    for _ in range(5):
        asking.soon(seat(asked), one)
    loop.run(2)
    assert asked.at == [0.01, 0.51, 0.53]
    assert loop.calls == []


def test_a_gap_does_not_wait_for_the_next_try_for_a_key_frame(loop: GivenLoop) -> None:
    asking, one = Asking(lambda: None, loop), stream()
    asked = Asked(loop, 0.5, 0.4, None)
    asking.soon(seat(asked), one)
    loop.run(0.1)
    asking.soon(seat(asked), one)
    loop.run(0.05)
    assert asked.at == [0.01, 0.11]
    loop.run(1)
    assert asked.at == [0.01, 0.11, 0.51]


def test_each_is_asked_in_its_own_time_and_whoever_is_gone_is_not(loop: GivenLoop) -> None:
    asking, one, other = Asking(lambda: None, loop), stream(), stream()
    first, second = Asked(loop, 0.5, None), Asked(loop, 0.1, None)
    asking.soon(seat(first), one)
    asking.soon(seat(second), other)
    loop.run(0.2)
    asking.forget(one)
    loop.run(1)
    assert (first.at, second.at) == ([0.01], [0.01, 0.11])
    assert loop.calls == []


def test_a_fault_with_one_stream_costs_it_its_turn_and_the_others_nothing(loop: GivenLoop) -> None:
    asking, one, other = Asking(lambda: None, loop), stream(), stream()
    bad, good = Asked(loop, -1.0, None), Asked(loop, None)
    asking.soon(seat(bad), one)
    asking.soon(seat(good), other)
    with pytest.raises(RuntimeError):
        loop.run(0.1)
    loop.run(0.1)
    assert (len(bad.at), good.at) == (1, [0.01])
    asking.soon(seat(bad), one)
    loop.run(0.1)
    assert len(bad.at) == 2


def test_stopped_it_asks_no_more(loop: GivenLoop) -> None:
    asking, one = Asking(lambda: None, loop), stream()
    asked = Asked(loop, None)
    asking.soon(seat(asked), one)
    asking.stop()
    loop.run(1)
    assert asked.at == []
