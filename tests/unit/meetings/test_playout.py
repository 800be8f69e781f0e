"""What the loudspeaker gets, and when."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest

from client.core.tasks import TaskSupervisor
from client.media.playout import Playout, mix
from client.media.sources import Samples
from tests.unit.core.clocks import ManualClock


def level(value: int) -> Samples:
    return np.full(960, value, dtype=np.int16)


@pytest.fixture
async def tasks() -> AsyncIterator[TaskSupervisor]:
    supervisor = TaskSupervisor()
    yield supervisor
    await supervisor.stop()


class Sink:
    def __init__(self) -> None:
        self.blocks: list[Samples] = []

    def play(self, block: Samples) -> None:
        self.blocks.append(block)


class Slot:
    def __init__(self, block: Samples | None) -> None:
        self.block = block

    def next(self) -> Samples | None:
        return self.block


def test_voices_add_up_and_are_cut_where_they_are_too_loud() -> None:
    assert (mix([level(100), level(-30), level(5)]) == 75).all()
    assert (mix([level(30_000), level(30_000)]) == 32_767).all()
    assert (mix([level(-30_000), level(-30_000), level(-30_000)]) == -32_768).all()
    assert mix([level(1), level(1)]).dtype == np.int16


def test_silence_is_played_too() -> None:
    assert (mix([]) == 0).all()
    assert mix([]).shape == (960,)


async def test_one_block_every_20_ms(tasks: TaskSupervisor) -> None:
    clock, sink = ManualClock(), Sink()
    tasks.start("playout", Playout([Slot(level(7)), Slot(None)], sink, clock).run())
    await clock.advance(0)
    for _ in range(50):
        await clock.advance(0.02)
    assert len(sink.blocks) == 51
    assert all((block == 7).all() for block in sink.blocks)


async def test_a_short_stall_is_made_up_for_and_a_long_one_is_not(tasks: TaskSupervisor) -> None:
    clock, sink = Stalling(), Sink()
    playout = Playout([Slot(level(7))], sink, clock)
    tasks.start("playout", playout.run())
    await clock.advance(0)
    clock.stall(0.06)
    for _ in range(10):
        await clock.advance(0.01)
    assert len(sink.blocks) == 1 + 8
    assert playout.skipped == 0
    clock.stall(1.0)
    for _ in range(10):
        await clock.advance(0.01)
    assert len(sink.blocks) <= 9 + 7
    assert playout.skipped >= 45


class Stalling(ManualClock):
    """Its loop can be held up: time passes while nobody is woken."""

    def stall(self, seconds: float) -> None:
        self._seconds += seconds
